# SPDX-License-Identifier: Apache-2.0
"""`raykeep reach` against real packets: random policies on a small world, every pod at every door, cell by cell."""

import json
import os
import random
import subprocess

import pytest
import yaml

pytestmark = pytest.mark.node

SPACES = {"reach-a": {"team": "a"}, "reach-b": {"team": "b"}}
PODS = [("reach-a", "web", {"app": "web"}), ("reach-a", "db", {"app": "db"}), ("reach-b", "job", {"app": "web", "tier": "batch"}), ("reach-b", "stranger", {})]
DOORS = [(80, "TCP"), (81, "TCP"), (80, "UDP")]
SETS = 12


def random_selector(dice: random.Random) -> dict:
    return dice.choice(
        [
            {},
            {"matchLabels": {"app": "web"}},
            {"matchLabels": {"app": "db"}},
            {"matchExpressions": [{"key": "tier", "operator": dice.choice(["Exists", "DoesNotExist"])}]},
            {"matchExpressions": [{"key": "app", "operator": dice.choice(["In", "NotIn"]), "values": ["web", "other"]}]},
        ]
    )


def random_peer(dice: random.Random) -> dict:
    kind = dice.randrange(4)
    if kind == 0:
        return {"podSelector": random_selector(dice)}
    if kind == 1:
        return {"namespaceSelector": dice.choice([{}, {"matchLabels": {"team": "a"}}, {"matchLabels": {"kubernetes.io/metadata.name": "reach-b"}}])}
    if kind == 2:
        return {"namespaceSelector": {"matchLabels": {"team": dice.choice("ab")}}, "podSelector": random_selector(dice)}
    return {"ipBlock": dice.choice([{"cidr": "203.0.113.0/24"}, {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}, {"cidr": "10.0.0.0/8"}])}


def random_rule(dice: random.Random, key: str) -> dict:
    rule = {}
    if dice.random() < 0.8:
        rule[key] = [random_peer(dice) for _ in range(dice.randint(1, 2))]
    if dice.random() < 0.6:
        rule["ports"] = [dice.choice([{"port": 80}, {"port": 80, "protocol": "UDP"}, {"port": 80, "endPort": 81}, {"protocol": "TCP"}, {"protocol": "SCTP"}])]
    return rule


def random_policy(dice: random.Random, name: str) -> dict:
    types = dice.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
    spec = {"podSelector": random_selector(dice), "policyTypes": types}
    if "Ingress" in types:
        spec["ingress"] = [random_rule(dice, "from") for _ in range(dice.randint(0, 2))]
    if "Egress" in types:
        spec["egress"] = [random_rule(dice, "to") for _ in range(dice.randint(0, 2))]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": dice.choice(sorted(SPACES))},
        "spec": spec,
    }


def world(policies: list[dict]) -> list[dict]:
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}} for name, labels in SPACES.items()]
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": space, "labels": labels},
            "spec": {"containers": [{"name": "main", "image": "probe"}]},
        }
        for space, name, labels in PODS
    ]
    return [*spaces, *pods, *policies]


def ports_of(text: str, protocol: str) -> list[range]:
    """The ranges that a connection text ("TCP 80,90-95,UDP 53") has for a protocol."""
    if text == "All Connections":
        return [range(1, 65536)]
    found, of = [], None
    for part in text.replace(",", " ").split():
        if part in ("TCP", "UDP", "SCTP"):
            of = part
        elif of == protocol and part[0].isdigit():
            first, _, last = part.partition("-")
            found.append(range(int(first), int(last or first) + 1))
    return found


def predicted(policies: list[dict], folder) -> dict[tuple[str, str, int, str], str]:
    """open, blocked or may, by source, destination, port and protocol."""
    path = folder / "world.yaml"
    path.write_text(yaml.safe_dump_all(world(policies)))
    done = subprocess.run([os.environ["RAYKEEP"], "reach", path, "-o", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = {(line["src"], line["dst"]): line for line in json.loads(done.stdout)}
    cells = {}
    for from_space, from_name, _ in PODS:
        for to_space, to_name, _ in PODS:
            line = lines.get((f"{from_space}/{from_name}[Pod]", f"{to_space}/{to_name}[Pod]"), {"conn": "No Connections"})
            for port, protocol in DOORS:
                certain = any(port in ports for ports in ports_of(line["conn"], protocol))
                possible = any(port in ports for ports in ports_of(line.get("may", line["conn"]), protocol))
                same = (from_space, from_name) == (to_space, to_name)
                verdict = "open" if certain or same else "may" if possible else "blocked"
                cells[f"{from_space}/{from_name}", f"{to_space}/{to_name}", port, protocol] = verdict
    return cells


@pytest.fixture(scope="module")
def pods(shared_node):
    return {f"{space}/{name}": shared_node.namespace(space, **SPACES[space]).start_pod(name, **labels) for space, name, labels in PODS}


@pytest.mark.parametrize("seed", range(SETS))
def test_random_policies_let_through_what_reach_predicts(cluster, pods, tmp_path, seed):
    dice = random.Random(seed)
    policies = [random_policy(dice, f"p{number}") for number in range(dice.randint(1, 4))]
    cells = predicted(policies, tmp_path)
    doors = {(name, port, protocol): pod.door(port, protocol, stand_in=True) for name, pod in pods.items() for port, protocol in DOORS}
    try:
        for policy in policies:
            cluster.namespace(policy["metadata"]["namespace"], **SPACES[policy["metadata"]["namespace"]]).apply(policy)
        matrix = cluster.reachability(list(doors.values()))
    finally:
        for policy in policies:
            cluster.delete(f"networkpolicy/{policy['metadata']['name']}", policy["metadata"]["namespace"])
    wrong = []
    for (source, target, port, protocol), verdict in cells.items():
        arrived = source in matrix.who_reaches(doors[target, port, protocol])
        # The judge lets an ipBlock take pods; "may" says that either can be.
        if verdict != "may" and arrived != (verdict == "open"):
            wrong.append(f"{source} => {target}:{port}/{protocol}: predicted {verdict}, arrived: {arrived}")
    assert not wrong, "\n".join([*wrong, yaml.safe_dump_all(policies)])
