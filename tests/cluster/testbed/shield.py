# SPDX-License-Identifier: Apache-2.0
"""Keeps the node's programs from writing to the machine, inside a mount namespace of their own."""

import subprocess
from pathlib import Path

# The cluster's folder, as seen from inside: short enough for socket names, and the same for every cluster.
INSIDE = Path("/run/raykeep")

# Kernel settings that the kubelet wants (pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables) and that would
# change the whole machine. It reads the wanted value from a file laid over each, and so writes nothing.
KUBELET_SETTINGS = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/keys/root_maxbytes": 25000000,
}
LIBRARY_FOLDERS = ("kubelet", "cni", "containerd")


def _mount(*arguments: str):
    subprocess.run(["mount", "--no-mtab", *arguments], check=True)


def _bind(source: Path, target: Path):
    _mount("--bind", str(source), str(target))


def own_run(folder: Path):
    """A /run of the cluster's own, holding the cluster's folder at INSIDE."""
    fresh = folder / "run"
    fresh.mkdir()
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(fresh))
    (fresh / INSIDE.name).mkdir()
    _bind(folder, fresh / INSIDE.name)
    _mount("--move", str(fresh), "/run")


def catch_writes(place: str):
    """Lays a folder of the cluster's over `place`: what is there stays readable, what is written goes there."""
    caught = INSIDE / "caught" / place.strip("/").replace("/", "-")
    for part in ("upper", "work"):
        (caught / part).mkdir(parents=True)
    _mount("-t", "overlay", "-o", f"lowerdir={place},upperdir={caught}/upper,workdir={caught}/work", "overlay", place)


def own_libraries():
    """/var/lib/NAME for the programs that insist on it. No overlay, since the images in it become overlays."""
    for name in LIBRARY_FOLDERS:
        source, target = INSIDE / "lib" / name, Path("/var/lib") / name
        source.mkdir(parents=True, exist_ok=True)
        target.mkdir(exist_ok=True)
        _bind(source, target)


def kernel_settings():
    shadows = Path("/run/kernel-settings")
    shadows.mkdir()
    for setting, wanted in KUBELET_SETTINGS.items():
        shadow = shadows / setting.replace("/", ".")
        shadow.write_text(f"{wanted}\n")
        _bind(shadow, Path("/proc/sys") / setting)


def raise_around(folder: Path):
    """Everything above, for the cluster in `folder`. Mounts made afterwards reach the pods that ask for it."""
    own_run(folder)
    for place in ("/var/lib", "/var/log"):
        catch_writes(place)
    own_libraries()
    kernel_settings()
    _mount("--make-rshared", "/")
