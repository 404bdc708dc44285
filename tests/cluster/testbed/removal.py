# SPDX-License-Identifier: Apache-2.0
"""Removes what a cluster whose processes have ended leaves: its cgroups and its folder."""

import fcntl
import shutil
from pathlib import Path
from typing import TextIO

from testbed import cgroups, settings

LOCK = "lock"


def hold_lock(folder: Path) -> TextIO:
    """The open lock file of the folder, once no supervisor and no removal holds it."""
    file = open(folder / LOCK, "w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def is_held(folder: Path) -> bool:
    """Whether a supervisor, or a removal, holds the folder."""
    try:
        with open(folder / LOCK) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def remove(folder: Path):
    """To be called with the lock held. May be called again after it was cut short: what tells of the cgroups, and the
    lock, go last."""
    if not folder.exists():
        return
    try:
        known = settings.Settings.load(folder)
    except FileNotFoundError:
        known = settings.Settings()
    if known.cgroup:
        cgroups.remove(known.cgroup)
    for entry in list(folder.iterdir()):
        if entry.name in (settings.FILE, LOCK):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    (folder / settings.FILE).unlink(missing_ok=True)
    (folder / LOCK).unlink(missing_ok=True)
    folder.rmdir()
