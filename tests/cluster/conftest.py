# SPDX-License-Identifier: Apache-2.0
"""Clusters for tests. A cluster ends with the test run, however that ends."""

import secrets
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from testbed import lifecycle, places, requirements  # noqa: E402
from testbed.cluster import Cluster  # noqa: E402
from testbed.settings import Settings  # noqa: E402

CLUSTER = pytest.StashKey[Cluster]()
SKIPPED = pytest.StashKey[str]()
SHARED_NODE = pytest.StashKey[Cluster]()


def pytest_configure(config):
    config.addinivalue_line("markers", "node: needs a full node")
    config.addinivalue_line("markers", "stress: repeats a life many times; runs only with -m stress")


def pytest_collection_modifyitems(config, items):
    """Stress tests run only when asked for, tests of a full node only where one can run."""
    if "stress" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("stress")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    of_nodes = [item for item in items if item.get_closest_marker("node")]
    if of_nodes and (missing := requirements.missing(True)):
        config.stash[SKIPPED] = f"{len(of_nodes)} tests of a full node skipped; missing here: {'; '.join(missing)}"
        for item in of_nodes:
            item.add_marker(pytest.mark.skip(reason="no full node can run here"))


def pytest_terminal_summary(terminalreporter, config):
    if skipped := config.stash.get(SKIPPED, ""):
        terminalreporter.write_line(skipped, yellow=True)


@pytest.fixture(scope="session")
def start_cluster():
    """A function from Settings to a new cluster. Mark tests that want a node with pytest.mark.node."""
    started = []

    def start(settings: Settings) -> Cluster:
        folder = places.clusters() / f"test-{secrets.token_hex(4)}"
        lifecycle.start(folder, settings, bound=True)
        started.append(folder)
        return Cluster(folder)

    yield start
    for folder in started:
        lifecycle.stop(folder)


@pytest.fixture(scope="session")
def shared_node(start_cluster, pytestconfig) -> Cluster:
    pytestconfig.stash[SHARED_NODE] = start_cluster(Settings(node=True, operator=True))
    return pytestconfig.stash[SHARED_NODE]


@pytest.fixture(scope="module", autouse=True)
def no_ray_left(pytestconfig):
    """The Ray of one file's tests leaves the shared node before the next file's needs the room."""
    yield
    if node := pytestconfig.stash.get(SHARED_NODE, None):
        node.kubectl("delete", "rayjobs,rayclusters", "--all", "-A", "--wait=false")
        node.kubectl("delete", "pods,jobs", "-A", "-l", "ray.io/cluster", "--grace-period=1", "--wait=false")


@pytest.fixture(scope="session")
def shared_control_plane(start_cluster) -> Cluster:
    return start_cluster(Settings(operator=True))


@pytest.fixture
def cluster(request, shared_node) -> Cluster:
    """The full node that tests share, with the operator and with policies enforced. Use namespaces of your own."""
    request.node.stash[CLUSTER] = shared_node
    return shared_node


@pytest.fixture
def control_plane(request, shared_control_plane) -> Cluster:
    """The control plane that tests share, with the operator. Pods stay pending."""
    request.node.stash[CLUSTER] = shared_control_plane
    return shared_control_plane


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    used = item.stash.get(CLUSTER, None)
    if report.when == "call" and report.failed and used:
        folder = places.raykeep_cache() / "failures" / f"{item.name}-{secrets.token_hex(2)}"
        used.collect(folder)
        report.sections.append(("cluster", f"objects, logs and packet filter of the cluster are in {folder}"))
    return report
