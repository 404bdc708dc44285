# SPDX-License-Identifier: Apache-2.0
"""etcd, the API server and the controller manager; the scheduler too when there is a node."""

import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from testbed import network
from testbed.pki import Pki
from testbed.processes import Processes
from testbed.waiting import NotReached

START_SECONDS = 90


@dataclass(frozen=True)
class Addresses:
    """Where the control plane listens: the API server at `host`, the others on the loopback interface."""

    host: str
    api: int
    etcd: int
    etcd_peer: int
    controller_manager: int

    @property
    def server(self) -> str:
        return f"https://{self.host}:{self.api}"


IN_OWN_NAMESPACE = Addresses(network.CONTROL_ADDRESS, 6443, 2379, 2380, 10257)


def free_loopback_ports() -> Addresses:
    with ExitStack() as stack:
        ports = []
        for _ in range(4):
            held = stack.enter_context(socket.socket())
            held.bind(("127.0.0.1", 0))
            ports.append(held.getsockname()[1])
    return Addresses("127.0.0.1", *ports)


class ControlPlane:
    """Starts the control plane of the cluster in `folder` with programs from `programs`."""

    def __init__(self, folder: Path, programs: Path, processes: Processes, addresses: Addresses):
        self._folder, self._programs, self._processes, self._at = folder, programs, processes, addresses
        self.pki = Pki(folder / "pki")

    def start(self):
        self.pki.create(
            [f"DNS:{name}" for name in ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")]
            + ["IP:127.0.0.1", f"IP:{network.API_SERVICE_ADDRESS}", f"IP:{self._at.host}"]
        )
        (self._folder / "kubeconfig").write_text(self.pki.kubeconfig("admin", self._at.server))
        self._start_etcd()
        self._start_apiserver()
        self._processes.wait_until(
            "the API server is ready", lambda: self.kubectl("get", "--raw", "/readyz"), START_SECONDS
        )
        self._start_controller_manager()
        self._processes.wait_until(
            "the default service account exists",
            lambda: self.kubectl("-n", "default", "get", "serviceaccount", "default"),
            START_SECONDS,
        )

    def _run(self, arguments: tuple[str, ...], stdin: str | None) -> subprocess.CompletedProcess:
        command = [str(self._programs / "kubectl"), "--kubeconfig", str(self._folder / "kubeconfig"), *arguments]
        return subprocess.run(command, input=stdin, text=True, capture_output=True)

    def kubectl(self, *arguments: str) -> bool:
        """Whether the command succeeded."""
        return self._run(arguments, None).returncode == 0

    def demand(self, *arguments: str, stdin: str | None = None) -> str:
        """What the command wrote. Raises NotReached with what it complained of."""
        done = self._run(arguments, stdin)
        if done.returncode:
            raise NotReached(f"kubectl {' '.join(arguments)} failed: {done.stderr.strip()}")
        return done.stdout

    def start_scheduler(self):
        self._start("kube-scheduler", "--kubeconfig=kubeconfig", "--leader-elect=false")

    def _start(self, name: str, *flags: str):
        self._processes.start(name, [str(self._programs / name), *flags])

    def _start_etcd(self):
        client, peer = f"http://127.0.0.1:{self._at.etcd}", f"http://127.0.0.1:{self._at.etcd_peer}"
        self._start(
            "etcd",
            "--data-dir=etcd",
            "--unsafe-no-fsync",
            "--log-level=error",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )

    def _start_apiserver(self):
        issuer, here = "https://kubernetes.default.svc", self._at.host
        self._start(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._at.etcd}",
            f"--bind-address={here}",
            f"--advertise-address={here}",
            f"--secure-port={self._at.api}",
            f"--service-cluster-ip-range={network.SERVICE_RANGE}",
            # No loopback address may be an endpoint, so without a node the kubernetes Service has none.
            f"--endpoint-reconciler-type={'none' if here.startswith('127.') else 'lease'}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            "--client-ca-file=pki/ca.crt",
            "--tls-cert-file=pki/apiserver.crt",
            "--tls-private-key-file=pki/apiserver.key",
            f"--service-account-issuer={issuer}",
            f"--api-audiences={issuer}",
            "--service-account-signing-key-file=pki/sa.key",
            "--service-account-key-file=pki/sa.pub",
            "--kubelet-client-certificate=pki/admin.crt",
            "--kubelet-client-key=pki/admin.key",
            "--kubelet-preferred-address-types=InternalIP",
        )

    def _start_controller_manager(self):
        self._start(
            "kube-controller-manager",
            "--kubeconfig=kubeconfig",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._at.controller_manager}",
            "--use-service-account-credentials",
            "--service-account-private-key-file=pki/sa.key",
            "--root-ca-file=pki/ca.crt",
            "--cluster-signing-cert-file=pki/ca.crt",
            "--cluster-signing-key-file=pki/ca.key",
        )
