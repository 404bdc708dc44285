# SPDX-License-Identifier: Apache-2.0
"""One gateway in front of one recording upstream for all attacks."""
import pytest

from support.target import Target


@pytest.fixture(scope="session")
def target(tmp_path_factory):
    made = Target(tmp_path_factory.mktemp("attacks"))
    yield made
    made.close()
    assert "intact" in made.setup.verify_audit()


@pytest.fixture(autouse=True)
def _fresh_upstream(target):
    target.upstream.reset()
    yield
    if target.gateway.process.poll() is not None:
        ended = target.gateway.process.returncode
        target.gateway.start()
        pytest.fail(f"the gateway ended with {ended}")
