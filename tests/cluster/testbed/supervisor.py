# SPDX-License-Identifier: Apache-2.0
"""The one process of a cluster outside of it: `python -m testbed.supervisor DIR [--bound]`.

It holds the lock of DIR as long as the cluster lives, starts the keeper, and on SIGTERM ends it and clears up. With
--bound it also does so when the process that started it ends. If it is killed itself, the kernel ends the keeper; what
then remains, cgroups without processes and the folder, is removed by `stop`.
"""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from testbed import cgroups, removal
from testbed.namespaces import adopt_orphans, die_with_parent, isolated
from testbed.places import ROOT
from testbed.settings import Settings

FILE = "supervisor.json"

# The environment variable by which the programs of a cluster can be told: it holds the cluster's folder.
MARK = "RAYKEEP_CLUSTER"


def _start_keeper(folder: Path, settings: Settings) -> subprocess.Popen:
    command = [sys.executable, "-m", "testbed.keeper", str(folder)]
    if settings.node:
        cgroups.create(settings.cgroup)
        command = isolated(command)
    with open(folder / "log/keeper.log", "w") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", MARK: str(folder)},
        )


def _catch_signals() -> int:
    """A descriptor that can be read once SIGTERM or SIGINT has come; from now on neither ends this process."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reading


def _wait_for_all_children():
    """The keeper's own children come to this process when it ends, and are dying: only then is everything over."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def main():
    """A cluster whose keeper has ended stays until a signal comes, so that its logs can be read."""
    folder, bound = Path(sys.argv[1]), "--bound" in sys.argv[2:]
    asked_to_end = _catch_signals()
    if bound:
        die_with_parent(signal.SIGTERM)
    lock = removal.hold_lock(folder)
    adopt_orphans()
    keeper = _start_keeper(folder, Settings.load(folder))
    (folder / FILE).write_text(json.dumps({"supervisor": os.getpid(), "keeper": keeper.pid}))
    select.select([asked_to_end], [], [])
    keeper.kill()
    _wait_for_all_children()
    removal.remove(folder)
    lock.close()


if __name__ == "__main__":
    main()
