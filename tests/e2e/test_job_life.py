# SPDX-License-Identifier: Apache-2.0
"""Ray's own command line and SDK, unmodified, through the door: the life of a job for each role."""
import json
import subprocess
import sys

import pytest

CLUSTERS = ("ray", "open")


@pytest.fixture(params=CLUSTERS)
def cluster(request, door):
    return getattr(door, request.param)


def test_a_developer_submits_and_sees_the_log_stream(door, cluster):
    done = door.ray_job("dana", "submit", "--", "echo", "hello-from-the-job", cluster=cluster)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hello-from-the-job" in done.stdout
    assert "succeeded" in done.stdout


def test_the_whole_life_of_a_job_by_the_command_line(door, cluster):
    job = f"life-{cluster.name}"
    submitted = door.ray_job("dana", "submit", "--no-wait", "--submission-id", job, "--", "sh", "-c", "echo begun; exec sleep 300", cluster=cluster)
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    door.wait_status(job, "RUNNING", cluster=cluster)
    assert "RUNNING" in door.ray_job("dana", "status", job, cluster=cluster).stdout
    assert job in door.ray_job("dana", "list", cluster=cluster).stdout
    stopped = door.ray_job("dana", "stop", job, cluster=cluster)
    assert stopped.returncode == 0 and "was stopped" in stopped.stdout, stopped.stdout + stopped.stderr
    assert "begun" in door.ray_job("dana", "logs", job, cluster=cluster).stdout
    deleted = door.ray_job("dana", "delete", job, cluster=cluster)
    assert deleted.returncode == 0, deleted.stdout + deleted.stderr
    assert door.ask("dana", "GET", f"/api/jobs/{job}", cluster).status_code == 404


def test_a_followed_log_ends_with_the_job(door):
    job = door.submit("dana", "sh -c 'for i in 1 2 3; do echo line-$i; sleep 0.3; done'")
    followed = door.ray_job("dana", "logs", "--follow", job)
    assert followed.returncode == 0, followed.stderr
    assert [f"line-{number}" in followed.stdout for number in (1, 2, 3)] == [True] * 3


@pytest.mark.parametrize("basic,field", [(True, "Authorization"), (False, "Authorization"), (False, "X-Ray-Authorization")])
def test_every_form_of_credential_works(door, basic, field):
    listed = door.ray_job("dana", "list", basic=basic, field=field)
    assert listed.returncode == 0, listed.stdout + listed.stderr


def test_a_stranger_is_refused_with_a_reason(door):
    refused = door.ray_job(None, "submit", "--no-wait", "--", "true")
    assert refused.returncode != 0
    assert "credential" in refused.stdout + refused.stderr or "sign in" in (refused.stdout + refused.stderr).lower()


def test_a_viewer_sees_jobs_and_submits_none(door, cluster):
    job = door.submit("dana", "true", cluster)
    assert job in door.ray_job("vera", "list", cluster=cluster).stdout
    refused = door.ray_job("vera", "submit", "--no-wait", "--", "true", cluster=cluster)
    assert refused.returncode != 0
    assert "submit" in refused.stdout + refused.stderr
    assert door.ask("vera", "GET", f"/api/jobs/{job}/logs", cluster).status_code == 403


def test_another_developer_reads_but_neither_stops_nor_deletes(door, cluster):
    job = door.submit("dana", "sleep 300", cluster)
    door.wait_status(job, "RUNNING", cluster=cluster)
    for argv in (("stop", "--no-wait", job), ("delete", job)):
        refused = door.ray_job("dirk", *argv, cluster=cluster)
        assert refused.returncode != 0 and "own" in refused.stdout + refused.stderr, refused.stdout + refused.stderr
    assert door.status(job, cluster) == "RUNNING"
    assert door.ray_job("dirk", "status", job, cluster=cluster).returncode == 0
    assert door.ray_job("ada", "stop", job, cluster=cluster).returncode == 0
    assert door.status(job, cluster) == "STOPPED"


def test_ownership_outlives_the_gateway(own_door):
    job = own_door.submit("dana", "sleep 300")
    own_door.wait_status(job, "RUNNING")
    own_door.gateway.restart(kill=True)
    assert own_door.ask("dirk", "POST", f"/api/jobs/{job}/stop").status_code == 403
    assert own_door.ask("dana", "POST", f"/api/jobs/{job}/stop").json() == {"stopped": True}
    own_door.wait_status(job, "STOPPED")


SDK = """
import json, os, time
from ray.job_submission import JobStatus, JobSubmissionClient
client = JobSubmissionClient(headers=json.loads(os.environ["RAY_JOB_HEADERS"]))
job = client.submit_job(entrypoint="echo from-the-sdk", metadata={"purpose": "test"}, runtime_env={"env_vars": {"COLOUR": "blue"}})
deadline = time.monotonic() + 60
while not client.get_job_status(job).is_terminal() and time.monotonic() < deadline:
    time.sleep(0.2)
info = client.get_job_info(job)
assert client.get_job_status(job) == JobStatus.SUCCEEDED, info
assert "from-the-sdk" in client.get_job_logs(job)
assert job in [known.submission_id for known in client.list_jobs()]
slow = client.submit_job(entrypoint="sleep 300")
while client.get_job_status(slow) != JobStatus.RUNNING and time.monotonic() < deadline:
    time.sleep(0.2)
assert client.stop_job(slow)
while client.get_job_status(slow) != JobStatus.STOPPED and time.monotonic() < deadline:
    time.sleep(0.2)
assert client.delete_job(slow)
print(json.dumps(info.metadata))
"""


def test_the_sdk_works_unmodified(door, cluster):
    done = subprocess.run([sys.executable, "-c", SDK], env=door.environment("dana", cluster), capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr
    metadata = json.loads(done.stdout.splitlines()[-1])
    assert metadata["purpose"] == "test"
    assert [value for key, value in metadata.items() if key.startswith("raykeep.io/")] == ["dana"]


def test_clusters_behind_one_door_stay_apart(door):
    job = door.submit("dana", "true", door.ray, submission_id="only-on-ray-1")
    assert door.ask("dana", "GET", f"/api/jobs/{job}", door.ray).status_code == 200
    assert door.ask("dana", "GET", f"/api/jobs/{job}", door.open).status_code == 404
