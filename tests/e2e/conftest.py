# SPDX-License-Identifier: Apache-2.0
"""Two real Ray clusters, one with its token and one open, behind one gateway."""
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import urllib3

from support.gateway import ROLES, Cluster, Gateway, Setup, password_of
from support.ray_head import RAY, RayHead
from support.waiting import wait_until

urllib3.disable_warnings()
CLUSTER_TOKEN = "the-clusters-own-token-0123456789"


@pytest.fixture(scope="session")
def heads():
    """(token mode, open mode)"""
    started = [RayHead(CLUSTER_TOKEN), RayHead()]
    try:
        yield [head.wait_ready() for head in started]
    finally:
        for head in started:
            head.stop()


class Door:
    """A gateway before real clusters: `ray` is the token-mode one, `open` the other."""

    def __init__(self, folder: Path, heads: list[RayHead], overrides: dict | None = None):
        self.heads = heads
        self.ray = Cluster("team", "ray-1", heads[0].url, heads[0].token)
        self.open = Cluster("team", "open", heads[1].url)
        self.setup = Setup(folder, [self.ray, self.open], overrides)
        self.tokens = {user: self.setup.make_token(user) for user in ROLES}
        self.gateway = Gateway(self.setup).start()

    def url(self, path: str = "/", cluster: Cluster | None = None) -> str:
        return self.gateway.address(cluster or self.ray) + path

    def ask(self, user: str | None, method: str, path: str, cluster: Cluster | None = None, **options) -> requests.Response:
        headers = {**({"Authorization": f"Bearer {self.tokens[user]}"} if user else {}), **options.pop("headers", {})}
        return requests.request(method, self.url(path, cluster), headers=headers, verify=False, timeout=options.pop("timeout", 60),
                                allow_redirects=False, **options)

    def environment(self, user: str | None, cluster: Cluster | None = None, basic: bool = False, field: str = "Authorization") -> dict:
        """What Ray's own command line needs to go through the door."""
        value = "Basic " + base64.b64encode(f"{user}:{password_of(user)}".encode()).decode() if basic else f"Bearer {self.tokens.get(user)}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        return {**kept, "RAY_ADDRESS": self.gateway.address(cluster or self.ray), "RAY_JOB_HEADERS": json.dumps({field: value} if user else {}),
                "REQUESTS_CA_BUNDLE": str(self.setup.certificate), "SSL_CERT_FILE": str(self.setup.certificate), "NO_COLOR": "1",
                "HOME": str(self.setup.folder), "PYTHONWARNINGS": "ignore"}

    def ray_job(self, user: str | None, *argv: str, cluster: Cluster | None = None, basic: bool = False, field: str = "Authorization",
                timeout: int = 120) -> subprocess.CompletedProcess:
        return subprocess.run([RAY, "job", *argv], env=self.environment(user, cluster, basic, field), capture_output=True, text=True, timeout=timeout)

    def submit(self, user: str, entrypoint: str, cluster: Cluster | None = None, **body) -> str:
        answer = self.ask(user, "POST", "/api/jobs/", cluster, json={"entrypoint": entrypoint, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()["submission_id"]

    def status(self, job: str, cluster: Cluster | None = None) -> str:
        return self.ask("ada", "GET", f"/api/jobs/{job}", cluster).json()["status"]

    def wait_status(self, job: str, *wanted: str, cluster: Cluster | None = None, seconds: float = 60) -> str:
        def reached():
            status = self.status(job, cluster)
            assert status in wanted or status not in ("SUCCEEDED", "FAILED", "STOPPED"), f"{job} is {status}, not {wanted}"
            return status if status in wanted else None
        return wait_until(reached, f"{job} is {' or '.join(wanted)}", seconds, every=0.2)

    def logs(self, job: str, cluster: Cluster | None = None) -> str:
        return self.ask("ada", "GET", f"/api/jobs/{job}/logs", cluster).json()["logs"]

    def close(self):
        self.gateway.stop()


@pytest.fixture(scope="session")
def door(tmp_path_factory, heads):
    made = Door(tmp_path_factory.mktemp("door"), heads)
    yield made
    made.close()
    assert "intact" in made.setup.verify_audit()


@pytest.fixture
def own_door(tmp_path, heads):
    """For tests that restart, kill or reconfigure."""
    made = Door(tmp_path, heads)
    yield made
    made.close()
    assert "intact" in made.setup.verify_audit()


@pytest.fixture
def python():
    return sys.executable
