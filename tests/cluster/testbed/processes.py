# SPDX-License-Identifier: Apache-2.0
"""The long-running programs of one cluster: started with a log each, dead when whoever started them is."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from testbed.namespaces import die_with_parent
from testbed.waiting import NotReached, until

LOG_TAIL_LINES = 20


class Processes:
    """The programs of one cluster, by name. Used from the main thread only, whose end is theirs."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None):
        self._folder = folder
        self._logs = folder / "log"
        self._logs.mkdir(exist_ok=True)
        self._environment = {**os.environ, **(environment or {})}
        self._running: dict[str, subprocess.Popen] = {}

    def start(self, name: str, command: list[str]):
        with open(self._logs / f"{name}.log", "w") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                preexec_fn=die_with_parent,
            )

    def wait_until(self, what: str, probe: Callable[[], bool], seconds: float):
        """Like waiting.until, and gives up at once when one of the programs has ended."""

        def probe_while_alive():
            if ended := self.first_ended():
                raise NotReached(f"{ended} while waiting until {what}")
            return probe()

        until(what, probe_while_alive, seconds, lambda: f"see {self._logs}")

    def first_ended(self) -> str:
        """Which program is no longer running, its status and the end of its log; empty while all run."""
        for name, process in self._running.items():
            if process.poll() is not None:
                tail = (self._logs / f"{name}.log").read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
                return "\n".join([f"{name} ended with status {process.returncode}", *tail])
        return ""

    def ended_child(self, pid: int, status: int) -> str:
        """Says which program a reaped process was; empty for one that is not of these."""
        for name, process in list(self._running.items()):
            if process.pid == pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return self.first_ended()
        return ""
