# SPDX-License-Identifier: Apache-2.0
"""The real program as a user runs it: users by `raykeep passwd`, tokens by `raykeep token`, `raykeep gateway --config`."""
import copy
import os
import queue
import re
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

import requests
import yaml

from support.pki import make_certificate
from support.processes import end_with_parent
from support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
RAYKEEP = Path(os.environ.get("RAYKEEP") or ROOT / "build/ci/src/cli/raykeep")
ROLES = {"vera": "viewer", "dana": "developer", "dirk": "developer", "ada": "admin"}


def raykeep(*argv, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess:
    done = subprocess.run([RAYKEEP, *argv], input=stdin, capture_output=True, text=True, timeout=60)
    if check:
        assert done.returncode == 0, f"raykeep {' '.join(map(str, argv))}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def password_of(user: str) -> str:
    return f"Sparrow-{sum(user.encode())}-Kite"


@dataclass
class Cluster:
    namespace: str
    name: str
    dashboard: str
    token: str | None = None
    extra: dict = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"


class Setup:
    """A folder with everything a gateway needs: configuration, certificate, users, tokens."""

    def __init__(self, folder: Path, clusters: list[Cluster], overrides: dict | None = None):
        self.folder = folder
        self.certificate, self.key = make_certificate(folder, "gateway")
        self.users_file = folder / "users"
        self.state = folder / "state.db"
        self.audit = folder / "audit"
        self.file = folder / "gateway.yaml"
        for user in ROLES:
            raykeep("passwd", "add", self.users_file, user, "--stdin", stdin=password_of(user) + "\n")
        self.config = self._config(clusters)
        self.config.update(copy.deepcopy(overrides or {}))
        self.write()

    def _config(self, clusters: list[Cluster]) -> dict:
        return {
            "listeners": [{"address": "127.0.0.1:0", "tls": {"certificate": self.certificate.name, "key": self.key.name}}],
            "admin": {"address": "127.0.0.1:0"},
            "public_hosts": ["127.0.0.1", "localhost", "ray.example"],
            "clusters": [self._cluster(cluster) for cluster in clusters],
            "users": {"file": self.users_file.name},
            "state": {"database": self.state.name},
            "bindings": [{"name": f"{user}-is-{role}", "role": role, "users": [user], "clusters": ["team/*"]} for user, role in ROLES.items()],
            "audit": {"directory": self.audit.name, "summary_interval": "1s"},
            "drain_timeout": "2s",
        }

    def _cluster(self, cluster: Cluster) -> dict:
        out = {"namespace": cluster.namespace, "name": cluster.name, "dashboard": cluster.dashboard, **cluster.extra}
        if cluster.token:
            token_file = self.folder / f"{cluster.namespace}-{cluster.name}.token"
            token_file.write_text(cluster.token + "\n")
            token_file.chmod(0o600)
            out["token_file"] = token_file.name
        return out

    def write(self):
        replace(self.file, yaml.safe_dump(self.config, sort_keys=False))

    def make_token(self, user: str, *options: str) -> str:
        shown = raykeep("token", "create", "--state", self.state, "--user", user, *options).stdout
        return re.search(r"\brk_[0-9a-f]{12}_[\w-]+", shown)[0]

    def revoke_token(self, token: str):
        raykeep("token", "revoke", "--state", self.state, token.split("_")[1])

    def verify_audit(self) -> str:
        return raykeep("audit", "verify", self.audit).stdout

    def records(self, *options: str) -> list[dict]:
        shown = raykeep("audit", "show", self.audit, "-o", "json", *options).stdout
        return [yaml.safe_load(line) for line in shown.splitlines()]


def replace(path: Path, text: str | bytes):
    """Puts a file in place whole, as careful programs do."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(text if isinstance(text, bytes) else text.encode())
    fresh.chmod(0o600)
    fresh.rename(path)


def _pass_on(stream, lines: queue.Queue):
    for line in stream:
        lines.put(line)
    lines.put(None)


class Gateway:
    def __init__(self, setup: Setup):
        self.setup = setup
        self.port = 0
        self.admin_port = 0
        self.process: subprocess.Popen | None = None
        self.log = setup.folder / "gateway.log"

    def start(self) -> "Gateway":
        with self.log.open("ab") as log:
            # Signals stay as Python sets them: a file that grows beyond a limit is an error then, not the end.
            self.process = subprocess.Popen([RAYKEEP, "gateway", "--config", self.setup.file], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, text=True, restore_signals=False,
                                            preexec_fn=end_with_parent)
        lines: queue.Queue = queue.Queue()
        threading.Thread(target=_pass_on, args=(self.process.stdout, lines), daemon=True).start()
        listening = False
        while not (listening and self.admin_port):
            line = lines.get(timeout=20)
            assert line is not None, f"the gateway ended with {self.process.wait(5)}:\n{self.log.read_text()}"
            if found := re.match(r"(listening|admin) on https?://127\.0\.0\.1:(\d+)", line):
                if found[1] == "listening":
                    self.port, listening = int(found[2]), True
                else:
                    self.admin_port = int(found[2])
        return self

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def address(self, cluster: Cluster) -> str:
        return f"{self.url}/{cluster.id}"

    def token(self, user: str, *options: str) -> str:
        """A fresh token, once the running gateway knows it."""
        token = self.setup.make_token(user, *options)
        asked = lambda: requests.get(f"{self.url}/-/clusters", headers={"Authorization": f"Bearer {token}"}, verify=False, timeout=10)
        wait_until(lambda: asked().status_code == 200, "the new token is known", seconds=5)
        return token

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def wait_log(self, text: str, seconds: float = 10, since: int = 0) -> str:
        return wait_until(lambda: text in self.log.read_text()[since:] and self.log.read_text()[since:], f"the log says {text!r}", seconds)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        return self.process.returncode if self.process else 0

    def restart(self, kill: bool = False) -> "Gateway":
        """On the same port, as a service would."""
        self.kill() if kill else self.stop()
        self.setup.config["listeners"][0]["address"] = f"127.0.0.1:{self.port}"
        self.setup.write()
        self.admin_port = 0
        return self.start()
