# SPDX-License-Identifier: Apache-2.0
"""The process a cluster lives in: `python -m testbed.keeper DIR`. It starts every program.

Of a full node it is process 1 of the cluster's own namespaces, so when it ends the kernel ends every process, mount and
network of the cluster. Without a node it is an ordinary process whose programs die with it.
"""

import os
import subprocess
import sys
import traceback
from pathlib import Path

from testbed import addons, network, shield
from testbed.control_plane import IN_OWN_NAMESPACE, ControlPlane, free_loopback_ports
from testbed.image_store import import_images
from testbed.namespaces import die_with_parent
from testbed.node import CONTAINERD_SOCKET, Node
from testbed.processes import Processes
from testbed.programs import BuildFailed
from testbed.raykeep_image import image_of
from testbed.settings import Settings
from testbed.state import FAILED, READY, State
from testbed.waiting import NotReached


def _start_control_only(folder: Path, settings: Settings) -> Processes:
    processes, programs = Processes(folder), folder / "bin"
    control = ControlPlane(folder, programs, processes, free_loopback_ports())
    control.start()
    if settings.operator:
        addons.start_operator_process(folder, control, processes, settings)
    return processes


def _start_full(folder: Path, settings: Settings) -> Processes:
    shield.raise_around(folder)
    folder = shield.INSIDE
    os.chdir(folder)
    network.create()
    (folder / "tmp").mkdir()
    processes, programs = Processes(folder, {"TMPDIR": str(folder / "tmp")}), folder / "bin"
    control = ControlPlane(folder, programs, processes, IN_OWN_NAMESPACE)
    control.start()
    control.start_scheduler()
    Node(folder, programs, processes, settings).start(control)
    if settings.raykeep_binary:
        import_images(CONTAINERD_SOCKET, [image_of(Path(settings.raykeep_binary))])
    addons.install(folder, control, settings)
    return processes


def _reap(folder: Path, processes: Processes):
    """Waits for children for ever; process 1 also inherits those that others leave behind."""
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return
        if ended := processes.ended_child(pid, status):
            State(FAILED, ended).save(folder)


def main():
    folder = Path(sys.argv[1])
    if os.getpid() != 1:
        die_with_parent()
    settings = Settings.load(folder)
    try:
        processes = (_start_full if settings.node else _start_control_only)(folder, settings)
    except (NotReached, BuildFailed, subprocess.CalledProcessError, OSError, RuntimeError) as error:
        traceback.print_exc()
        State(FAILED, str(error)).save(folder)
        sys.exit(1)
    State(READY).save(folder)
    _reap(folder, processes)


if __name__ == "__main__":
    main()
