# SPDX-License-Identifier: Apache-2.0
"""A generated tenant on the real node: its Ray forms and works, its quota is exact, and packets go where `reach` says."""

import json
import os
import shutil
import subprocess

import pytest
import yaml

from testbed.cluster import CommandFailed, condition, field
from testbed.network import CONTROL_ADDRESS
from testbed.places import ROOT
from testbed.prediction import Prediction, plain_pod
from testbed.waiting import until

pytestmark = pytest.mark.node

TEAM, STRANGERS = "tenant-team", "tenant-strangers"
SPEC = {
    "tenant": {
        "name": TEAM,
        "manifests": ["raycluster.yaml", "rayjob.yaml", "scaling.yaml"],
        "apiServer": [{"cidr": f"{CONTROL_ADDRESS}/32", "ports": [6443]}],
        "dns": {"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
    }
}
HEAD_DOORS, WORKER_DOORS = [6379, 8265, 10001, 8080, 52365, 8000], [8080, 52365, 8000]
TASK = "import ray; print('moved', sum(ray.get([ray.remote(lambda x: len(x)).remote(ray.put(b'x' * 200000)) for _ in range(8)])))"


def raykeep(*arguments: object) -> str:
    done = subprocess.run([os.environ["RAYKEEP"], *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def scaling_cluster() -> dict:
    """The manifests' RayCluster with the autoscaler, and no worker until a task asks for one."""
    cluster = yaml.safe_load((ROOT / "manifests" / "raycluster.yaml").read_text())
    cluster["metadata"]["name"] = "scaling"
    spec = cluster["spec"]
    head = spec["headGroupSpec"] = json.loads(json.dumps(spec["headGroupSpec"]))
    head["rayStartParams"] = {"num-cpus": "0"}
    head["template"]["spec"]["automountServiceAccountToken"] = True
    spec["enableInTreeAutoscaling"] = True
    spec["autoscalerOptions"] = {
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec["workerGroupSpecs"][0].update(replicas=0, minReplicas=0, maxReplicas=1)
    return cluster


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("tenant")
    for name in ("raycluster.yaml", "rayjob.yaml"):
        shutil.copy(ROOT / "manifests" / name, made)
    (made / "scaling.yaml").write_text(yaml.safe_dump(scaling_cluster()))
    (made / "team.yaml").write_text(yaml.safe_dump(SPEC))
    (made / "tenant.yaml").write_text(raykeep("tenant", made / "team.yaml"))
    return made


@pytest.fixture(scope="module")
def team(shared_node, folder):
    objects = list(yaml.safe_load_all((folder / "tenant.yaml").read_text()))
    shared_node.apply(objects[0])
    space = shared_node.namespace(TEAM, **objects[0]["metadata"]["labels"])
    space.apply(objects[1:])
    space.apply(folder / "raycluster.yaml")
    space.wait("raycluster/demo", condition("RayClusterProvisioned"), 180)
    space.apply(folder / "rayjob.yaml")
    space.wait("rayjob/hello", field("status.jobStatus", "SUCCEEDED"), 240, failed=field("status.jobStatus", "FAILED"))
    return space


def test_ray_works_behind_the_generated_policies(team, cluster):
    head = team.pod("ray.io/cluster=demo,ray.io/node-type=head")
    ran = head.exec("python", "-c", "import ray; ray.init(address='auto'); " + TASK, seconds=120)
    assert "moved 1600000" in ran.text
    assert head.exec("python", "-c", "import socket; print(socket.gethostbyname('kubernetes.default.svc'))")


def test_the_autoscaler_reaches_the_api_server_and_adds_a_worker(team, cluster, folder):
    team.apply(folder / "scaling.yaml")
    team.wait("raycluster/scaling", condition("HeadPodReady"), 180)
    head = team.pod("ray.io/cluster=scaling,ray.io/node-type=head")
    ran = head.exec("python", "-c", "import ray; ray.init(address='auto'); print('ran', ray.get(ray.remote(lambda: 7).remote()))", seconds=200)
    assert "ran 7" in ran.text
    assert len(team.pods("ray.io/cluster=scaling,ray.io/node-type=worker")) == 1
    team.delete("raycluster/scaling")
    until("its pods are gone", lambda: not cluster.list("pods", TEAM, "ray.io/cluster=scaling"), 120)


def test_the_quota_holds_the_clusters_and_not_a_pod_more(team, cluster):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "more"},
        "spec": yaml.safe_load((ROOT / "manifests" / "raycluster.yaml").read_text())["spec"]["headGroupSpec"]["template"]["spec"],
    }
    hard = team.get(f"resourcequota/{TEAM}")["spec"]["hard"]
    used = {key: value for key, value in hard.items() if key == "pods"}
    assert used == {"pods": "6"}, "two heads of clusters, two workers at most, the job's head and its submitter"
    team.apply({**pod, "metadata": {"name": "more-0"}})
    with pytest.raises(CommandFailed, match="exceeded quota"):
        team.apply([{**pod, "metadata": {"name": f"more-{number}"}} for number in range(1, 4)])
    for item in team.pods("!ray.io/cluster"):
        team.delete(f"pod/{item.name}")


def test_packets_go_where_reach_says(team, cluster, folder):
    team.delete(f"resourcequota/{TEAM}")  # so that the attacker has a place
    pods = {
        f"{TEAM}/demo/head[RayCluster]": team.pod("ray.io/cluster=demo,ray.io/node-type=head"),
        f"{TEAM}/demo/workers[RayCluster]": team.pod("ray.io/cluster=demo,ray.io/node-type=worker"),
        f"{TEAM}/hello/head[RayJob]": team.pod("ray.io/cluster notin (demo,scaling),ray.io/node-type=head"),
        f"{TEAM}/attacker[Pod]": team.start_pod("attacker", app="attacker"),
        f"{STRANGERS}/stranger[Pod]": cluster.namespace(STRANGERS).start_pod("stranger", app="stranger"),
    }
    operator = cluster.list("pods", "kuberay-system")[0]
    (folder / "others.yaml").write_text(
        yaml.safe_dump_all(
            [
                plain_pod(TEAM, "attacker", {"app": "attacker"}),
                plain_pod(STRANGERS, "stranger", {"app": "stranger"}),
                plain_pod("kuberay-system", "operator", operator["metadata"]["labels"]),
            ]
        )
    )
    # Ray resources without a namespace are applied to the team's.
    for name in ("raycluster.yaml", "rayjob.yaml"):
        resource = yaml.safe_load((folder / name).read_text())
        resource["metadata"]["namespace"] = TEAM
        (folder / f"placed-{name}").write_text(yaml.safe_dump(resource))
    paths = [folder / name for name in ("tenant.yaml", "placed-raycluster.yaml", "placed-rayjob.yaml", "others.yaml")]
    prediction = Prediction.of(*paths)
    names = {**{title: str(pod) for title, pod in pods.items()}, "kuberay-system/operator[Pod]": f"kuberay-system/{operator['metadata']['name']}"}
    doors = {}
    for title, pod in pods.items():
        if "/head[" in title or "/workers[" in title:
            for port in HEAD_DOORS if "/head[" in title else WORKER_DOORS:
                doors[title, port] = pod.door(port)
    matrix = cluster.reachability(list(doors.values()))
    print(matrix)
    wrong, closed = [], 0
    for source, real in names.items():
        for (target, port), door in doors.items():
            verdict = prediction.verdict(source, target, port)
            assert verdict != "may"
            expected = verdict == "open"
            closed += not expected
            if (real in matrix.who_reaches(door)) != expected:
                wrong.append(f"{source} => {target}:{port} predicted {'open' if expected else 'closed'}")
    assert not wrong, "\n".join(wrong)
    for attacker in (f"{TEAM}/attacker[Pod]", f"{STRANGERS}/stranger[Pod]"):
        assert not any(names[attacker] in matrix.who_reaches(door) for door in doors.values())
    assert closed > 40
