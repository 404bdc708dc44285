# SPDX-License-Identifier: Apache-2.0
"""What the enforcer knows, and when it says that it is in force."""

import threading

import pytest

from testbed.netpol import enforcer
from testbed.netpol.enforcer import Knowledge, answer


def item(uid, version="1", **more):
    return {
        "metadata": {"uid": uid, "name": uid, "namespace": "n", "resourceVersion": version},
        "spec": {},
        "status": {},
        **more,
    }


@pytest.fixture
def knowledge(monkeypatch):
    monkeypatch.setattr(enforcer, "ANSWER_SECONDS", 0.05)
    return Knowledge()


def mark_applied(knowledge):
    with knowledge.changed:
        knowledge.applied = knowledge.heard
        knowledge.changed.notify_all()


def test_knowledge_is_complete_when_every_kind_was_listed(knowledge):
    for kind in ("pods", "namespaces"):
        knowledge.replace(kind, [])
        assert not knowledge.is_complete()
    knowledge.replace("policies", [])
    assert knowledge.is_complete()


def test_policies_are_in_force_only_with_just_these_versions_and_applied(knowledge):
    knowledge.replace("policies", [item("a", "7")])
    assert answer(knowledge, {"policies": [["a", "7"]]}) == "the packet filter did not follow"
    mark_applied(knowledge)
    assert answer(knowledge, {"policies": [["a", "7"]]}) == "ok"
    assert "not heard of" in answer(knowledge, {"policies": [["a", "8"]]})
    assert "not heard of" in answer(knowledge, {"policies": []})


def test_a_fault_of_the_packet_filter_is_the_answer(knowledge):
    knowledge.replace("policies", [])
    mark_applied(knowledge)
    knowledge.fault = "syntax error"
    assert answer(knowledge, {"policies": []}) == "syntax error"


def test_an_announced_pod_is_answered_once_its_address_is_applied(knowledge, monkeypatch):
    monkeypatch.setattr(enforcer, "ANSWER_SECONDS", 5)
    knowledge.replace("pods", [item("p")])
    mark_applied(knowledge)
    replies = []
    asking = threading.Thread(target=lambda: replies.append(answer(knowledge, {"pod": {"uid": "p", "ip": "10.0.0.5"}})))
    asking.start()
    with knowledge.changed:
        assert knowledge.changed.wait_for(lambda: knowledge.heard > knowledge.applied, 5)
    assert replies == []
    assert [pod.ip for pod in knowledge.world().pods] == ["10.0.0.5"]
    mark_applied(knowledge)
    asking.join()
    assert replies == ["ok"]


def test_an_announced_address_goes_with_its_pod_and_does_not_pass_to_one_of_the_same_name(knowledge):
    knowledge.replace("pods", [item("old")])
    knowledge.announce("old", "10.0.0.5")
    knowledge.change("pods", "DELETED", item("old"))
    knowledge.change("pods", "ADDED", item("new"))
    assert knowledge.world().pods == []


def test_a_pod_the_api_does_not_have_is_not_let_start(knowledge):
    assert "not heard of" in answer(knowledge, {"pod": {"uid": "nobody", "ip": "10.0.0.6"}})
