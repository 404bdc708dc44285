# SPDX-License-Identifier: Apache-2.0
"""A gateway that is killed under load loses nothing it promised."""
import json
import threading
import urllib.parse

from support.gateway import password_of
from support.target import Target

JSON = "Content-Type: application/json"


def sign_in(target) -> str:
    body = urllib.parse.urlencode({"user": "vera", "password": password_of("vera"), "next": "/"}).encode()
    answer = target.ask(target.request("POST", "/-/login", "Content-Type: application/x-www-form-urlencoded", user=None, body=body))
    return answer.first("set-cookie").split(";")[0]


def test_after_a_kill_under_load_records_and_sessions_hold(tmp_path):
    target = Target(tmp_path)
    cookie = sign_in(target)
    accepted: list[str] = []
    over, enough = threading.Event(), threading.Event()

    def load(number: int):
        turn = 0
        while not over.is_set():
            turn += 1
            job = f"job-{number}-{turn}"
            body = json.dumps({"entrypoint": "true", "submission_id": job}).encode()
            try:
                with target.connect() as connection:
                    connection.send(target.request("POST", "/team/ray/api/jobs/", JSON, body=body))
                    if connection.answer().status == 200:
                        accepted.append(job)
            except OSError:
                continue
            if len(accepted) >= 200:
                enough.set()

    threads = [threading.Thread(target=load, args=(number,)) for number in range(6)]
    [thread.start() for thread in threads]
    try:
        for _ in range(3):
            assert enough.wait(60)
            target.gateway.restart(kill=True)
            assert "intact" in target.setup.verify_audit()
            enough.clear()
            lost = set(accepted) - {record.get("job_id") or record.get("job") for record in target.setup.records("--operation", "jobs.submit")}
            assert not lost, f"{len(lost)} of {len(accepted)} accepted jobs are not on record"
            session = target.ask(target.request("GET", "/team/ray/timezone", f"Cookie: {cookie}", user=None))
            assert session.status == 200, "the session is gone"
            accepted.clear()
    finally:
        over.set()
        [thread.join() for thread in threads]
        target.close()
    assert "intact" in target.setup.verify_audit()


def test_a_line_that_was_cut_off_is_mended_at_the_start(tmp_path):
    target = Target(tmp_path)
    target.ask(target.request("POST", "/team/ray/api/jobs/", JSON, body=b'{"entrypoint":"true"}'))
    target.gateway.kill()
    newest = max(target.setup.audit.glob("*"), key=lambda file: file.stat().st_mtime)
    newest.write_bytes(newest.read_bytes() + b'{"seq":99,"tru')
    target.gateway.start()
    verified = target.setup.verify_audit()
    assert "intact" in verified and "recoveries recorded: 1" in verified, verified
    target.close()
