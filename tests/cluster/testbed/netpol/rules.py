# SPDX-License-Identifier: Apache-2.0
"""From pods, namespaces and policies to an nftables ruleset. Pure: no clock, no API, no packets.

A policy that selects a pod isolates it in the policy's directions; what the rules of all policies allow adds up; a
connection needs the consent of both ends; replies pass, a pod always reaches itself, its own node always reaches it.
An ipBlock means addresses, pods' included.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.netpol.objects import Pod, selects

TABLE = "inet netpol"


@dataclass(frozen=True)
class Direction:
    """The words of one direction: in the API, and in nftables for the isolated pod's side and the other one."""

    type: str
    rules: str
    peers: str
    own: str
    other: str


EGRESS = Direction("Egress", "egress", "to", "saddr", "daddr")
INGRESS = Direction("Ingress", "ingress", "from", "daddr", "saddr")


def policy_types(spec: dict) -> list[str]:
    """policyTypes with its default: Ingress always, Egress only when there are egress rules."""
    return spec.get("policyTypes") or (["Ingress"] + (["Egress"] if spec.get("egress") else []))


@dataclass(frozen=True)
class World:
    """All that policies are judged by. `namespaces` maps names to labels; policies are API objects."""

    pods: Sequence[Pod]
    namespaces: dict[str, dict[str, str]]
    policies: Sequence[dict]

    def policies_for(self, pod: Pod, direction: Direction) -> list[dict]:
        return [
            policy["spec"]
            for policy in self.policies
            if policy["metadata"]["namespace"] == pod.namespace
            and selects(policy["spec"].get("podSelector"), pod.labels)
            and direction.type in policy_types(policy["spec"])
        ]

    def selected_by_peer(self, peer: dict, own_namespace: str) -> list[Pod]:
        """The pods a peer with selectors means. Without a namespaceSelector, those of the policy's namespace."""

        def in_namespace(pod: Pod) -> bool:
            if peer.get("namespaceSelector") is None:
                return pod.namespace == own_namespace
            return selects(peer["namespaceSelector"], self.namespaces.get(pod.namespace, {}))

        return [pod for pod in self.pods if in_namespace(pod) and selects(peer.get("podSelector"), pod.labels)]


def _set(addresses: Sequence[str]) -> str:
    return "{ " + ", ".join(sorted(set(addresses))) + " }"


def block_match(block: dict, side: str) -> str | None:
    """An ipBlock as a match on IPv4 addresses; None when it holds none. Exceptions may overlap each other."""
    cidr = ipaddress.ip_network(block["cidr"], strict=False)
    if cidr.version != 4:
        return None
    match = f"ip {side} {cidr}"
    networks = [ipaddress.ip_network(text, strict=False) for text in block.get("except") or []]
    exceptions = [str(network) for network in ipaddress.collapse_addresses(n for n in networks if n.version == 4)]
    return f"{match} ip {side} != {_set(exceptions)}" if exceptions else match


def port_match(port: dict) -> str:
    """A numbered port, a range, or a whole protocol."""
    protocol, number = (port.get("protocol") or "TCP").lower(), port.get("port")
    if number is None:
        return f"meta l4proto {protocol}"
    return f"{protocol} dport {number}-{port['endPort']}" if port.get("endPort") else f"{protocol} dport {number}"


def _named(port: dict) -> bool:
    return isinstance(port.get("port"), str)


class _RuleMatches:
    """The nftables matches of one rule of a policy, as seen by one isolated pod."""

    def __init__(self, world: World, pod: Pod, direction: Direction):
        self._world, self._pod, self._direction = world, pod, direction

    def of(self, rule: dict) -> list[str]:
        peers, ports = rule.get(self._direction.peers), rule.get("ports") or [None]
        matches = []
        for peer in peers or [None]:
            for port in ports:
                matches += self._pair(peer, port)
        return matches

    def _pair(self, peer: dict | None, port: dict | None) -> list[str]:
        """A peer and a port, None for any: no match at all, one, or several for a named port."""
        if port and _named(port):
            return self._named_port(peer, port)
        where = self._peer(peer)
        return [] if where is None else [" ".join(filter(None, [where, port_match(port) if port else ""]))]

    def _peer(self, peer: dict | None) -> str | None:
        if peer is None:
            return ""
        if peer.get("ipBlock"):
            return block_match(peer["ipBlock"], self._direction.other)
        addresses = [pod.ip for pod in self._world.selected_by_peer(peer, self._pod.namespace)]
        return f"ip {self._direction.other} {_set(addresses)}" if addresses else None

    def _named_port(self, peer: dict | None, port: dict) -> list[str]:
        """The name means, on each destination pod, the numbers that its own containers give it."""
        where = self._peer(peer)
        if where is None:
            return []
        key, ingress = (port["port"], port.get("protocol") or "TCP"), self._direction is INGRESS
        destinations = [self._pod] if ingress else self._world.pods
        matches = []
        for destination in destinations:
            at = "" if ingress else f"ip daddr {destination.ip}"
            for number in destination.ports.get(key, ()):
                matches.append(" ".join(filter(None, [where, at, port_match({**port, "port": number})])))
        return matches


def allowed(world: World, pod: Pod, direction: Direction) -> list[str] | None:
    """What an isolated pod may do in one direction; None when nothing isolates it."""
    policies = world.policies_for(pod, direction)
    if not policies:
        return None
    matches = _RuleMatches(world, pod, direction)
    found = [match for spec in policies for rule in spec.get(direction.rules) or [] for match in matches.of(rule)]
    return list(dict.fromkeys(found))


def _chains(world: World, direction: Direction) -> tuple[list[str], list[str]]:
    """The chains of all isolated pods, and the jumps to them."""
    chains, jumps = [], []
    for number, pod in enumerate(world.pods):
        matches = allowed(world, pod, direction)
        if matches is None:
            continue
        name = f"{direction.rules}_{number}"
        body = [
            f"ip {direction.other} {pod.ip} return",
            *(f"{match} return".strip() for match in matches),
            "counter drop",
        ]
        chains.append(
            f'  chain {name} {{ comment "{pod.namespace}/{pod.name}"\n'
            + "".join(f"    {line}\n" for line in body)
            + "  }\n"
        )
        jumps.append(f"    ip {direction.own} {pod.ip} jump {name}\n")
    return chains, jumps


def ruleset(world: World) -> str:
    """Replaces the whole table at once. Egress is asked first, then ingress; the node is only ever a destination."""
    leaving, leave = _chains(world, EGRESS)
    arriving, arrive = _chains(world, INGRESS)

    def hook(name: str, jumps: list[str]) -> str:
        return (
            f"  chain {name} {{\n    type filter hook {name} priority 10; policy accept;\n"
            f"    ct state established,related accept\n{''.join(jumps)}  }}\n"
        )

    return (
        f"table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n{''.join(leaving + arriving)}"
        f"{hook('forward', leave + arrive)}{hook('input', leave)}}}\n"
    )
