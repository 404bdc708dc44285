# SPDX-License-Identifier: Apache-2.0
"""What is installed into a cluster once it answers: cluster DNS and the KubeRay operator."""

import json
import shutil
from pathlib import Path

from testbed import network
from testbed.control_plane import ControlPlane
from testbed.images import COREDNS_IMAGE, OPERATOR_IMAGE
from testbed.places import ROOT
from testbed.processes import Processes
from testbed.settings import Settings
from testbed.waiting import NotReached

OPERATOR_NAMESPACE = "kuberay-system"
START_SECONDS = 90


def kustomization(feature_gates: str) -> dict:
    """The operator's own manifests in a namespace of its own. Only what makes it slow to start is loosened."""
    container = "/spec/template/spec/containers/0"
    changes = [
        {"op": "replace", "path": f"{container}/image", "value": OPERATOR_IMAGE},
        {"op": "replace", "path": f"{container}/resources/limits/cpu", "value": "2"},
        {"op": "replace", "path": f"{container}/readinessProbe/initialDelaySeconds", "value": 1},
        {"op": "replace", "path": f"{container}/readinessProbe/periodSeconds", "value": 1},
    ]
    if feature_gates:
        changes.append({"op": "replace", "path": f"{container}/args", "value": [f"--feature-gates={feature_gates}"]})
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": OPERATOR_NAMESPACE,
        "resources": ["default"],
        "patches": [{"target": {"kind": "Deployment", "name": "kuberay-operator"}, "patch": json.dumps(changes)}],
    }


def _install_dns(control: ControlPlane):
    text = (ROOT / "manifests/coredns.yaml").read_text()
    manifest = text.replace("COREDNS_IMAGE", COREDNS_IMAGE).replace("DNS_ADDRESS", network.DNS_ADDRESS)
    control.demand("apply", "-f", "-", stdin=manifest)


def _install_operator(folder: Path, control: ControlPlane, settings: Settings):
    manifests = folder / "operator"
    (manifests / "kustomization.yaml").write_text(json.dumps(kustomization(settings.feature_gates)))
    control.demand("create", "namespace", OPERATOR_NAMESPACE)
    # The CRDs are too large for the annotation that client-side apply leaves.
    control.demand("apply", "--server-side", "-k", str(manifests))


def _wait_for_rollout(control: ControlPlane, namespace: str, deployment: str):
    """Raises NotReached with what Kubernetes says of the pods."""
    try:
        timeout = f"--timeout={START_SECONDS}s"
        control.demand("-n", namespace, "rollout", "status", f"deployment/{deployment}", timeout)
    except NotReached as error:
        raise NotReached(f"{error}\n{control.demand('-n', namespace, 'describe', 'pods')[-3000:]}") from None


def install(folder: Path, control: ControlPlane, settings: Settings):
    """Cluster DNS, and the operator as a pod when settings ask for it; returns when both answer."""
    _install_dns(control)
    if settings.operator:
        _install_operator(folder, control, settings)
    _wait_for_rollout(control, "kube-system", "coredns")
    if settings.operator:
        _wait_for_rollout(control, OPERATOR_NAMESPACE, "kuberay-operator")


def start_operator_process(folder: Path, control: ControlPlane, processes: Processes, settings: Settings):
    """The operator where no pod can run: an ordinary process, which reaches dashboards through the API server."""
    control.demand("create", "-f", str(folder / "operator/crd/bases"))
    control.demand("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
    command = [
        str(folder / "bin/kuberay-operator"),
        f"--kubeconfig={folder}/kubeconfig",
        "-enable-leader-election=false",
        "-use-kubernetes-proxy=true",
        "-metrics-addr=127.0.0.1:0",
        "-health-probe-bind-address=127.0.0.1:0",
    ]
    processes.start(
        "kuberay-operator", command + ([f"--feature-gates={settings.feature_gates}"] if settings.feature_gates else [])
    )


def copy_operator_manifests(source: Path, folder: Path):
    shutil.copytree(source, folder / "operator")
