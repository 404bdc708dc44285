# SPDX-License-Identifier: Apache-2.0
"""What a cluster needs of the machine, and what of it is missing, each in words that say what to do."""

import os
import shutil
import subprocess
import sys

from testbed import cgroups, programs

# Programs of a full node and the Debian package each comes in.
NODE_COMMANDS = {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "gcc": "gcc",
    "nsenter": "util-linux",
    "mount": "mount",
    "sysctl": "procps",
}
CNI_PACKAGE, CNI_PLUGINS = "containernetworking-plugins", "/usr/lib/cni/ptp"


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def missing_packages() -> list[str]:
    """Debian packages that a full node needs and that are not installed."""
    wanted = {package for command, package in NODE_COMMANDS.items() if not shutil.which(command, path=_path())}
    if not os.path.exists(CNI_PLUGINS):
        wanted.add(CNI_PACKAGE)
    return sorted(wanted)


def _missing_abilities() -> list[str]:
    if os.geteuid() != 0:
        return ["root (run as root for clusters with a node)"]
    found = []
    if subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "true"], capture_output=True
    ).returncode:
        found.append("mount, network and process namespaces (unshare is refused)")
    if not cgroups.hierarchies() or not all(os.access(hierarchy, os.W_OK) for hierarchy in cgroups.hierarchies()):
        found.append("writable cgroups (none mounted, or read-only)")
    with open("/proc/filesystems") as file:
        if "\toverlay\n" not in file.read():
            found.append("overlayfs (modprobe overlay)")
    return found


def missing(node: bool) -> list[str]:
    """Empty when a cluster can run here."""
    found = []
    wanted = programs.CONTROL_PROGRAMS + (programs.NODE_PROGRAMS if node else ())
    if not shutil.which("go") and not all(program.artifact().is_built() for program in wanted):
        found.append("the go command (install Go)")
    if not shutil.which("openssl"):
        found.append("the openssl command")
    if not node:
        return found
    if sys.platform != "linux":
        return [*found, "Linux (a node runs nowhere else)"]
    if packages := missing_packages():
        found.append(f"the Debian packages {' '.join(packages)} (raykeep-cluster setup)")
    return found + _missing_abilities()
