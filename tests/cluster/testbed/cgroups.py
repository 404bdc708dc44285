# SPDX-License-Identifier: Apache-2.0
"""A cgroup of one name in every mounted hierarchy, version 1 or 2: the kubelet's root, so that kubelets do not meet."""

import os
from pathlib import Path

from testbed.waiting import NotReached, until

REMOVAL_SECONDS = 15


def mounted_in(mountinfo: str) -> list[Path]:
    """The mount points of cgroup file systems in the text of /proc/self/mountinfo (proc(5))."""
    found = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if after.split(" ")[0] in ("cgroup", "cgroup2"):
            found.append(Path(before.split(" ")[4]))
    return found


def hierarchies() -> list[Path]:
    return mounted_in(Path("/proc/self/mountinfo").read_text())


def create(name: str):
    """Makes /NAME in every hierarchy. A new cpuset takes no process until it has processors and memory nodes."""
    for hierarchy in hierarchies():
        made = hierarchy / name
        made.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            inherited = hierarchy / setting
            if inherited.is_file() and (made / setting).is_file():
                (made / setting).write_text(inherited.read_text())


def _remove_tree(folder: Path) -> bool:
    """Removes what can be removed now; True when nothing is left."""
    for path, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(path)
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def remove(name: str):
    """Removes /NAME everywhere. The kernel refuses while processes are still ending in it, so this waits."""
    for hierarchy in hierarchies():
        folder = hierarchy / name
        try:
            until(f"{folder} is empty", lambda: _remove_tree(folder), REMOVAL_SECONDS)
        except NotReached as error:
            pids = sorted(pid for procs in folder.rglob("cgroup.procs") for pid in procs.read_text().split())
            raise NotReached(f"{error}; processes in it: {' '.join(pids) or 'none'}") from None
