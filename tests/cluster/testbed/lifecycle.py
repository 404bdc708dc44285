# SPDX-License-Identifier: Apache-2.0
"""Starting and stopping clusters. All that is known about one is in its folder."""

import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from testbed import addons, image_store, programs, raykeep_image, requirements, supervisor
from testbed.places import ROOT
from testbed.removal import hold_lock, is_held, remove
from testbed.settings import Settings
from testbed.state import FAILED, READY, State
from testbed.waiting import NotReached, until

START_SECONDS = 240
STOP_SECONDS = 60


class CannotStart(Exception):
    """The cluster cannot be had here; the text says why and what to do."""


def _programs_of(settings: Settings) -> list[programs.Program]:
    return [*programs.CONTROL_PROGRAMS, *(programs.NODE_PROGRAMS if settings.node else ())]


def build(settings: Settings):
    """Builds into the cache what such a cluster needs and is not there yet."""
    for program in _programs_of(settings):
        program.artifact().build()
    programs.operator_manifests().build()
    if settings.node:
        from testbed.images import LAYERS

        for layer in LAYERS:
            layer.build()
        image_store.artifact().build()


def _link_programs(folder: Path, settings: Settings):
    """A second name for each program: inside the cluster the cache may be out of sight."""
    (folder / "bin").mkdir()
    for program in _programs_of(settings):
        try:
            os.link(program.path, folder / "bin" / program.name)
        except OSError:
            (folder / "bin" / program.name).symlink_to(program.path)


def _furnish(folder: Path, settings: Settings):
    settings.save(folder)
    (folder / "log").mkdir()
    _link_programs(folder, settings)
    addons.copy_operator_manifests(programs.operator_manifests().path, folder)
    if settings.node:
        (folder / "lib").mkdir()
        image_store.clone_into(folder / "lib/containerd")


def _completed(settings: Settings) -> Settings:
    if not settings.node:
        return settings
    found = raykeep_image.binary()
    if found:
        raykeep_image.layer_of(found).build()
    return replace(settings, cgroup=f"raykeep-{secrets.token_hex(4)}", raykeep_binary=str(found or ""))


def start(folder: Path, settings: Settings, bound: bool = False):
    """Starts a cluster and returns when it is ready. `bound`: it ends with this process.

    Raises CannotStart; then nothing is left running, and the text ends with the log that tells most.
    """
    folder = folder.absolute()
    if missing := requirements.missing(settings.node):
        raise CannotStart("missing here: " + "; ".join(missing))
    if folder.exists() and any(folder.iterdir()):
        raise CannotStart(f"{folder} is not empty: stop the cluster in it, or name another folder")
    if folder.is_relative_to("/run"):
        raise CannotStart(f"{folder} is under /run, which a cluster replaces by its own: name another folder")
    build(settings)
    folder.mkdir(parents=True, exist_ok=True)
    _furnish(folder, _completed(settings))
    command = [sys.executable, "-m", "testbed.supervisor", str(folder), *(["--bound"] if bound else [])]
    with open(folder / "log/supervisor.log", "w") as log:
        started = subprocess.Popen(
            command,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        )
    try:
        until(f"the cluster in {folder} is ready", lambda: _is_ready(folder, started), START_SECONDS)
    except BaseException as error:
        report = _end_of_log(folder, "keeper")
        stop(folder)
        if isinstance(error, NotReached):
            raise CannotStart(f"{error}\n{report}") from None
        raise


def _is_ready(folder: Path, started: subprocess.Popen) -> bool:
    if started.poll() is not None:
        raise NotReached(f"the supervisor ended with status {started.returncode}\n{_end_of_log(folder, 'supervisor')}")
    state = State.load(folder)
    if state.phase == FAILED:
        raise NotReached(state.reason)
    return state.phase == READY


def _end_of_log(folder: Path, name: str) -> str:
    try:
        return (folder / f"log/{name}.log").read_text(errors="replace")[-3000:]
    except FileNotFoundError:
        return ""


def stop(folder: Path):
    """Ends the cluster in `folder` and removes the folder. What has already ended, or never was, is no error."""
    folder = folder.absolute()
    if not folder.exists():
        return
    if is_held(folder):
        _ask_to_end(folder)
        until(f"the supervisor of {folder} has ended", lambda: not folder.exists() or not is_held(folder), STOP_SECONDS)
    try:
        lock = hold_lock(folder)
    except FileNotFoundError:
        return
    with lock:
        remove(folder)


def _ask_to_end(folder: Path):
    """The supervisor may end by itself meanwhile, or not have written its number yet."""

    def number() -> int | None:
        return supervisor_of(folder) or (None if is_held(folder) else -1)

    found = until(f"the supervisor of {folder} is known", number, STOP_SECONDS)
    if found > 0:
        try:
            os.kill(found, signal.SIGTERM)
        except ProcessLookupError:
            pass


def _number(folder: Path, of: str) -> int | None:
    try:
        return json.loads((folder / supervisor.FILE).read_text())[of]
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def supervisor_of(folder: Path) -> int | None:
    """The process that holds the cluster, once it is known."""
    return _number(folder, "supervisor")


def keeper_of(folder: Path) -> int | None:
    """A process in the cluster's mount and network namespaces, once it is known."""
    return _number(folder, "keeper")
