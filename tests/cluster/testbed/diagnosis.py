# SPDX-License-Identifier: Apache-2.0
"""Why something is not as wanted: the words for a failed wait, and everything in files for a failed test."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

EVENTS = 15
LOG_LINES = 15
KINDS = (
    "namespaces,pods,services,endpointslices,deployments,jobs,networkpolicies,configmaps"
    ",serviceaccounts,roles,rolebindings"
)
RAY_KINDS = "rayclusters,rayjobs,rayservices,raycronjobs"


def status_of(item: dict) -> str:
    """The status in lines: conditions with their reasons, then the fields that hold a plain value."""
    status = item.get("status") or {}
    lines = [
        f"  {c['type']}={c['status']} {c.get('reason', '')} {c.get('message', '')}".rstrip()
        for c in status.get("conditions") or []
    ]
    lines += [f"  {key}: {value}" for key, value in status.items() if isinstance(value, (str, int))]
    return "\n".join(["its status:", *(lines or ["  none"])])


def container_states(pod: dict) -> Iterator[tuple[str, str, bool]]:
    """(container, state in words, whether it is well) of each container, init containers first."""
    status = pod.get("status") or {}
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        ((state, details),) = (container.get("state") or {"waiting": {}}).items()
        words = " ".join(str(details[key]) for key in ("reason", "message", "exitCode") if key in details)
        yield container["name"], f"{state} {words}".strip(), container.get("ready", False) or details.get(
            "exitCode"
        ) == 0


def of_namespace(cluster, namespace: str) -> str:
    """The last events, and of each pod that is not well the states and the ends of the logs."""
    events = sorted(cluster.list("events", namespace), key=lambda e: e.get("lastTimestamp") or e.get("eventTime") or "")
    lines = [
        "events:",
        *(
            f"  {e['involvedObject']['kind']}/{e['involvedObject'].get('name')}: {e.get('reason')}: {e.get('message')}"
            for e in events[-EVENTS:]
        ),
    ]
    for pod in cluster.list("pods", namespace):
        states = list(container_states(pod))
        name = pod["metadata"]["name"]
        if not states or not all(well for _, _, well in states):
            lines.append(f"pod {name}: {pod['status'].get('phase')}")
        for container, state, well in states:
            if not well:
                lines.append(f"  {container}: {state}")
                log = cluster.run("kubectl", "logs", "-n", namespace, name, "-c", container, f"--tail={LOG_LINES}").text
                lines += [f"    {line}" for line in log.splitlines()]
    return "\n".join(lines)


def collect(cluster, folder: Path):
    """Objects, events, logs of every container and every program, and the packet filter, as files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(cluster.folder / "log", folder / "programs", dirs_exist_ok=True)
    commands = {
        "objects.yaml": ["kubectl", "get", "-A", "-o", "yaml", KINDS],
        "ray.yaml": ["kubectl", "get", "-A", "-o", "yaml", RAY_KINDS],
        "events.txt": ["kubectl", "get", "events", "-A", "--sort-by=.lastTimestamp"],
        "pods.txt": ["kubectl", "get", "pods", "-A", "-o", "wide"],
    }
    for file, command in commands.items():
        (folder / file).write_text(cluster.run(*command).text)
    if not cluster.settings.node:
        return
    (folder / "nftables.txt").write_text(cluster.run("nft", "list", "ruleset", on="node").text)
    for pod in cluster.list("pods"):
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        for container, _, _ in container_states(pod):
            log = cluster.run("kubectl", "logs", "-n", namespace, name, "-c", container).text
            (folder / f"{namespace}.{name}.{container}.log").write_text(log)
