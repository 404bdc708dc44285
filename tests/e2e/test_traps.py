# SPDX-License-Identifier: Apache-2.0
"""What Ray 2.60 was seen to do, and must not be made to do through the door: proved by its effect on the real thing."""
import time
import uuid

import pytest
import requests

from conftest import CLUSTER_TOKEN
from support.waiting import wait_until

SECRET = "s3cret-of-dana"


def fresh(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def victim(door):
    job = door.submit("ada", "sleep 300", submission_id=fresh("victim"))
    door.wait_status(job, "RUNNING")
    yield job
    door.ask("ada", "POST", f"/api/jobs/{job}/stop")


@pytest.mark.parametrize("field", ["raykeep.io/submitter", "raykeep.io/anything", "RAYKEEP.IO/submitter"])
def test_a_forged_submitter_is_refused(door, field):
    answer = door.ask("dirk", "POST", "/api/jobs/", json={"entrypoint": "true", "metadata": {field: "ada"}})
    assert answer.status_code in (400, 403), answer.text


def test_a_job_cannot_be_named_to_act_on_another(door, victim):
    name = f"x/../{victim}"
    assert door.ask("dirk", "POST", "/api/jobs/", json={"entrypoint": "true", "submission_id": name}).status_code == 400
    escaped = name.replace("/", "%2F")
    for method, path in (("GET", "/logs"), ("POST", "/stop"), ("DELETE", "")):
        prepared = requests.Request(method, "http://x").prepare()
        prepared.url = door.url(f"/api/jobs/{escaped}{path}")
        prepared.headers["Authorization"] = f"Bearer {door.tokens['dirk']}"
        assert requests.Session().send(prepared, verify=False, timeout=20).status_code == 400
    assert door.status(victim) == "RUNNING"


@pytest.mark.parametrize("kind,encode", [("utf-7", lambda text: text.encode("utf-7")), ("utf-16", lambda text: text.encode("utf-16"))])
def test_a_body_in_another_charset_runs_nothing(door, kind, encode):
    job = fresh("charset")
    body = encode('{"entrypoint":"true","submission_id":"%s"}' % job)
    answer = door.ask("dana", "POST", "/api/jobs/", data=body, headers={"Content-Type": f"application/json; charset={kind}"})
    assert answer.status_code == 415, answer.text
    assert door.ask("ada", "GET", f"/api/jobs/{job}").status_code == 404


def test_a_duplicate_key_runs_nothing(door):
    first, second = fresh("first"), fresh("second")
    body = f'{{"entrypoint":"true","submission_id":"{first}","submission_id":"{second}"}}'
    assert door.ask("dana", "POST", "/api/jobs/", data=body, headers={"Content-Type": "application/json"}).status_code == 400
    for job in (first, second):
        assert door.ask("ada", "GET", f"/api/jobs/{job}").status_code == 404


def package(text: str) -> bytes:
    import io
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("main.py", text)
    return out.getvalue()


def test_a_package_cannot_be_replaced_by_another_developer(door):
    name = f"_ray_pkg_{uuid.uuid4().hex[:16]}.zip"
    path = f"/api/packages/gcs/{name}"
    assert door.ask("dana", "PUT", path, data=package("print('dana was here')")).status_code == 200
    door.ask("dirk", "PUT", path, data=package("print('dirk was here')"))
    door.ask("dana", "PUT", path, data=package("print('later')"))
    job = door.submit("dana", "python main.py", runtime_env={"working_dir": f"gcs://{name}"})
    door.wait_status(job, "SUCCEEDED", seconds=90)
    assert "dana was here" in door.logs(job)
    assert "dirk was here" not in door.logs(job)


def test_a_package_whose_name_is_its_hash_is_checked(door):
    name = "_ray_pkg_" + "0" * 40 + ".zip"
    assert door.ask("dana", "PUT", f"/api/packages/gcs/{name}", data=package("x")).status_code == 422
    assert door.ask("dana", "GET", f"/api/packages/gcs/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/test/dump", "/api/v0/delay/5", "/api/actors/kill?actor_id=0"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_routes_of_ray_that_nobody_needs_are_closed(door, path, method):
    start = time.monotonic()
    assert door.ask("ada", method, path).status_code in (403, 404)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("path", ["/worker/traceback?pid=1&node_id=x", "/worker/cpu_profile?pid=1&node_id=x", "/memory_profile?pid=1&node_id=x"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_profiling_is_for_admins(door, path, method):
    answer = door.ask("dana", method, path)
    assert answer.status_code == 403 and answer.headers["X-Raykeep-Reason"]
    assert "X-Raykeep-Reason" not in door.ask("ada", "GET", path).headers  # Ray's own answer: it is disabled there


@pytest.fixture(scope="module")
def secret_job(door):
    job = door.submit("dana", "sh -c 'echo $API_KEY | wc -c; exec sleep 600'", submission_id=fresh("secret"),
                      runtime_env={"env_vars": {"API_KEY": SECRET}})
    door.wait_status(job, "RUNNING")
    yield job
    door.ask("ada", "POST", f"/api/jobs/{job}/stop")


READS = ["/api/jobs/", "/api/jobs/{job}", "/api/v0/jobs?detail=1", "/api/v0/tasks?detail=1", "/api/v0/runtime_envs?detail=1", "/api/v0/actors?detail=1",
         "/logical/actors", "/nodes?view=summary", "/nodes?view=details", "/api/v0/workers?detail=1", "/events", "/api/v0/cluster_events?detail=1"]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("user", ["vera", "dirk"])
@pytest.mark.parametrize("agent", ["curl/8", "Mozilla/5.0"])
def test_secrets_of_a_jobs_environment_are_hidden_from_others(door, secret_job, path, user, agent):
    answer = door.ask(user, "GET", path.format(job=secret_job), headers={"User-Agent": agent})
    assert SECRET not in answer.text
    assert answer.status_code in (200, 404, 500), answer.text[:300]


def test_the_owner_and_an_admin_see_the_jobs_environment(door, secret_job):
    for user in ("dana", "ada"):
        assert SECRET in door.ask(user, "GET", f"/api/jobs/{secret_job}").text


def test_no_log_that_holds_the_environment_is_read_by_others(door, secret_job):
    """Which files hold it is asked of the disk, not of a list."""
    nodes = door.ask("ada", "GET", "/nodes?view=summary").json()["data"]["summary"]
    read = f"/api/v0/logs/file?node_id={nodes[0]['raylet']['nodeId']}&lines=50000&filename="
    logs = door.heads[0].folder / "t/session_latest/logs"
    holding = [str(file.relative_to(logs)) for file in logs.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    print("files with the environment:", holding)
    assert "runtime_env_agent.log" in holding
    for file in holding:
        assert SECRET not in door.ask("dirk", "GET", read + file).text, file
        assert SECRET not in door.ask("vera", "GET", read + file).text, file
        assert SECRET not in door.ask("dirk", "GET", read.replace("/file", "/stream") + file, timeout=20).text, file
    assert SECRET in door.ask("ada", "GET", read + "runtime_env_agent.log").text
    assert door.ask("dirk", "GET", read + f"job-driver-{secret_job}.log").status_code == 200
    assert door.ask("dirk", "GET", read + "raylet.out").status_code == 200


def test_errors_of_ray_come_without_its_insides(door):
    job = door.submit("dana", "true", submission_id=fresh("twice"))
    again = door.ask("dana", "POST", "/api/jobs/", json={"entrypoint": "true", "submission_id": job})
    assert again.status_code >= 400
    bad = [again, door.ask("dana", "GET", "/nodes?view=foo"), door.ask("dana", "GET", "/api/v0/tasks?limit=10001"), door.ask("dana", "GET", "/api/grafana_health"),
           door.ask("dana", "GET", "/api/v0/logs/file?node_id=x&filename=y")]
    for answer in bad:
        assert "Traceback" not in answer.text and "site-packages" not in answer.text and ".py" not in answer.text, answer.text
        assert "127.0.0.1" not in answer.text and "/tmp/" not in answer.text, answer.text


EVERYWHERE = ["/", "/api/version", "/api/authentication_mode", "/api/jobs/", "/nodes?view=summary", "/api/cluster_status?format=1", "/timezone", "/api/v0/workers", "/favicon.ico", "/nope"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_the_clusters_token_and_cookie_never_come_out(door, path):
    for agent in ("curl/8", "Mozilla/5.0"):
        answer = door.ask("ada", "GET", path, headers={"User-Agent": agent, "Cookie": "ray-authentication-token=x"})
        assert CLUSTER_TOKEN not in answer.text + str(answer.headers)
        assert "ray-authentication-token" not in str(answer.headers)
        assert "aiohttp" not in str(answer.headers)


def test_the_token_dialog_never_opens(door):
    assert door.ask("vera", "GET", "/api/authentication_mode").json() == {"authentication_mode": "disabled"}
    login = door.ask("ada", "POST", "/api/authenticate", headers={"X-Ray-Authorization": f"Bearer {CLUSTER_TOKEN}"})
    assert login.status_code >= 400 and "set-cookie" not in {name.lower() for name in login.headers}


def test_a_dead_cluster_is_said_at_once(own_door, tmp_path_factory):
    import socket
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        own_door.setup.config["clusters"].append({"namespace": "team", "name": "dead", "dashboard": f"http://127.0.0.1:{taken.getsockname()[1]}"})
        own_door.setup.write()
        own_door.gateway.wait_log("reloaded")
        url = own_door.gateway.url + "/team/dead"
        wait_until(lambda: requests.get(url + "/api/version", headers={"Authorization": f"Bearer {own_door.tokens['vera']}"}, verify=False).status_code == 502, "the new cluster is known")
        for headers, kind in (({}, "text/plain"), ({"User-Agent": "Mozilla/5.0", "Accept": "text/html", "Sec-Fetch-Mode": "navigate"}, "text/html")):
            start = time.monotonic()
            answer = requests.get(url + "/", headers={"Authorization": f"Bearer {own_door.tokens['vera']}", **headers}, verify=False)
            assert answer.status_code == 502 and answer.headers["Content-Type"].startswith(kind), answer.text
            assert time.monotonic() - start < 1
            assert "dashboard" in answer.text
