# SPDX-License-Identifier: Apache-2.0
"""A real Ray head on loopback, with ports, HOME and processes of its own. Never `ray stop`: it ends every Ray it sees."""
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

from support.ports import free_ports
from support.processes import MARK, alive, end_with_parent, send, started_by
from support.waiting import NotReached, wait_until

RAY = Path(sys.executable).with_name("ray")


class RayHead:
    """One head. `token` is None in open mode."""

    def __init__(self, token: str | None = None, extra_environment: dict | None = None):
        self.token = token
        self.mark = secrets.token_hex(8)
        self.folder = Path(tempfile.mkdtemp(prefix="rk", dir="/tmp"))  # short: paths of UNIX sockets are
        (self.gcs, self.port, client, self.agent_port, metrics, agent_grpc, runtime_env, autoscaler, dashboard_metrics) = free_ports(9)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
        environment |= {
            MARK: self.mark, "HOME": str(self.folder), "NO_COLOR": "1", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            "AUTOSCALER_METRIC_PORT": str(autoscaler), "DASHBOARD_METRIC_PORT": str(dashboard_metrics),
            "RAY_AUTH_MODE": "token" if token else "disabled", **({"RAY_AUTH_TOKEN": token} if token else {}),
            "PATH": f"{RAY.parent}:{os.environ['PATH']}", **(extra_environment or {}),
        }
        self.log = self.folder / "head.log"
        argv = [RAY, "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={self.gcs}", "--dashboard-host=127.0.0.1",
                f"--dashboard-port={self.port}", f"--ray-client-server-port={client}", f"--dashboard-agent-listen-port={self.agent_port}",
                f"--metrics-export-port={metrics}", f"--dashboard-agent-grpc-port={agent_grpc}", f"--runtime-env-agent-port={runtime_env}",
                "--num-cpus=4", "--object-store-memory=80000000", "--include-log-monitor=false", "--disable-usage-stats",
                f"--temp-dir={self.folder}/t"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            preexec_fn=end_with_parent)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def wait_ready(self) -> "RayHead":
        try:
            wait_until(self._is_ready, "the head answers", seconds=90, every=0.2)
        except NotReached as error:
            self.stop()
            raise NotReached(f"{error}\n{self.log.read_text() if self.log.exists() else ''}") from None
        return self

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise NotReached(f"ray start ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")
        try:
            return all(requests.get(url, timeout=2).status_code == 200 for url in
                       (f"{self.url}/api/gcs_healthz", f"http://127.0.0.1:{self.agent_port}/api/healthz"))
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """As a node that lost its power."""
        send(started_by(self.process.pid, self.mark), signal.SIGKILL)

    def stop(self) -> None:
        started = started_by(self.process.pid, self.mark)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            wait_until(lambda: self.process.poll() is not None and not alive(started), "Ray ended", seconds=10)
        except NotReached:
            send(started, signal.SIGKILL)
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
