# SPDX-License-Identifier: Apache-2.0
"""Rows 41 and 42: what clients send cannot forge the record or leak into it, and without a record nothing is done."""
import base64
import json
import resource
import urllib.parse

import pytest

from support.target import Target
from support.gateway import raykeep
from support.waiting import wait_until

JSON = "Content-Type: application/json"
BODY = b'{"entrypoint":"true"}'


def test_what_a_client_sends_stays_inside_its_field_of_one_line(target):
    hostile = 'x\r\n{"kind":"forged"}\x1b[31m\u2028'
    target.ask(target.request("GET", "/team/ray/nodes", "User-Agent: \x1b[31m\xff\xfe{\"kind\":\"forged\"}", "Authorization: Basic "
                              + base64.b64encode(hostile.encode() + b":x").decode(), user=None))
    target.ask(target.request("GET", "/team/ray/" + urllib.parse.quote(hostile), user="ada"))
    target.ask(target.request("GET", '/team/ray/{"kind":"forged"}', user="ada"))
    wait_until(lambda: any("forged" in str(record.get("path")) for record in target.setup.records()), "the attempt is on record")
    for file in target.setup.audit.iterdir():
        if file.suffix not in (".jsonl", ".log", ".json"):
            continue
        for line in file.read_bytes().splitlines():
            assert json.loads(line).get("kind") != "forged"
            assert not [byte for byte in line if byte < 0x20 or byte == 0x7f]
    assert "\x1b" not in raykeep("audit", "show", target.setup.audit).stdout
    assert b"\x1b" not in target.gateway.log.read_bytes()


def test_secrets_are_in_no_record_and_no_log(target):
    secrets = [target.tokens["dana"].split("_")[2], "upstream-token-of-the-cluster", "hunter2-Secret", "env-s3cret-value"]
    target.ask(target.request("GET", f"/team/ray/nodes?token={secrets[0]}&password=hunter2-Secret", "X-Api-Key: hunter2-Secret"))
    target.ask(target.request("GET", "/team/ray/nodes", "Authorization: Basic " + base64.b64encode(b"vera:hunter2-Secret").decode(), user=None))
    job = b'{"entrypoint":"PASSWORD=env-s3cret-value python x.py --token env-s3cret-value","runtime_env":{"env_vars":{"API_KEY":"env-s3cret-value"}}}'
    assert target.ask(target.request("POST", "/team/ray/api/jobs/", JSON, body=job)).status == 200
    wait_until(lambda: any(record.get("operation") == "jobs.submit" for record in target.setup.records()), "the job is on record")
    for file in [*target.setup.audit.iterdir(), target.gateway.log]:
        text = file.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in text], file


@pytest.fixture
def full(tmp_path):
    made = Target(tmp_path)
    yield made
    made.close()


def test_without_room_for_the_record_nothing_is_changed_and_reads_go_on(full):
    submit = full.request("POST", "/team/ray/api/jobs/", JSON, body=BODY)
    assert full.ask(submit).status == 200
    largest = max(file.stat().st_size for file in full.setup.audit.iterdir())
    resource.prlimit(full.gateway.process.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    wait_until(lambda: full.ask(submit).status == 503, "writes are refused")
    full.upstream.reset()
    answer = full.ask(submit)
    assert (answer.status, answer.reason) == (503, "audit-unavailable")
    assert full.upstream.requests == []
    assert full.ask(full.request("GET", "/team/ray/timezone")).status == 200
    resource.prlimit(full.gateway.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_until(lambda: full.ask(submit).status == 200, "writes are allowed again")
    assert "intact" in full.setup.verify_audit()
