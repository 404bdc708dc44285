# SPDX-License-Identifier: Apache-2.0
"""`raykeep expand` makes of KubeRay's samples what the real operator made of them, field by field.

tests/data/kuberay-expanded holds what ray-operator v1.6.2 created on a Kubernetes 1.35 API server. What only the API server,
the scheduler or the clock adds is taken off both sides (ADDED below); what the expansion leaves out on purpose is in LEFT_OUT.
"""
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

DATA = pathlib.Path(__file__).parent.parent / "data"
RECORDED = sorted((DATA / "kuberay-expanded").glob("*.yaml"))

# Field by field, what is not compared, and why.
LEFT_OUT = {
    "ray.io/upgrade-strategy-recreate-hash": "a hash of the operator's Go structures",
    "ray.io/hash-without-replicas-and-workers-to-delete": "the same",
    "ray.io/num-worker-groups": "bookkeeping of the RayService controller",
    "ray.io/worker-group-replica-name": "ends in a random text",
    "ray.io/replica-host-index": "counts pods; one pod stands for a group here",
    "ray.io/worker-group-replica-index": "counts pods; one pod stands for a group here",
}
# Made only once the service or job runs, which the recording did not wait for.
LATER = {("Service", "RayService"), ("Service", "RayJob"), ("Job", "RayJob"), ("Pod", "Job"), ("Gateway", "RayService"), ("HTTPRoute", "RayService")}
# What the operator makes for upgradeStrategy NewClusterWithIncrementalUpgrade needs its feature gate RayServiceIncrementalUpgrade,
# which was off: the Gateway and the HTTPRoute above, and this service of each cluster.
GATED = re.compile(r"rayservice-incremental-upgrade-.*-serve-svc$")

DEFAULTS = {  # what the API server fills in (k8s.io/kubernetes pkg/apis/*/v1/defaults.go)
    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "dnsPolicy": "ClusterFirst",
    "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority", "priority": 0, "restartPolicy": "Always",
    "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30, "protocol": "TCP",
    "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
    "defaultMode": 420, "completionMode": "NonIndexed", "completions": 1, "manualSelector": False, "parallelism": 1,
    "podReplacementPolicy": "TerminatingOrFailed", "suspend": False, "scheme": "HTTP", "numOfHosts": 1, "scaleStrategy": {},
    "creationTimestamp": None, "allocateLoadBalancerNodePorts": True, "externalTrafficPolicy": "Cluster",
    "maxReplicas": 2147483647, "replicas": 0, "shareProcessNamespace": False, "minReplicas": 0, "expirationSeconds": 3600,
}


