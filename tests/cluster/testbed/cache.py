# SPDX-License-Identifier: Apache-2.0
"""Things that are built once and kept: each lies at NAME-KEY, where KEY hashes all that it is made of."""

import fcntl
import hashlib
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.places import artifacts

HEARTBEAT_SECONDS = 30


def key_of(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:12]


@contextmanager
def exclusive(lock: Path):
    """Holds a lock file that other processes building the same thing wait for."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def progress(what: str):
    """Says on standard error what is being built, that it is still going on, and how long it took."""
    done, start = threading.Event(), time.monotonic()

    def beat():
        while not done.wait(HEARTBEAT_SECONDS):
            print(f"  still building {what} ({time.monotonic() - start:.0f} s)", file=sys.stderr, flush=True)

    print(f"building {what}", file=sys.stderr, flush=True)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    print(f"  {what} built in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Artifact:
    """A folder in the cache, made by `make(folder)` in a temporary place and put in place whole or not at all."""

    name: str
    key: str
    make: Callable[[Path], None]

    @property
    def path(self) -> Path:
        return artifacts() / f"{self.name}-{self.key}"

    def is_built(self) -> bool:
        return self.path.is_dir()

    def build(self) -> Path:
        """The folder, built first when it is missing. What `make` raises passes through; nothing half-built stays."""
        if self.is_built():
            return self.path
        with exclusive(artifacts() / "locks" / f"{self.name}-{self.key}"):
            if not self.is_built():
                self._build()
        return self.path

    def _build(self):
        unfinished = artifacts() / f".unfinished-{self.name}-{self.key}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            with progress(self.name):
                self.make(unfinished)
            unfinished.rename(self.path)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
