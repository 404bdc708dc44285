# SPDX-License-Identifier: Apache-2.0
"""versions.toml is the one place of versions; the locks of the Go modules must say the same."""

import re

import pytest

from testbed.programs import CONTROL_PROGRAMS, MODULES, NODE_PROGRAMS
from testbed.versions import VERSIONS


@pytest.mark.parametrize("program", CONTROL_PROGRAMS + NODE_PROGRAMS, ids=lambda program: program.name)
def test_the_module_of_each_program_is_locked_at_the_version_named(program):
    required = re.search(r"^require (\S+) v(\S+)$", (MODULES / program.module / "go.mod").read_text(), re.M)
    assert program.package.startswith(required[1])
    assert required[2] == getattr(VERSIONS, program.module)


def test_manifests_ask_for_the_versions_named():
    for manifest in (MODULES.parent / "manifests").glob("ray*.yaml"):
        versions = re.findall(r"(?:registry\.local/ray:|rayVersion: )(\S+)", manifest.read_text())
        assert versions and set(versions) == {VERSIONS.ray}, manifest.name
