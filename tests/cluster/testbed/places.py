# SPDX-License-Identifier: Apache-2.0
"""Where things lie: this folder, the checkout, and the cache outside it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKOUT = ROOT.parent.parent


def raykeep_cache() -> Path:
    """$RAYKEEP_CACHE, else raykeep/ in the user's cache folder."""
    if given := os.environ.get("RAYKEEP_CACHE"):
        return Path(given).absolute()
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(user).absolute() / "raykeep"


def artifacts() -> Path:
    """What was built once: programs, image layers, the prepared image store."""
    return raykeep_cache() / "cluster"


def clusters() -> Path:
    """Running clusters that were given no folder of their own. Beside the artifacts, so that files can be linked."""
    return raykeep_cache() / "clusters"
