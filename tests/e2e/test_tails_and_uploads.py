# SPDX-License-Identifier: Apache-2.0
"""What streams: log tails for as long as a job lasts, packages of any size Ray takes."""
import os
import threading
import time

import pytest
import requests

from support.gateway import password_of
from support.processes import memory_bytes
from support.tail import LogTail
from support.waiting import wait_until


def open_tail(door, job: str, user: str = "dana", **headers) -> LogTail:
    token = headers.pop("token", door.tokens[user])
    return LogTail(door.url(f"/api/jobs/{job}/logs/tail"), headers or {"Authorization": f"Bearer {token}"})


@pytest.fixture
def silent_job(door):
    """Runs until the test is over and prints one line at the start."""
    job = door.submit("dana", "sh -c 'echo begun; exec sleep 600'")
    door.wait_status(job, "RUNNING")
    yield job
    door.ask("ada", "POST", f"/api/jobs/{job}/stop")


def test_lines_arrive_while_the_job_runs(door, silent_job):
    tail = open_tail(door, silent_job)
    wait_until(lambda: "begun" in tail.text, "the first line has come")
    assert tail.closed is None
    assert door.status(silent_job) == "RUNNING"


def test_much_output_arrives_whole(door):
    job = door.submit("dana", "seq 1 100000")
    tail = open_tail(door, job)
    assert tail.wait_closed(90) == 1000
    lines = [line for line in tail.text.split("\n") if line.isdigit()]
    assert lines == [str(number) for number in range(1, 100001)]


@pytest.mark.slow
def test_a_silent_tail_is_not_cut(door):
    job = door.submit("dana", "sh -c 'echo begun; sleep 85; echo ended'")
    done = door.ray_job("dana", "logs", "--follow", job, timeout=150)
    assert done.returncode == 0, done.stderr
    assert "begun" in done.stdout and "ended" in done.stdout


def test_a_revoked_token_cuts_an_open_tail_within_two_seconds(door, silent_job):
    token = door.gateway.token("dana")
    tail = open_tail(door, silent_job, token=token)
    assert tail.status == 101
    door.setup.revoke_token(token)
    start = time.monotonic()
    assert tail.wait_closed(5) == 1008
    assert tail.closed_at - start < 2.5
    assert open_tail(door, silent_job, token=token).status == 401


def test_signing_out_cuts_an_open_tail_within_two_seconds(door, silent_job):
    browser = requests.Session()
    browser.trust_env, browser.verify = False, False
    login = browser.post(f"{door.gateway.url}/-/login", data={"user": "dana", "password": password_of("dana"), "next": "/"}, verify=False)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    tail = open_tail(door, silent_job, Cookie=cookie, Origin=door.gateway.url)
    assert tail.status == 101
    form = login.text.split('name="token" value="')[1].split('"')[0]
    start = time.monotonic()
    browser.post(f"{door.gateway.url}/-/logout", data={"token": form}, verify=False)
    assert tail.wait_closed(5) == 1008
    assert tail.closed_at - start < 2.5


def test_withdrawn_permission_cuts_an_open_tail(own_door):
    job = own_door.submit("dana", "sh -c 'echo begun; exec sleep 600'")
    own_door.wait_status(job, "RUNNING")
    tail = open_tail(own_door, job)
    assert tail.status == 101
    own_door.setup.config["bindings"] = [binding for binding in own_door.setup.config["bindings"] if binding["users"] != ["dana"]]
    own_door.setup.write()
    assert tail.wait_closed(6) == 1008
    own_door.ask("ada", "POST", f"/api/jobs/{job}/stop")


@pytest.mark.parametrize("user,status", [("vera", 403), ("dirk", 101)])
def test_a_tail_needs_the_right_to_read_logs(door, silent_job, user, status):
    assert open_tail(door, silent_job, user=user).status == status


def test_a_foreign_page_reads_no_log(door, silent_job):
    tail = open_tail(door, silent_job, Authorization=f"Bearer {door.tokens['dana']}", Origin="https://evil.example", **{"User-Agent": "Mozilla/5.0"})
    assert tail.status == 403 and tail.text == ""


def test_a_package_of_nearly_100_mb_passes_without_being_held(door, tmp_path):
    (tmp_path / "code.py").write_text("import os\nprint('size', os.path.getsize('data.bin'))\n")
    (tmp_path / "data.bin").write_bytes(os.urandom(95 << 20))
    pid, before = door.gateway.process.pid, memory_bytes(door.gateway.process.pid)
    most, over = before, threading.Event()

    def watch():
        nonlocal most
        while not over.wait(0.02):
            most = max(most, memory_bytes(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        done = door.ray_job("dana", "submit", "--working-dir", str(tmp_path), "--", "python", "code.py")
    finally:
        over.set()
        watcher.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"size {95 << 20}" in done.stdout
    assert most - before < 16 << 20, f"grew by {(most - before) >> 20} MiB"
