# SPDX-License-Identifier: Apache-2.0
"""The small size: a real API server with the operator beside it, wherever Go runs."""

import pytest

from testbed.cluster import CommandFailed
from testbed.places import ROOT
from testbed.versions import VERSIONS


def test_the_api_server_is_the_version_named(control_plane):
    assert f'"gitVersion": "v{VERSIONS.kubernetes}"' in control_plane.kubectl("get", "--raw", "/version")


def test_the_operator_makes_pods_and_services_of_a_ray_cluster(control_plane):
    team = control_plane.namespace("team")
    team.apply(ROOT / "manifests/raycluster.yaml")
    team.wait("service/demo-head-svc", lambda item: item["spec"]["clusterIP"] == "None", 30)
    team.wait("raycluster/demo", lambda item: len(control_plane.list("pods", "team", "ray.io/cluster=demo")) == 2, 30)


def test_pod_security_refuses_a_privileged_pod_where_it_is_enforced(control_plane):
    strict = control_plane.namespace("strict", **{"pod-security.kubernetes.io/enforce": "restricted"})
    with pytest.raises(CommandFailed, match="violates PodSecurity"):
        strict.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "bad"},
                "spec": {"containers": [{"name": "main", "image": "x", "securityContext": {"privileged": True}}]},
            }
        )


def test_tokens_of_service_accounts_are_reviewed(control_plane):
    team = control_plane.namespace("tokens")
    token = control_plane.kubectl("create", "token", "default", "-n", "tokens", "--audience", "raykeep").strip()
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token, "audiences": ["raykeep"]},
    }
    answered = control_plane.create(review)
    assert answered["status"]["user"]["username"] == f"system:serviceaccount:{team.name}:default"
