# SPDX-License-Identifier: Apache-2.0
"""What the people of a generated tenant may do, asked of a real API server."""

import os
import shutil
import subprocess

import pytest
import yaml

from testbed.cluster import CommandFailed
from testbed.places import ROOT

TEAM = "roles-team"
LOOK = [("get", "rayclusters.ray.io"), ("list", "rayjobs.ray.io"), ("get", "pods/log"), ("list", "pods")]
SUBMIT = [("create", "rayjobs.ray.io"), ("delete", "rayjobs.ray.io")]
MAKE = [("create", "rayclusters.ray.io"), ("patch", "rayservices.ray.io"), ("create", "configmaps")]
NEVER = [
    ("get", "secrets"), ("list", "secrets"), ("create", "pods/exec"), ("create", "pods/attach"), ("create", "pods/portforward"), ("create", "pods"),
    ("create", "networkpolicies.networking.k8s.io"), ("delete", "networkpolicies.networking.k8s.io"), ("patch", "resourcequotas"),
    ("create", "rolebindings.rbac.authorization.k8s.io"), ("escalate", "roles.rbac.authorization.k8s.io"), ("impersonate", "users"),
    ("create", "serviceaccounts/token"), ("get", "nodes"),
]
MAY = {"viewers": LOOK, "developers": LOOK + SUBMIT, "administrators": LOOK + SUBMIT + MAKE, "others": []}


@pytest.fixture
def tenant(control_plane, tmp_path):
    shutil.copy(ROOT / "manifests" / "raycluster.yaml", tmp_path)
    people = {kind: [f"team-{kind}"] for kind in MAY if kind != "others"}
    (tmp_path / "team.yaml").write_text(yaml.safe_dump({"tenant": {"name": TEAM, "manifests": ["raycluster.yaml"], "people": people}}))
    done = subprocess.run([os.environ["RAYKEEP"], "tenant", tmp_path / "team.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    namespace, *objects = yaml.safe_load_all(done.stdout)
    control_plane.apply(namespace)
    control_plane.apply(objects, TEAM)
    return control_plane


def can(tenant, kind: str, verb: str, resource: str, namespace: str = TEAM) -> bool:
    try:
        said = tenant.kubectl("auth", "can-i", verb, resource, "-n", namespace, "--as", "somebody", "--as-group", f"team-{kind}")
    except CommandFailed:
        return False
    return said.strip().startswith("yes")


@pytest.mark.parametrize("kind", MAY)
def test_people_may_do_their_work_and_nothing_else(tenant, kind):
    asked = LOOK + SUBMIT + MAKE + NEVER
    assert [question for question in asked if can(tenant, kind, *question)] == MAY[kind]
    assert not any(can(tenant, kind, *question, namespace="default") for question in LOOK)
