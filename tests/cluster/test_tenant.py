# SPDX-License-Identifier: Apache-2.0
"""Generated tenants on the real node: their Ray forms and works, quotas and rights are exact, packets go where `reach` says."""

import json
import os
import subprocess

import pytest
import yaml

from testbed.cluster import CommandFailed, condition, field
from testbed.network import CONTROL_ADDRESS
from testbed.places import ROOT
from testbed.prediction import Prediction, plain_pod

pytestmark = pytest.mark.node

TEAM, NEXT, STRANGERS = "tenant-team", "tenant-next", "tenant-strangers"
HEAD_DOORS, WORKER_DOORS = [6379, 8265, 10001, 8080, 52365, 8000], [8080, 52365, 8000]
TASK = "import ray; print('moved', sum(ray.get([ray.remote(lambda x: len(x)).remote(ray.put(b'x' * 200000)) for _ in range(8)])))"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"


def raykeep(*arguments: object, code: int = 0) -> str:
    done = subprocess.run([os.environ["RAYKEEP"], *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def manifest(name: str, namespace: str, rename: str = "") -> dict:
    """A copy of a manifest, without the sharing that anchors make."""
    made = json.loads(json.dumps(yaml.safe_load((ROOT / "manifests" / name).read_text())))
    made["metadata"].update(namespace=namespace, **({"name": rename} if rename else {}))
    return made


def scaling_cluster() -> dict:
    """The manifests' RayCluster with the autoscaler, and no worker until a task asks for one."""
    cluster = manifest("raycluster.yaml", TEAM, "scaling")
    spec = cluster["spec"]
    spec["headGroupSpec"]["rayStartParams"] = {"num-cpus": "0"}
    spec["headGroupSpec"]["template"]["spec"]["automountServiceAccountToken"] = True
    spec["enableInTreeAutoscaling"] = True
    spec["autoscalerOptions"] = {
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec["workerGroupSpecs"][0].update(replicas=0, minReplicas=0, maxReplicas=1)
    return cluster


def own_cluster_job() -> dict:
    """The manifests' RayJob, whose head leaves it to its account whether it gets a token."""
    job = manifest("rayjob.yaml", TEAM)
    del job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["automountServiceAccountToken"]
    return job


def job_on_demo(name: str, mode: str) -> dict:
    spec = {"submissionMode": mode, "clusterSelector": {"ray.io/cluster": "demo"}}
    if mode != "InteractiveMode":
        spec["entrypoint"] = "python -c 'print(42)'"
    return {"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": {"name": name, "namespace": TEAM}, "spec": spec}


def sidecar_job() -> dict:
    """A RayJob whose submitter is a container of the head, to which the operator gives no securityContext."""
    job = manifest("rayjob.yaml", NEXT, "sidecar")
    job["spec"]["submissionMode"] = "SidecarMode"
    del job["spec"]["submitterPodTemplate"]
    job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["restartPolicy"] = "Never"
    return job


TENANTS = {
    TEAM: ("restricted", [manifest("raycluster.yaml", TEAM), own_cluster_job(), scaling_cluster(), job_on_demo("http", "HTTPMode"), job_on_demo("interactive", "InteractiveMode")]),
    NEXT: ("baseline", [sidecar_job()]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """For each tenant its spec, the Ray resources, and what Raykeep writes."""
    made = tmp_path_factory.mktemp("tenant")
    for name, (level, resources) in TENANTS.items():
        spec = {"name": name, "podSecurity": level, "manifests": [f"{name}-ray.yaml"], "apiServer": [{"cidr": f"{CONTROL_ADDRESS}/32", "ports": [6443]}]}
        (made / f"{name}-ray.yaml").write_text(yaml.safe_dump_all(resources))
        (made / f"{name}-spec.yaml").write_text(yaml.safe_dump({"tenant": spec}))
        (made / f"{name}.yaml").write_text(raykeep("tenant", made / f"{name}-spec.yaml"))
    return made


@pytest.fixture(scope="module")
def spaces(shared_node, folder):
    """The tenants with all their Ray at once, so that they form side by side."""
    found = {}
    for name, (_, resources) in TENANTS.items():
        namespace, *objects = yaml.safe_load_all((folder / f"{name}.yaml").read_text())
        found[name] = shared_node.namespace(name, **namespace["metadata"]["labels"])
        found[name].apply(objects)
        found[name].apply([resource for resource in resources if resource["spec"].get("submissionMode") != "InteractiveMode"])
    return found


@pytest.fixture(scope="module")
def team(spaces):
    spaces[TEAM].wait("raycluster/demo", condition("RayClusterProvisioned"), 240)
    return spaces[TEAM]


def test_ray_works_behind_the_generated_policies(team, cluster):
    head = team.pod("ray.io/cluster=demo,ray.io/node-type=head")
    ran = head.exec("python", "-c", "import ray; ray.init(address='auto'); " + TASK, seconds=120)
    assert "moved 1600000" in ran.text
    assert head.exec("python", "-c", "import socket; print(socket.gethostbyname('kubernetes.default.svc'))")


@pytest.mark.parametrize("space, job", [(TEAM, "hello"), (TEAM, "http"), (NEXT, "sidecar")])
def test_a_job_of_each_way_to_submit_succeeds(spaces, team, cluster, space, job):
    spaces[space].wait(f"rayjob/{job}", field("status.jobStatus", "SUCCEEDED"), 240, failed=field("status.jobStatus", "FAILED"))


def test_an_interactive_job_is_followed(team, cluster):
    team.apply(job_on_demo("interactive", "InteractiveMode"))
    team.wait("rayjob/interactive", field("status.jobDeploymentStatus", "Waiting"), 60)
    head = team.pod("ray.io/cluster=demo,ray.io/node-type=head")
    assert head.exec("ray", "job", "submit", "--address", "http://localhost:8265", "--submission-id", "by-hand", "--", "echo", "done", seconds=120)
    cluster.kubectl("patch", "rayjob/interactive", "-n", TEAM, "--type=merge", "-p", '{"spec": {"jobId": "by-hand"}}')
    team.wait("rayjob/interactive", field("status.jobStatus", "SUCCEEDED"), 120, failed=field("status.jobStatus", "FAILED"))


def test_the_autoscaler_reaches_the_api_server_and_adds_a_worker(team, cluster):
    team.wait("raycluster/scaling", condition("HeadPodReady"), 180)
    head = team.pod("ray.io/cluster=scaling,ray.io/node-type=head")
    ran = head.exec("python", "-c", "import ray; ray.init(address='auto'); print('ran', ray.get(ray.remote(lambda: 7).remote()))", seconds=200)
    assert "ran 7" in ran.text
    assert len(team.pods("ray.io/cluster=scaling,ray.io/node-type=worker")) == 1
    role = team.get("role/scaling")
    assert role["rules"][1]["resourceNames"] == ["scaling"], "the operator left the tenant's narrower Role as it was"


def may(cluster, account: str, verb: str, resource: str) -> bool:
    try:
        said = cluster.kubectl("auth", "can-i", verb, resource, "-n", TEAM, "--as", f"system:serviceaccount:{TEAM}:{account}")
    except CommandFailed:
        return False
    return said.strip().startswith("yes")


def test_pods_have_no_token_but_the_autoscalers_head_which_may_size_its_own_cluster(team, cluster):
    for selector in ("ray.io/cluster=demo,ray.io/node-type=head", "ray.io/cluster=demo,ray.io/node-type=worker", "ray.io/cluster notin (demo,scaling),ray.io/node-type=head"):
        assert not team.pod(selector).exec("test", "-e", TOKEN), selector
    assert team.pod("ray.io/cluster=scaling,ray.io/node-type=head").exec("test", "-e", TOKEN)
    assert not team.pod("ray.io/cluster=scaling,ray.io/node-type=worker").exec("test", "-e", TOKEN)
    asked = [("patch", "rayclusters/scaling"), ("list", "pods"), ("patch", "rayclusters/demo"), ("patch", "pods"), ("get", "secrets"), ("create", "pods"), ("create", "pods/exec")]
    assert [question for question in asked if may(cluster, "scaling", *question)] == asked[:2]
    assert not any(may(cluster, "default", *question) for question in asked)


def test_the_quota_holds_the_clusters_and_not_a_pod_more(team, cluster):
    template = manifest("raycluster.yaml", TEAM)["spec"]["headGroupSpec"]["template"]["spec"]
    assert team.get(f"resourcequota/{TEAM}")["spec"]["hard"]["pods"] == "6", "two heads of clusters, two workers at most, the job's head and its submitter"
    with pytest.raises(CommandFailed, match="exceeded quota"):
        for number in range(2):  # One, should the autoscaler have taken its worker away again.
            team.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"more-{number}"}, "spec": template})
    living = [item for item in cluster.list("pods", TEAM) if item["status"]["phase"] not in ("Succeeded", "Failed")]
    assert len(living) == 5, "all clusters at their largest; the job's submitter is done, and where it was no worker has room"
    for item in living:
        if item["metadata"]["name"].startswith("more-"):
            team.delete(f"pod/{item['metadata']['name']}")


def test_diff_finds_nothing_but_what_somebody_changed(team, cluster, folder):
    def live() -> str:
        namespace = cluster.kubectl("get", "namespace", TEAM, "-o", "yaml")
        objects = cluster.kubectl("get", "networkpolicies,resourcequotas,limitranges,serviceaccounts,roles,rolebindings", "-n", TEAM, "-o", "yaml")
        (folder / "live.yaml").write_text(f"{namespace}---\n{objects}")
        return str(folder / "live.yaml")

    spec = folder / f"{TEAM}-spec.yaml"
    assert raykeep("tenant", spec, "--diff", live()) == ""
    imported = folder / "imported.yaml"
    imported.write_text(raykeep("tenant", "--import", folder / f"{TEAM}-ray.yaml", live()))
    assert raykeep("tenant", imported) == (folder / f"{TEAM}.yaml").read_text()
    team.apply({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "allow-all"}, "spec": {"podSelector": {}, "ingress": [{}]}})
    try:
        assert f"- NetworkPolicy {TEAM}/allow-all" in raykeep("tenant", spec, "--diff", live(), code=1)
    finally:
        team.delete("networkpolicy/allow-all")


@pytest.fixture(scope="module")
def world(spaces, team, shared_node, folder):
    """The tenants' pods and attackers by the names that `reach` gives them, and the paths that it reads."""
    for name, space in spaces.items():
        space.delete(f"resourcequota/{name}")  # so that the attackers have a place
        for limit in shared_node.list("limitranges", name):
            space.delete(f"limitrange/{limit['metadata']['name']}")
    operator = shared_node.list("pods", "kuberay-system")[0]["metadata"]
    attackers = {TEAM: "attacker", NEXT: "attacker", STRANGERS: "stranger"}
    spaces = {**spaces, STRANGERS: shared_node.namespace(STRANGERS)}
    pods = {
        f"{TEAM}/demo/head[RayCluster]": team.pod("ray.io/cluster=demo,ray.io/node-type=head"),
        f"{TEAM}/demo/workers[RayCluster]": team.pod("ray.io/cluster=demo,ray.io/node-type=worker"),
        f"{TEAM}/scaling/head[RayCluster]": team.pod("ray.io/cluster=scaling,ray.io/node-type=head"),
        f"{TEAM}/hello/head[RayJob]": team.pod("ray.io/cluster notin (demo,scaling),ray.io/node-type=head"),
        f"{NEXT}/sidecar/head[RayJob]": spaces[NEXT].pod("ray.io/node-type=head"),
        **{f"{name}/{pod}[Pod]": spaces[name].start_pod(pod, app=pod) for name, pod in attackers.items()},
    }
    others = [plain_pod(name, pod, {"app": pod}) for name, pod in attackers.items()]
    (folder / "others.yaml").write_text(yaml.safe_dump_all([*others, plain_pod("kuberay-system", "operator", operator["labels"])]))
    names = {**{title: str(pod) for title, pod in pods.items()}, "kuberay-system/operator[Pod]": f"kuberay-system/{operator['name']}"}
    return pods, names, [folder / "others.yaml", *(folder / f"{name}-ray.yaml" for name in TENANTS)]


def compare(cluster, world, *policies) -> set[tuple[str, str, int]]:
    """Knocks at every door of Ray by TCP and UDP from everywhere; where packets and `reach` differ, fails. Returns who got where."""
    pods, names, paths = world
    doors = {}
    for title, pod in pods.items():
        for port in HEAD_DOORS if "/head[" in title else WORKER_DOORS if "/workers[" in title else []:
            doors[title, port, "TCP"] = pod.door(port)
            doors[title, port, "UDP"] = pod.door(port, "UDP", stand_in=True)
    matrix = cluster.reachability(list(doors.values()))
    print(matrix)
    prediction, wrong, arrived = Prediction.of(*paths, *policies), [], set()
    for source, real in names.items():
        for (target, port, protocol), door in doors.items():
            verdict = prediction.verdict(source, target, port, protocol)
            reached = real in matrix.who_reaches(door)
            if verdict == "may" or reached != (verdict == "open"):
                wrong.append(f"{source} => {target}:{port}/{protocol}: predicted {verdict}, arrived: {reached}")
            if reached and source != target:
                arrived.add((source, target, port))
    assert not wrong, "\n".join(wrong)
    return arrived


ATTACKERS = (f"{TEAM}/attacker[Pod]", f"{NEXT}/attacker[Pod]", f"{STRANGERS}/stranger[Pod]", f"{NEXT}/sidecar/head[RayJob]", f"{TEAM}/hello/head[RayJob]")


def test_packets_go_where_reach_says_and_attackers_nowhere(world, cluster, folder):
    arrived = compare(cluster, world, *(folder / f"{name}.yaml" for name in TENANTS))
    assert not [cell for cell in arrived if cell[0] in ATTACKERS]
    demo = f"{TEAM}/demo/head[RayCluster]"
    assert {(f"{TEAM}/demo/workers[RayCluster]", demo, 6379), ("kuberay-system/operator[Pod]", demo, 8265)} <= arrived
    assert ("kuberay-system/operator[Pod]", demo, 6379) not in arrived


# Policies as they are published for Ray on Kubernetes, each with what is wrong with it.
def published(name: str, pods: dict, ingress: list, egress: list | None = None) -> dict:
    spec = {"podSelector": {"matchLabels": pods}, "policyTypes": ["Ingress"] + (["Egress"] if egress is not None else []), "ingress": ingress}
    if egress is not None:
        spec["egress"] = egress
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": TEAM}, "spec": spec}


def article(label: str, head: str, worker: str) -> list[dict]:
    """The guide's two policies: on a label, with every pod of the namespace let in, the wrong port for GCS, and no DNS."""
    doors = [{"port": port, "protocol": "TCP"} for port in (6380, 8265, 10001)]
    return [
        published("head", {label: head}, [{"from": [{"podSelector": {}}], "ports": doors}, {"from": [{"podSelector": {"matchLabels": {label: worker}}}]}]),
        published("worker", {label: worker}, [{"from": [{"podSelector": {"matchLabels": {label: head}}}]}], [{"to": [{"podSelector": {"matchLabels": {label: head}}}]}]),
    ]


@pytest.fixture
def instead(world, cluster, team, folder):
    """Puts other policies in the place of the team's own, and gives the path of a file that says so."""
    own = [item["metadata"]["name"] for item in cluster.list("networkpolicies", TEAM)]
    for name in own:
        team.delete(f"networkpolicy/{name}")
    put = []

    def policies(objects: list[dict]) -> str:
        team.apply(objects)
        put.extend(item["metadata"]["name"] for item in objects)
        path = folder / "instead.yaml"
        path.write_text(yaml.safe_dump_all(objects))
        return str(path)

    yield policies
    for name in put:
        team.delete(f"networkpolicy/{name}")
    team.apply([item for item in yaml.safe_load_all((folder / f"{TEAM}.yaml").read_text()) if item["kind"] == "NetworkPolicy"])


def explained(world, path: str, folder) -> str:
    done = subprocess.run([os.environ["RAYKEEP"], "reach", *map(str, world[2]), path, str(folder / f"{NEXT}.yaml")], capture_output=True, text=True, timeout=60)
    return done.stderr


def resolves(pod) -> bool:
    return bool(pod.exec("timeout", "4", "python", "-c", "import socket; socket.gethostbyname('kubernetes.default.svc')"))


def test_the_guides_policies_select_nothing_and_leave_every_door_open(instead, world, cluster, folder):
    path = instead(article("app", "ray-cluster-head", "ray-cluster-worker"))
    arrived = compare(cluster, world, path, folder / f"{NEXT}.yaml")
    head = f"{TEAM}/demo/head[RayCluster]"
    assert {(f"{TEAM}/attacker[Pod]", head, 6379), (f"{STRANGERS}/stranger[Pod]", head, 6379)} <= arrived
    assert (f"{NEXT}/attacker[Pod]", head, 6379) not in arrived, "its own tenant lets it out nowhere"
    assert "NetworkPolicy tenant-team/head" in explained(world, path, folder)


def test_with_ray_labels_the_guides_policies_let_every_neighbour_run_code_and_close_dns(instead, world, cluster, team, folder):
    path = instead(article("ray.io/node-type", "head", "worker"))
    arrived = compare(cluster, world, path, folder / f"{NEXT}.yaml")
    head = f"{TEAM}/demo/head[RayCluster]"
    assert (f"{TEAM}/attacker[Pod]", head, 8265) in arrived, "podSelector: {} is everybody here"
    assert (f"{STRANGERS}/stranger[Pod]", head, 8265) not in arrived
    assert ("kuberay-system/operator[Pod]", head, 8265) not in arrived, "the operator cannot follow a job"
    assert not resolves(team.pod("ray.io/cluster=demo,ray.io/node-type=worker")), "no worker would find its head"


def test_kuberays_deny_all_closes_dns_and_shuts_the_operator_out(instead, world, cluster, team, folder):
    ray_cluster = manifest("raycluster.yaml", TEAM)
    ray_cluster["spec"]["networkPolicy"] = {"mode": "DenyAll"}
    (folder / "deny-all.yaml").write_text(yaml.safe_dump(ray_cluster))
    made = [item for item in yaml.safe_load_all(raykeep("expand", folder / "deny-all.yaml")) if item["kind"] == "NetworkPolicy"]
    for item in made:
        del item["metadata"]["ownerReferences"]
    path = instead(made)
    arrived = compare(cluster, world, path, folder / f"{NEXT}.yaml")
    head = f"{TEAM}/demo/head[RayCluster]"
    assert (f"{TEAM}/demo/workers[RayCluster]", head, 6379) in arrived
    assert not [cell for cell in arrived if cell[1] == head and cell[0] in ATTACKERS]
    assert ("kuberay-system/operator[Pod]", head, 8265) not in arrived
    assert not resolves(team.pod("ray.io/cluster=demo,ray.io/node-type=head"))
