# SPDX-License-Identifier: Apache-2.0
import json

from testbed.addons import OPERATOR_NAMESPACE, kustomization


def changes(made):
    (patch,) = made["patches"]
    return {change["path"].rpartition("/")[2]: change["value"] for change in json.loads(patch["patch"])}


def test_the_operators_manifests_are_changed_only_in_namespace_image_speed_and_feature_gates():
    assert kustomization("")["namespace"] == OPERATOR_NAMESPACE
    assert set(changes(kustomization(""))) == {"image", "cpu", "initialDelaySeconds", "periodSeconds"}
    gates = "RayClusterNetworkPolicy=true"
    assert changes(kustomization(gates))["args"] == [f"--feature-gates={gates}"]
