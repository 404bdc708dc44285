# SPDX-License-Identifier: Apache-2.0
"""The world without Raykeep: who can send a packet to Ray's dashboard owns the cluster. What a policy changes."""

import pytest

from testbed.cluster import Pod, condition, field
from testbed.images import RAY_IMAGE
from testbed.places import ROOT

pytestmark = pytest.mark.node

MANIFESTS = ROOT / "manifests"
ENFORCE_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
FORMING_SECONDS = 150
JOB_SECONDS = 150

TASK = "import ray; print('the answer is', ray.get(ray.remote(lambda: 42).remote()))"


def run_job(submitter: Pod) -> str:
    """Submits a job to the dashboard from another pod and waits for it: what it printed."""
    ran = submitter.exec("ray", "job", "submit", "--address", "http://demo-head-svc:8265", "--", "python", "-c", TASK)
    assert ran, ran.text
    return ran.text


def test_a_policy_closes_the_dashboard_to_strangers_and_ray_still_works(cluster):
    team = cluster.namespace("team", **ENFORCE_RESTRICTED)
    team.apply(MANIFESTS / "raycluster.yaml")
    team.apply(MANIFESTS / "rayjob.yaml")
    stranger = cluster.namespace("elsewhere").start_pod("stranger")
    submitter = team.start_pod("submitter", image=RAY_IMAGE, role="submitter")

    team.wait("raycluster/demo", condition("RayClusterProvisioned"), FORMING_SECONDS)
    head = team.pod("ray.io/cluster=demo,ray.io/node-type=head")
    worker = team.pod("ray.io/cluster=demo,ray.io/node-type=worker")
    assert "the answer is 42" in run_job(submitter)
    team.wait(
        "rayjob/hello", field("status.jobStatus", "SUCCEEDED"), JOB_SECONDS, failed=field("status.jobStatus", "FAILED")
    )

    dashboard = head.door(8265)
    before = cluster.reachability([dashboard])
    print(f"without a policy:\n{before}")
    assert str(stranger) in before.who_reaches(dashboard)
    assert '"ray_version"' in stranger.exec("curl", "-sS", f"http://{head.ip}:8265/api/version").text

    team.apply(MANIFESTS / "closed.yaml")
    after = cluster.reachability([dashboard])
    print(f"with the policy:\n{after}")
    operator = cluster.list("pods", "kuberay-system")[0]["metadata"]["name"]
    allowed = {str(head), str(worker), str(submitter), f"kuberay-system/{operator}", "node"}
    assert {source for source in after.who_reaches(dashboard) if "hello" not in source} == allowed
    refused = stranger.exec("curl", "-sS", "--max-time", "2", f"http://{head.ip}:8265/api/version")
    assert not refused and "timed out" in refused.text
    assert "the answer is 42" in run_job(submitter)
