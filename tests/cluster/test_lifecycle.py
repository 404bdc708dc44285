# SPDX-License-Identifier: Apache-2.0
"""A cluster leaves nothing behind: no process, mount, namespace, cgroup or file, and no changed kernel setting."""

import os
import secrets
import signal
import subprocess
import sys

import pytest

from testbed import lifecycle, places, removal
from testbed.cluster import Cluster, condition
from testbed.settings import Settings
from testbed.traces import Marks, machine
from testbed.waiting import until

GONE_SECONDS = 30
ROUNDS = 20
STARTER = """
import signal, sys
from pathlib import Path
from testbed.lifecycle import start
from testbed.settings import Settings
start(Path(sys.argv[1]), Settings(node=sys.argv[2] == "node"), bound=sys.argv[3] == "bound")
print("ready", flush=True)
signal.pause()
"""

SIZES = [pytest.param("control", id="control plane"), pytest.param("node", id="full node", marks=pytest.mark.node)]


@pytest.fixture
def folder():
    found = places.clusters() / f"test-{secrets.token_hex(4)}"
    yield found
    lifecycle.stop(found)


@pytest.fixture
def starter(folder, size):
    """Starts a cluster from a process of its own, `bound` to it or not, and returns that process."""
    begun = []

    def begin(bound: str) -> subprocess.Popen:
        begun.append(
            subprocess.Popen(
                [sys.executable, "-c", STARTER, str(folder), size, bound],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(places.ROOT)},
            )
        )
        assert begun[0].stdout.readline() == "ready\n"
        return begun[0]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def gone(marks: Marks):
    until("nothing of the cluster is left", lambda: not marks.left(), GONE_SECONDS, lambda: "\n".join(marks.left()))


@pytest.mark.parametrize("size", SIZES)
def test_stop_leaves_nothing(folder, size):
    before = machine()
    lifecycle.start(folder, Settings(node=size == "node"))
    marks = Marks.of(folder)
    assert len(marks.processes()) > 3
    lifecycle.stop(folder)
    assert marks.left() == []
    assert machine() == before


@pytest.mark.parametrize("size", SIZES)
def test_a_bound_cluster_ends_with_a_starter_that_is_killed(folder, starter, size):
    process = starter("bound")
    marks = Marks.of(folder)
    assert len(marks.processes()) > 3
    process.kill()
    gone(marks)


@pytest.mark.parametrize("size", SIZES)
def test_a_cluster_outlives_its_killed_starter_until_it_is_stopped(folder, starter, size):
    process = starter("free")
    marks = Marks.of(folder)
    process.kill()
    process.wait()
    assert removal.is_held(folder)
    assert Cluster(folder).list("namespaces")
    lifecycle.stop(folder)
    assert marks.left() == []


@pytest.mark.parametrize("size", SIZES)
def test_the_processes_end_with_a_killed_supervisor_and_stop_removes_the_rest(folder, size):
    lifecycle.start(folder, Settings(node=size == "node"))
    marks = Marks.of(folder)
    os.kill(lifecycle.supervisor_of(folder), signal.SIGKILL)
    until("all processes have ended", lambda: not marks.processes(), GONE_SECONDS, lambda: "\n".join(marks.processes()))
    lifecycle.stop(folder)
    assert marks.left() == []
    lifecycle.stop(folder)


@pytest.mark.node
def test_two_full_nodes_at_once_do_not_meet(cluster, folder):
    lifecycle.start(folder, Settings(node=True))
    second = Cluster(folder)
    here, there = cluster.namespace("here"), second.namespace("there")
    pods = here.start_pod("pod"), there.start_pod("pod")
    for one in (cluster, second):
        assert all(condition("Ready")(node) for node in one.list("nodes"))
    for one, other in (("here", second), ("there", cluster)):
        assert one not in [item["metadata"]["name"] for item in other.list("namespaces")]
    assert all(pod.exec("true") for pod in pods)
    assert Marks.of(folder).namespaces.isdisjoint(Marks.of(cluster.folder).namespaces)
    assert Settings.load(folder).cgroup != cluster.settings.cgroup


def test_a_folder_in_use_or_with_files_in_it_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(lifecycle.CannotStart, match="is not empty"):
        lifecycle.start(tmp_path, Settings())
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.stress
@pytest.mark.node
def test_twenty_lives_in_a_row_leave_nothing(folder):
    before = machine()
    for number in range(ROUNDS):
        lifecycle.start(folder, Settings(node=True))
        marks = Marks.of(folder)
        seen = len(marks.processes())
        lifecycle.stop(folder)
        print(f"life {number + 1}: {seen} processes, left: {marks.left()}", flush=True)
        assert marks.left() == [] and machine() == before