def expand(sample):
    raykeep = os.environ["RAYKEEP"]
    out = subprocess.run([raykeep, "expand", str(sample), "-o", "json", "--kuberay-version", "v1.6.2"], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


def resource_amount(text):
    """Quantities by value: "500m" and 0.5 are the same."""
    match = re.fullmatch(r"([0-9.]+)(m|k|M|G|Ki|Mi|Gi|Ti)?", str(text))
    factor = {None: 1, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
    return round(float(match[1]) * factor[match[2]], 6) if match else text


def is_injected(item):
    name = item.get("name", "") if isinstance(item, dict) else ""
    return str(name).startswith("kube-api-access-") or (isinstance(item, dict) and str(item.get("key", "")).startswith("node.kubernetes.io/"))


def normal(value, key=""):
    if isinstance(value, dict):
        out = {}
        for name, item in value.items():
            if name in LEFT_OUT or (name in DEFAULTS and item == DEFAULTS[name]):
                continue
            if name in ("uid", "resourceVersion", "finalizers", "clusterIPs", "nodePort", "serviceAccount", "healthCheckNodePort", "status"):
                continue
            if name == "targetPort" and item == value.get("port"):
                continue
            if name == "imagePullPolicy":  # defaulted from the tag
                continue
            if name == "apiVersion" and "fieldPath" in value:
                continue
            if name == "serviceAccountName" and item == "default":
                continue
            if name == "clusterIP" and item != "None":
                continue
            item = normal(item, name)
            if item in ({}, [], None, "") and name not in ("emptyDir",):
                continue
            out[name] = item
        if key in ("limits", "requests"):
            out = {name: resource_amount(item) for name, item in out.items()}
            return out
        return out
    if isinstance(value, list):
        return [normal(item) for item in value if not is_injected(item)]
    return value


def same_requests(resources):
    """The API server copies limits into requests that are not written."""
    if isinstance(resources, dict):
        limits = resources.get("limits")
        if isinstance(limits, dict):
            resources["requests"] = {**limits, **resources.get("requests", {})}


def walk(value, do):
    if isinstance(value, dict):
        do(value)
        for item in value.values():
            walk(item, do)
    elif isinstance(value, list):
        for item in value:
            walk(item, do)


def prepared(node, random_names, namespace):
    text = json.dumps(node)
    for name, stable in random_names:
        text = text.replace(name, stable)
    text = text.replace(f'"namespace": "{namespace}"', '"namespace": "NS"').replace(f".{namespace}.svc", ".NS.svc")
    node = normal(json.loads(text))
    walk(node, lambda part: same_requests(part.get("resources")))

    def script(container):
        if container.get("name") == "wait-gcs-ready":
            container["args"] = ["(the operator's own script)"]
        if container.get("name") == "ray-job-submitter":  # in the head pod, it waits for the dashboard first
            container["args"] = [re.sub(r"^until .*? done ; ", "", line) for line in container["args"]]
        if "port" in container and container.get("name") and "containerPort" not in container:
            container.pop("targetPort", None)

    walk(node, script)
    walk(node, lambda part: part.update(sizeLimit=resource_amount(part["sizeLimit"])) if "sizeLimit" in part else None)
    walk(node, lambda part: part["ports"].sort(key=lambda port: str(port.get("name"))) if node.get("kind") == "Service" and "selector" in part and "ports" in part else None)
    metadata = node.get("metadata", {})
    if "generateName" in metadata:
        metadata.pop("name", None)
    if node.get("kind") in ("Pod", "Job"):
        walk(node, lambda part: [part.pop(label) for label in list(part) if label.endswith("controller-uid")])
    if node.get("kind") == "Job":
        node["spec"].pop("selector", None)
        node["spec"]["template"].pop("metadata", None)
    if node.get("kind") == "Pod" and metadata.get("ownerReferences", [{}])[0].get("kind") == "Job":
        metadata.pop("finalizers", None)
    return node


def owner(node):
    return node["metadata"].get("ownerReferences", [{}])[0].get("kind", "")


def random_names(documents):
    """Recorded random names, longest first, and what stands for them here."""
    found = []
    for node in documents:
        if node["kind"] == "RayCluster" and owner(node) in ("RayJob", "RayService"):
            base = node["metadata"]["ownerReferences"][0]["name"]
            found.append((node["metadata"]["name"], f"{base}-xxxxx"))
    for node in documents:
        match = re.search(r'"RAY_JOB_SUBMISSION_ID", "value": "([^"]+)"', json.dumps(node))
        if match:
            found.append((match[1], re.sub(r"-[a-z0-9]{5}$", "-xxxxx", match[1])))
    for node in documents:
        for match in re.findall(r"--submission-id (\S+)", json.dumps(node)):
            found.append((match, re.sub(r"-[a-z0-9]{5}$", "-xxxxx", match)))
    uid = re.search(r'"RAY_external_storage_namespace", "value": "([0-9a-f-]{36})"', json.dumps(documents))
    if uid:
        found.append((uid[1], "(the UID of the RayCluster)"))
    return found


def identity(node):
    metadata = node["metadata"]
    return node["kind"], metadata.get("name") or metadata.get("generateName")


def differences(recorded, made, path=""):
    if isinstance(recorded, dict) and isinstance(made, dict):
        for key in sorted({*recorded, *made}):
            yield from differences(recorded.get(key), made.get(key), f"{path}.{key}")
    elif isinstance(recorded, list) and isinstance(made, list) and len(recorded) == len(made):
        for number, (one, other) in enumerate(zip(recorded, made)):
            yield from differences(one, other, f"{path}[{number}]")
    elif recorded != made:
        yield f"{path}: the operator made {recorded!r}, expand {made!r}"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_expand_makes_what_the_operator_made(path):
    documents = [node for node in yaml.safe_load_all(path.read_text()) if node]
    namespace = documents[0]["metadata"]["namespace"]
    names = random_names(documents)
    made = {}
    for expansion in expand(DATA / "kuberay-samples" / path.name):
        for entry in expansion["objects"]:
            node = prepared(entry["object"], [], entry["object"]["metadata"]["namespace"])
            made.setdefault(identity(node), []).append((node, entry))
    problems = []
    seen = {}
    for document in documents:
        node = prepared(document, names, namespace)
        if not owner(node) or (node["kind"] == "RayCluster" and not owner(node)) or node["kind"] in ("RayJob", "RayService"):
            continue  # written by the user
        candidates = made.get(identity(node))
        if not candidates:
            problems.append(f"{identity(node)}: the operator made it, expand did not")
            continue
        seen[identity(node)] = seen.get(identity(node), 0) + 1
        problems += [f"{identity(node)}{line}" for line in differences(node, candidates[0][0])]
    for key, entries in made.items():
        node, entry = entries[0]
        count = entry["replicas"] * entry["hosts"] if entry.get("role") == "worker" else 1
        if ((node["kind"], owner(node)) in LATER or GATED.fullmatch(node["metadata"].get("name", ""))) and key not in seen:
            continue
        if seen.get(key, 0) != count:
            problems.append(f"{key}: the operator made {seen.get(key, 0)}, expand says {count}")
    assert not problems, "\n".join(problems)


def test_every_recording_is_compared():
    assert len(RECORDED) == 46
