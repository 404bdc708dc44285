# SPDX-License-Identifier: Apache-2.0
"""Every mistake a user can make is told with its place and what to do."""
import socket
import time

import pytest
import requests

from support.gateway import Cluster, Gateway, Setup, password_of, raykeep
from support.recorder import Recorder
from support.waiting import wait_until


@pytest.fixture(scope="module")
def upstream():
    made = Recorder()
    yield made
    made.close()


@pytest.fixture
def setup(tmp_path, upstream):
    return Setup(tmp_path, [Cluster("team", "ray", f"http://127.0.0.1:{upstream.port}")])


def fails(setup, *said: str, status: int = 2, check: bool = False) -> str:
    done = raykeep("gateway", "--config", setup.file, *(["--check-config"] if check else []), check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout == ""
    for text in said:
        assert text in done.stderr, done.stderr
    assert len(done.stderr) < 1500
    return done.stderr


@pytest.mark.parametrize("check", [True, False])
def test_an_unknown_key_is_named_with_its_place_and_a_suggestion(setup, check):
    setup.config["limits"] = {"header_byte": "8KiB"}
    setup.write()
    fails(setup, "gateway.yaml:", "header_byte", 'did you mean "header_bytes"', check=check)


def test_a_good_configuration_is_called_good(setup):
    assert raykeep("gateway", "--config", setup.file, "--check-config").stdout.strip().endswith(": good")


@pytest.mark.parametrize("spoil,said", [
    (lambda setup: setup.certificate.write_text("garbage"), "gateway.crt"), (lambda setup: setup.certificate.unlink(), "gateway.crt"),
    (lambda setup: setup.key.write_text(""), "gateway.key"), (lambda setup: setup.users_file.unlink(), "users"),
    (lambda setup: setup.users_file.write_text("vera:plain-text\n"), "users:1"), (lambda setup: setup.users_file.write_bytes(b"\xff\xfe\0"), "users:1"),
    (lambda setup: setup.file.unlink(), "gateway.yaml"), (lambda setup: setup.file.write_text("listeners: ["), "gateway.yaml:1:13"),
])
def test_a_file_that_cannot_be_used_is_named(setup, spoil, said):
    spoil(setup)
    done = raykeep("gateway", "--config", setup.file, "--check-config", check=False)
    assert done.returncode in (2, 3) and said in done.stderr, done.stderr


def test_a_port_in_use_is_named(setup):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        setup.config["listeners"][0]["address"] = address
        setup.write()
        fails(setup, f"cannot listen on {address}", "in use", status=3)


def test_a_state_database_that_cannot_be_opened_is_named(setup):
    setup.state.write_text("this is no database, however long it may be" * 100)
    fails(setup, "state.db", status=3)


def test_an_audit_directory_that_cannot_be_made_is_named(setup):
    setup.config["audit"]["directory"] = "users/audit"  # below a file
    setup.write()
    fails(setup, "users/audit", status=3)


@pytest.fixture
def gateway(setup):
    made = Gateway(setup).start()
    yield made
    made.stop()


def test_a_wrong_password_and_an_expired_token_are_said(setup, gateway):
    url = f"{gateway.url}/team/ray/timezone"
    wrong = requests.get(url, auth=("vera", "Wrong-guess-1"), verify=False, timeout=10)
    assert (wrong.status_code, wrong.text) == (401, "The user name or password is wrong.\n")
    token = gateway.token("vera", "--expires", "3s")

    def expired():
        answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, verify=False, timeout=10)
        return [answer] if answer.status_code == 401 else None  # an answer of 401 is false by itself
    [answer] = wait_until(expired, "the token expires", seconds=6)
    assert "expired" in answer.text and answer.headers["X-Raykeep-Reason"] == "token-expired"


def test_a_dead_cluster_is_said(setup, tmp_path):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # not listening: connections are refused
        setup.config["clusters"][0]["dashboard"] = f"http://127.0.0.1:{bound.getsockname()[1]}"
        setup.write()
        gateway = Gateway(setup).start()
        try:
            start = time.monotonic()
            answer = requests.get(f"{gateway.url}/team/ray/timezone", auth=("vera", password_of("vera")), verify=False, timeout=10)
            assert answer.status_code == 502 and "does not answer" in answer.text, answer.text
            assert time.monotonic() - start < 2
        finally:
            gateway.stop()
