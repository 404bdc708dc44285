# SPDX-License-Identifier: Apache-2.0
"""Everything that one started program started: by session, by parent, and by a mark in the environment, since jobs leave the
session of their head and some processes of Ray overwrite their environment."""
import ctypes
import os
import signal
from dataclasses import dataclass
from pathlib import Path

MARK = "RAYKEEP_STARTED"


_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with_parent() -> None:
    """For preexec_fn: a test run that is killed takes with it what it started."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True)
class Process:
    pid: int
    started: str  # clock ticks since boot; tells a process from a later one of the same number


@dataclass(frozen=True)
class _Seen:
    process: Process
    parent: int
    session: int
    marked: bool


def _look_at(folder: Path, wanted: bytes) -> _Seen | None:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        environment = (folder / "environ").read_bytes()
    except OSError:
        return None
    if fields[0] == "Z":
        return None
    return _Seen(Process(int(folder.name), fields[19]), int(fields[1]), int(fields[3]), wanted in environment.split(b"\0"))


def started_by(session: int, mark: str) -> set[Process]:
    seen = [found for folder in Path("/proc").iterdir() if folder.name.isdigit()
            and (found := _look_at(folder, f"{MARK}={mark}".encode())) is not None]
    chosen = {entry.process.pid for entry in seen if entry.marked or entry.session == session}
    while more := {entry.process.pid for entry in seen if entry.parent in chosen} - chosen:
        chosen |= more
    return {entry.process for entry in seen if entry.process.pid in chosen}


def alive(processes: set[Process]) -> set[Process]:
    def lives(process: Process) -> bool:
        found = _look_at(Path(f"/proc/{process.pid}"), b"")
        return found is not None and found.process == process
    return {process for process in processes if lives(process)}


def send(processes: set[Process], number: int) -> None:
    for process in alive(processes):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            pass


def memory_bytes(pid: int) -> int:
    """Resident memory of one process."""
    return int((Path(f"/proc/{pid}/statm").read_text().split())[1]) * os.sysconf("SC_PAGE_SIZE")
