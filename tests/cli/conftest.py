# SPDX-License-Identifier: Apache-2.0
"""The commands as a user types them."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("RAYKEEP") or os.environ.get("RAYKEEP_BINARY") or ROOT / "build/ci/src/cli/raykeep")


@pytest.fixture
def raykeep(tmp_path):
    """Runs the program in a folder of its own, without a terminal."""
    def run(*argv, stdin: str = "") -> subprocess.CompletedProcess:
        return subprocess.run([BINARY, *map(str, argv)], input=stdin, capture_output=True, text=True, timeout=60, cwd=tmp_path, start_new_session=True)
    return run
