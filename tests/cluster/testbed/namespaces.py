# SPDX-License-Identifier: Apache-2.0
"""Linux namespaces: processes that die with the one that made them, and commands run where a cluster lives."""

import ctypes
import os
import signal
import sys

# linux/prctl.h
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int):
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option} is refused")


def die_with_parent(sent: int = signal.SIGKILL):
    """Has the kernel send `sent` to this process when the thread that made it ends, however that ends."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    _prctl(PR_SET_PDEATHSIG, sent)
    if os.getppid() != parent:
        os.kill(os.getpid(), sent)


def adopt_orphans():
    """Makes this process the parent of descendants whose own parent ends."""
    if sys.platform == "linux":
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def isolated(command: list[str]) -> list[str]:
    """The command as process 1 of new process, mount, network and IPC namespaces, which end with it."""
    return ["unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child=KILL", "--mount-proc", *command]
