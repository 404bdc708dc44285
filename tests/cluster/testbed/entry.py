# SPDX-License-Identifier: Apache-2.0
"""Running commands where a cluster lives: on its control host, its node, or outside of it."""

import os
from pathlib import Path

from testbed import network
from testbed.lifecycle import keeper_of
from testbed.settings import Settings


class Entry:
    """The ways into the cluster in `folder`."""

    def __init__(self, folder: Path):
        self._folder = folder.absolute()
        self._node = Settings.load(self._folder).node
        self._keeper = keeper_of(self._folder)

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self._folder / "bin"), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
        return {**os.environ, "KUBECONFIG": str(self._folder / "kubeconfig"), "PATH": path}

    def _argv(self, argv: list[str], host: str) -> list[str]:
        if not self._node:
            return argv
        spaces = f"/proc/{self._keeper}/ns"
        enter = ["nsenter", f"--net={spaces}/net"]
        if host == "control":
            return [*enter, "--", *argv]
        inside = [f"--mount={spaces}/mnt", f"--pid={spaces}/pid_for_children", f"--wd={os.getcwd()}"]
        return [*enter, *inside, "--", *(argv if host == "inside" else network.in_host(host, argv))]

    def command(self, argv: list[str], host: str = "control") -> dict:
        """Arguments for subprocess.run: `argv` on that host, with the cluster's kubectl and kubeconfig at hand.

        On `control` files are the machine's own; on `node` and `outside` /run is the cluster's. `inside` is the control
        host with the cluster's files.
        """
        return {"args": self._argv(argv, host), "env": self.environment()}
