# SPDX-License-Identifier: Apache-2.0
"""What a cluster has on the machine, so that a test can see that it is gone."""

import os
from dataclasses import dataclass
from pathlib import Path

from testbed import cgroups, shield, supervisor
from testbed.lifecycle import keeper_of
from testbed.settings import Settings

NAMESPACES = ("mnt", "net", "ipc")


def _read(path: Path) -> str:
    """Empty for a process that has ended, or is none of ours."""
    try:
        return path.read_bytes().replace(b"\0", b"\n").decode(errors="replace")
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]


@dataclass(frozen=True)
class Marks:
    """By what the traces of one cluster are known: taken while it runs, looked for when it should be gone."""

    folder: Path
    cgroup: str
    namespaces: frozenset[str]

    @staticmethod
    def of(folder: Path) -> "Marks":
        spaces = Path("/proc") / str(keeper_of(folder)) / "ns"
        found = {_link(spaces / kind) for kind in NAMESPACES} - {
            _link(Path("/proc/self/ns") / kind) for kind in NAMESPACES
        }
        return Marks(folder, Settings.load(folder).cgroup, frozenset(found))

    def _belongs(self, process: Path) -> bool:
        """By the mark every program of a cluster inherits, by a container's cgroup, or by a namespace."""
        mark = f"{supervisor.MARK}={self.folder}"
        return (
            mark in _read(process / "environ").splitlines()
            or bool(self.cgroup)
            and f"/{self.cgroup}/" in _read(process / "cgroup")
            or any(_link(process / "ns" / kind) in self.namespaces for kind in NAMESPACES)
        )

    def processes(self) -> list[str]:
        return [
            f"process {entry.name} {_read(entry / 'comm').strip()}" for entry in processes() if self._belongs(entry)
        ]

    def left(self) -> list[str]:
        """All that is there now, in words; empty when nothing is."""
        mounts = [
            f"mount {line}"
            for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if str(self.folder) in line
        ]
        made = [
            f"cgroup {path / self.cgroup}"
            for path in cgroups.hierarchies()
            if self.cgroup and (path / self.cgroup).exists()
        ]
        return self.processes() + mounts + made + ([f"folder {self.folder}"] if self.folder.exists() else [])


def machine() -> dict[str, list[str]]:
    """Places of the machine that a node's programs would write to if they could."""

    def names(folder: str) -> list[str]:
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    found = {
        folder: names(folder)
        for folder in (
            "/run/netns",
            "/sys/class/net",
            "/etc/cni",
            "/opt/cni",
            "/run/containerd",
            *(f"/var/lib/{name}" for name in shield.LIBRARY_FOLDERS),
            "/var/log/pods",
            "/var/log/containers",
        )
    }
    found["kernel settings"] = [f"{name}={_read(Path('/proc/sys') / name).strip()}" for name in shield.KUBELET_SETTINGS]
    return found
