# SPDX-License-Identifier: Apache-2.0
"""No rule of a generated tenant is idle: take any one away, and something that has a name stops working, on real packets."""

import copy
import json
import os
import subprocess

import pytest
import yaml

from testbed.network import API_SERVICE_ADDRESS, CONTROL_ADDRESS, DNS_ADDRESS, OUTSIDE_ADDRESS
from testbed.places import ROOT
from testbed.reachability import Door

pytestmark = pytest.mark.node

TEAM, GUESTS = "rules-team", "rules-guests"
LOOK_SECONDS = 0.8


def resource(kind: str, name: str, spec: dict) -> dict:
    return {"apiVersion": "ray.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def spec() -> dict:
    cluster = yaml.safe_load((ROOT / "manifests" / "raycluster.yaml").read_text())["spec"]
    scaling = {**cluster, "enableInTreeAutoscaling": True}
    submitter = yaml.safe_load((ROOT / "manifests" / "rayjob.yaml").read_text())["spec"]["submitterPodTemplate"]
    job = {"entrypoint": "echo", "submissionMode": "K8sJobMode", "submitterPodTemplate": submitter}
    return {
        "manifests": [
            resource("RayCluster", "demo", scaling),
            resource("RayJob", "borrowed", {**job, "clusterSelector": {"ray.io/cluster": "demo"}}),
            resource("RayJob", "own", {**job, "rayClusterSpec": scaling}),
            resource("RayService", "answers", {"serveConfigV2": "", "rayClusterConfig": cluster}),
        ],
        "tenant": {
            "name": TEAM,
            "manifests": ["ray.yaml"],
            "apiServer": [{"cidr": f"{CONTROL_ADDRESS}/32", "ports": [6443]}],
            "guests": [{"door": door, "namespace": GUESTS, "labels": {"app": door}} for door in ("dashboard", "client", "metrics", "serve")],
            "egress": [{"cidr": f"{OUTSIDE_ADDRESS}/32", "ports": [80]}],
            "services": [{"namespace": TEAM, "labels": {"app": "redis"}, "ports": [6379]}, {"namespace": GUESTS, "labels": {"app": "store"}, "ports": [9000]}],
        },
    }


PODS = {  # name: namespace, labels
    "head": (TEAM, {"ray.io/cluster": "demo", "ray.io/node-type": "head"}),
    "worker": (TEAM, {"ray.io/cluster": "demo", "ray.io/node-type": "worker"}),
    "made-head": (TEAM, {"ray.io/cluster": "answers-x7k2p", "ray.io/node-type": "head"}),
    "made-worker": (TEAM, {"ray.io/cluster": "answers-x7k2p", "ray.io/node-type": "worker"}),
    "submitter": (TEAM, {"batch.kubernetes.io/job-name": "borrowed"}),
    "made-submitter": (TEAM, {"batch.kubernetes.io/job-name": "own"}),
    "redis": (TEAM, {"app": "redis"}),
    **{door: (GUESTS, {"app": door}) for door in ("dashboard", "client", "metrics", "serve", "store")},
}
# What must work: who, the door's pod (or another door), its port.
FLOWS = {
    **{
        f"{what} ({prefix or 'demo'})": tuple(prefix + end if end in ("head", "worker", "submitter") else end for end in ends[:2]) + ends[2:]
        for prefix in ("", "made-")
        for what, ends in {
            "workers find GCS": ("worker", "head", 6379),
            "the head moves objects to workers": ("head", "worker", 20001),
            "the operator asks the dashboard": ("operator", "head", 8265),
            "the submitter submits": ("submitter", "head", 8265),
            "the gateway reaches the dashboard": ("dashboard", "head", 8265),
            "clients connect": ("client", "head", 10001),
            "heads are scraped": ("metrics", "head", 8080),
            "workers are scraped": ("metrics", "worker", 8080),
            "heads serve": ("serve", "head", 8000),
            "workers serve": ("serve", "worker", 8000),
            "heads resolve names": ("head", "dns", 53),
            "workers resolve names": ("worker", "dns", 53),
            "submitters resolve names": ("submitter", "dns", 53),
            "the autoscaler asks the API server": ("head", "api", 443),
            "heads reach outside": ("head", "outside", 80),
            "workers reach outside": ("worker", "outside", 80),
            "heads keep their state": ("head", "redis", 6379),
            "workers use it": ("worker", "redis", 6379),
            "heads reach the store": ("head", "store", 9000),
            "workers reach the store": ("worker", "store", 9000),
        }.items()
    },
    "the operator asks whether Serve is well": ("operator", "made-worker", 8000),
}


@pytest.fixture(scope="module")
def policies(tmp_path_factory) -> list[dict]:
    folder, made = tmp_path_factory.mktemp("rules"), spec()
    (folder / "ray.yaml").write_text(yaml.safe_dump_all(json.loads(json.dumps(made["manifests"]))))
    (folder / "team.yaml").write_text(yaml.safe_dump({"tenant": made["tenant"]}))
    done = subprocess.run([os.environ["RAYKEEP"], "tenant", folder / "team.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [item for item in yaml.safe_load_all(done.stdout) if item["kind"] == "NetworkPolicy"]


@pytest.fixture(scope="module")
def broken(shared_node, policies):
    """A function that says which flows do not work."""
    spaces = {name: shared_node.namespace(name) for name in (TEAM, GUESTS)}
    pods = {name: spaces[space].start_pod(name, **labels) for name, (space, labels) in PODS.items()}
    spaces[TEAM].apply(policies)
    operator = shared_node.list("pods", "kuberay-system")[0]["metadata"]["name"]
    sources = {**{name: str(pod) for name, pod in pods.items()}, "operator": f"kuberay-system/{operator}"}
    others = {"dns": Door("dns", DNS_ADDRESS, 53, "UDP"), "api": Door("api", API_SERVICE_ADDRESS, 443), "outside": Door("outside", OUTSIDE_ADDRESS, 80)}
    doors = {(target, port): others.get(target) or pods[target].door(port, stand_in=True) for _, target, port in FLOWS.values()}

    def look() -> list[str]:
        matrix = shared_node.reachability(list(doors.values()), LOOK_SECONDS)
        return [flow for flow, (source, target, port) in FLOWS.items() if matrix.verdict(sources[source], doors[target, port]) == "blocked"]

    return look


def rules(policies: list[dict]):
    """Each policy without one of its rules, and the rule."""
    for policy in policies:
        for direction in ("ingress", "egress"):
            for number, rule in enumerate(policy["spec"].get(direction, [])):
                without = copy.deepcopy(policy)
                del without["spec"][direction][number]
                yield without, f"{policy['metadata']['name']} {direction} {json.dumps(rule)}"


def test_every_flow_works_and_each_rule_is_needed_by_one(cluster, policies, broken):
    assert broken() == []
    whole = {item["metadata"]["name"]: item for item in policies}
    idle, last, taken = [], None, list(rules(policies))
    print(f"{len(taken)} rules")
    for without, rule in taken:
        name = without["metadata"]["name"]
        cluster.apply([without] if last in (None, name) else [whole[last], without], TEAM)
        stopped, last = broken(), name
        print(f"without {rule}:\n    {stopped}")
        if not stopped:
            idle.append(rule)
    assert not idle, "\n".join(idle)
    cluster.apply(whole[last], TEAM)
    assert broken() == []
