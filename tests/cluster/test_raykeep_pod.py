# SPDX-License-Identifier: Apache-2.0
"""The binary of this checkout, as an image, in a pod that nobody grants anything."""

import pytest

from testbed import raykeep_image
from testbed.cluster import field

pytestmark = pytest.mark.node


def test_raykeep_runs_as_nobody_on_a_read_only_file_system(cluster):
    if not cluster.settings.raykeep_binary:
        pytest.skip(f"no raykeep binary: build {raykeep_image.BUILT_BY_DEFAULT} or set RAYKEEP_BINARY")
    space = cluster.namespace("raykeep-image", **{"pod-security.kubernetes.io/enforce": "restricted"})
    space.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "version"},
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": False,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [
                    {
                        "name": "raykeep",
                        "image": raykeep_image.RAYKEEP_IMAGE,
                        "imagePullPolicy": "Never",
                        "args": ["--version"],
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]},
                        },
                    }
                ],
            },
        }
    )
    space.wait("pod/version", field("status.phase", "Succeeded"), 60, failed=field("status.phase", "Failed"))
    assert "raykeep" in cluster.kubectl("logs", "-n", space.name, "version")
