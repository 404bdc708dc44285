# SPDX-License-Identifier: Apache-2.0
"""`raykeep reach` against real packets: random policies on a small world, every pod at every door, cell by cell."""

import random

import pytest
import yaml

from testbed.prediction import Prediction, plain_pod

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
    pods = [plain_pod(*pod) for pod in PODS]
    return [*spaces, *pods, *policies]


def predicted(policies: list[dict], folder) -> dict[tuple[str, str, int, str], str]:
    """The verdict by source, destination, port and protocol."""
    path = folder / "world.yaml"
    path.write_text(yaml.safe_dump_all(world(policies)))
    prediction = Prediction.of(path)
    names = [f"{space}/{name}" for space, name, _ in PODS]
    return {
        (source, target, port, protocol): prediction.verdict(f"{source}[Pod]", f"{target}[Pod]", port, protocol)
        for source in names
        for target in names
        for port, protocol in DOORS
    }


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
