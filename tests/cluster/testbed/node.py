# SPDX-License-Identifier: Apache-2.0
"""The node: containerd, kubelet, kube-proxy and the policy enforcer, on the `node` host of a full cluster."""

import json
import subprocess
import sys
from pathlib import Path

from testbed import network
from testbed.control_plane import IN_OWN_NAMESPACE, ControlPlane
from testbed.images import PAUSE_IMAGE
from testbed.netpol.enforcer import SOCKET
from testbed.places import ROOT
from testbed.processes import Processes
from testbed.settings import Settings

NAME = "node1"
CONTAINERD_SOCKET = Path("/run/containerd.sock")
PLUGINS = Path("/usr/lib/cni")
POD_PLUGIN = "raykeep-pod"
START_SECONDS = 90

CONTAINERD_CONFIG = """\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{folder}/cni/bin"
    conf_dir = "{folder}/cni/conf"
"""


def kubelet_configuration(folder: Path, cgroup: str) -> dict:
    """kubelet.config.k8s.io/v1beta1. Writes to the machine's kernel settings are caught by shield.kernel_settings."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{folder}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDomain": "cluster.local",
        "clusterDNS": [network.DNS_ADDRESS],
        "resolvConf": "",
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }


def cni_configuration(folder: Path, policies: bool) -> dict:
    """Every pod on a wire of its own (ptp), so that all its packets are routed, and filtered, by the node."""
    ipam = {"type": "host-local", "ranges": [[{"subnet": network.POD_RANGE}]], "routes": [{"dst": "0.0.0.0/0"}]}
    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [
            {"type": "ptp", "ipMasq": False, "ipam": ipam},
            {"type": "portmap", "capabilities": {"portMappings": True}},
            {"type": POD_PLUGIN, "folder": str(folder), "policies": policies},
        ],
    }


class Node:
    """Starts the node of the cluster in `folder`, which is the path inside the cluster's mount namespace."""

    def __init__(self, folder: Path, programs: Path, processes: Processes, settings: Settings):
        self._folder, self._programs, self._processes, self._settings = folder, programs, processes, settings

    def start(self, control: ControlPlane):
        if self._settings.policies:
            self._start_enforcer()
        self._start_containerd()
        control.pki.client("kubelet", f"/O=system:nodes/CN=system:node:{NAME}")
        (self._folder / "kubelet.conf").write_text(control.pki.kubeconfig("kubelet", IN_OWN_NAMESPACE.server))
        (self._folder / "kubelet.json").write_text(
            json.dumps(kubelet_configuration(self._folder, self._settings.cgroup))
        )
        self._start(
            "kubelet",
            str(self._programs / "kubelet"),
            "--config=kubelet.json",
            "--kubeconfig=kubelet.conf",
            f"--hostname-override={NAME}",
            f"--node-ip={network.NODE_ADDRESS}",
            "--cert-dir=kubelet-pki",
        )
        self._start(
            "kube-proxy",
            str(self._programs / "kube-proxy"),
            "--kubeconfig=kubeconfig",
            f"--hostname-override={NAME}",
            "--proxy-mode=nftables",
            f"--cluster-cidr={network.POD_RANGE}",
            # The limit is the machine's, not the network namespace's: leave it alone.
            "--conntrack-max-per-core=0",
        )
        self._processes.wait_until("the node is ready", lambda: self._is_ready(control), START_SECONDS)

    def _start(self, name: str, *command: str):
        self._processes.start(name, network.in_host(network.NODE, list(command)))

    def _start_enforcer(self):
        self._start(
            "enforcer",
            sys.executable,
            "-m",
            "testbed.netpol.enforcer",
            str(self._folder),
            IN_OWN_NAMESPACE.host,
            str(IN_OWN_NAMESPACE.api),
        )
        self._processes.wait_until(
            "the policy enforcer answers", lambda: (self._folder / SOCKET).exists(), START_SECONDS
        )

    def _start_containerd(self):
        self._write_cni()
        (self._folder / "containerd.toml").write_text(
            CONTAINERD_CONFIG.format(socket=CONTAINERD_SOCKET, pause=PAUSE_IMAGE, folder=self._folder)
        )
        self._start("containerd", "containerd", "-c", "containerd.toml")
        self._processes.wait_until(
            "containerd answers",
            lambda: subprocess.run(
                ["ctr", "--address", str(CONTAINERD_SOCKET), "version"], capture_output=True
            ).returncode
            == 0,
            START_SECONDS,
        )

    def _write_cni(self):
        plugins, configuration = self._folder / "cni/bin", self._folder / "cni/conf"
        for made in (plugins, configuration):
            made.mkdir(parents=True)
        for plugin in PLUGINS.iterdir():
            (plugins / plugin.name).symlink_to(plugin)
        own = plugins / POD_PLUGIN
        own.write_text(f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m testbed.pod_plugin\n")
        own.chmod(0o755)
        (configuration / "10-pods.conflist").write_text(
            json.dumps(cni_configuration(self._folder, self._settings.policies))
        )

    def _is_ready(self, control: ControlPlane) -> bool:
        return control.kubectl("wait", "--for=condition=Ready", "--timeout=2s", f"node/{NAME}")
