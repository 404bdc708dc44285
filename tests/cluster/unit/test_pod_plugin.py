# SPDX-License-Identifier: Apache-2.0
import io
import json

import pytest

from testbed import pod_plugin

RESULT = {
    "cniVersion": "0.4.0",
    "ips": [{"version": "6", "address": "2001:db8::2/64"}, {"version": "4", "address": "10.244.0.7/32"}],
}


@pytest.fixture
def call(monkeypatch, tmp_path, capsys):
    def run(command, previous=RESULT):
        monkeypatch.setenv("CNI_COMMAND", command)
        monkeypatch.setenv("CNI_CONTAINERID", "c1")
        monkeypatch.setenv("CNI_NETNS", "/run/netns/x")
        monkeypatch.setenv("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=team;K8S_POD_NAME=web;K8S_POD_UID=u1")
        monkeypatch.setattr(
            "sys.stdin", io.StringIO(json.dumps({"folder": str(tmp_path), "policies": False, "prevResult": previous}))
        )
        status = pod_plugin.main()
        return status, capsys.readouterr().out

    return run


def test_add_records_the_pod_and_passes_the_result_on(call, tmp_path):
    status, out = call("ADD")
    assert (status, json.loads(out)) == (0, RESULT)
    assert json.loads((tmp_path / "pods/c1").read_text()) == {
        "namespace": "team",
        "name": "web",
        "ip": "10.244.0.7",
        "netns": "/run/netns/x",
    }


def test_delete_forgets_the_pod_and_may_be_repeated(call, tmp_path):
    call("ADD")
    assert call("DEL")[0] == 0 and not (tmp_path / "pods/c1").exists()
    assert call("DEL")[0] == 0
