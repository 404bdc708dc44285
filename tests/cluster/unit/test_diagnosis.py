# SPDX-License-Identifier: Apache-2.0
from testbed.diagnosis import container_states, of_namespace, status_of


def pod(name, *statuses, phase="Running", init=()):
    return {
        "metadata": {"name": name},
        "status": {"phase": phase, "containerStatuses": list(statuses), "initContainerStatuses": list(init)},
    }


def container(name, ready=False, **state):
    return {"name": name, "ready": ready, "state": state}


def test_a_status_shows_conditions_with_reasons_and_plain_fields():
    item = {
        "status": {
            "conditions": [{"type": "Ready", "status": "False", "reason": "NoHead", "message": "head is missing"}],
            "state": "failed",
            "nested": {"left": "out"},
        }
    }
    assert status_of(item).splitlines() == ["its status:", "  Ready=False NoHead head is missing", "  state: failed"]
    assert "none" in status_of({})


def test_a_container_is_well_when_ready_or_ended_with_zero():
    item = pod(
        "p",
        container("up", ready=True, running={"startedAt": "now"}),
        container("stuck", waiting={"reason": "ImagePullBackOff", "message": "no such image"}),
        container("unknown"),
        init=[container("done", terminated={"reason": "Completed", "exitCode": 0})],
    )
    item["status"]["containerStatuses"][2].pop("state")
    assert list(container_states(item)) == [
        ("done", "terminated Completed 0", True),
        ("up", "running", True),
        ("stuck", "waiting ImagePullBackOff no such image", False),
        ("unknown", "waiting", False),
    ]


class Told:
    """A cluster with one well pod and one that crashed."""

    text = "Traceback: no module named ray"

    def list(self, kind, namespace):
        if kind == "events":
            return [{"involvedObject": {"kind": "Pod", "name": "bad"}, "reason": "BackOff", "message": "restarting"}]
        crashed = container("main", terminated={"reason": "Error", "exitCode": 1})
        return [pod("good", container("main", ready=True, running={})), pod("bad", crashed)]

    def run(self, *argv):
        assert "bad" in argv and "good" not in argv
        return self


def test_a_namespace_tells_its_events_and_the_logs_of_pods_that_are_not_well():
    told = of_namespace(Told(), "team")
    assert "Pod/bad: BackOff: restarting" in told
    assert "pod bad: Running\n  main: terminated Error 1\n    Traceback: no module named ray" in told
    assert "pod good" not in told
