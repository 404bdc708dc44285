# SPDX-License-Identifier: Apache-2.0
"""What of the API's objects matters to packets: labels, addresses, named ports; and which labels a selector means."""

from dataclasses import dataclass, field


def selects(selector: dict | None, labels: dict[str, str]) -> bool:
    """metav1.LabelSelector: all of matchLabels and of matchExpressions. An empty selector means everything.

    NotIn holds for a key that is absent, as in apimachinery's labels.Requirement.
    """
    selector = selector or {}
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions") or [])


def _holds(expression: dict, labels: dict[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    raise ValueError(f"unknown selector operator {expression['operator']}")


@dataclass(frozen=True)
class Pod:
    """A pod with an address of its own. `ports` maps (name, protocol) to the numbers its containers give them."""

    namespace: str
    name: str
    ip: str
    labels: dict[str, str] = field(default_factory=dict)
    ports: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)


def _named_ports(spec: dict) -> dict[tuple[str, str], tuple[int, ...]]:
    sidecars = [c for c in spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"]
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for container in [*(spec.get("containers") or []), *sidecars]:
        for port in container.get("ports") or []:
            if port.get("name"):
                key = port["name"], port.get("protocol") or "TCP"
                found[key] = (*found.get(key, ()), port["containerPort"])
    return found


def pod_of(item: dict, announced_ip: str = "") -> Pod | None:
    """The pod, or None when it has no address of its own: not yet, not any more, or its node's.

    `announced_ip` is an address the network gave it before the API knows.
    """
    status, spec, meta = item.get("status") or {}, item["spec"], item["metadata"]
    ip = announced_ip or status.get("podIP") or ""
    if not ip or spec.get("hostNetwork") or status.get("phase") in ("Succeeded", "Failed"):
        return None
    return Pod(meta["namespace"], meta["name"], ip, meta.get("labels") or {}, _named_ports(spec))
