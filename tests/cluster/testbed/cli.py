# SPDX-License-Identifier: Apache-2.0
"""The raykeep-cluster command."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from testbed import lifecycle, removal, requirements
from testbed.entry import Entry
from testbed.places import clusters
from testbed.programs import BuildFailed
from testbed.settings import Settings
from testbed.waiting import NotReached

DESCRIPTION = """A real Kubernetes on this machine: etcd, API server and controller manager on loopback ports, or with
--node everything, so that pods run. DIR is the cluster's folder; without one, `playground` in the cache."""


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="raykeep-cluster", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str, folder: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        if folder:
            added.add_argument("dir", nargs="?", type=Path, default=clusters() / "playground", metavar="DIR")
        return added

    command("check", "say what is missing on this machine", folder=False)
    command("setup", "install the Debian packages that a node needs (as root)", folder=False)
    build = command("build", "build what is missing in the cache, as far as this machine can run it", folder=False)
    build.add_argument("--control", action="store_true", help="only the control plane")
    start = command("start", "start a cluster and wait until it is ready")
    start.add_argument("--node", action="store_true", help="with a node, so that pods run (as root)")
    start.add_argument("--operator", action="store_true", help="with the KubeRay operator")
    start.add_argument("--no-policies", action="store_true", help="do not enforce NetworkPolicies")
    start.add_argument(
        "--feature-gates", default="", metavar="GATES", help="feature gates of the operator, A=true,B=true"
    )
    command("stop", "stop a cluster and remove its folder")
    run = command("run", "run what follows -- where the cluster can be reached, with its kubectl and kubeconfig")
    run.add_argument(
        "--on", choices=("control", "node", "outside"), default="control", help="the host it runs on (with a node)"
    )
    command("status", "say whether a cluster is ready")
    return parser


def _start(arguments) -> int:
    begin = time.monotonic()
    settings = Settings(
        node=arguments.node,
        operator=arguments.operator,
        policies=not arguments.no_policies,
        feature_gates=arguments.feature_gates,
    )
    lifecycle.start(arguments.dir, settings)
    print(
        f"ready in {time.monotonic() - begin:.0f} s: {arguments.dir}\n"
        f"try   {sys.argv[0]} run {arguments.dir} -- kubectl get pods -A\nend   {sys.argv[0]} stop {arguments.dir}"
    )
    return 0


def _run(arguments) -> int:
    if not removal.is_held(arguments.dir):
        print(f"no cluster runs in {arguments.dir}", file=sys.stderr)
        return 2
    return subprocess.run(
        **Entry(arguments.dir).command(arguments.argv or [os.environ.get("SHELL", "sh")], arguments.on)
    ).returncode


def _status(arguments) -> int:
    if not removal.is_held(arguments.dir):
        print("stopped")
        return 1
    state = lifecycle.State.load(arguments.dir)
    print(state.phase, state.reason)
    return 0 if state.phase == lifecycle.READY else 1


def _check(_) -> int:
    for what, node in (("control plane", False), ("full node", True)):
        print(f"{what}: {'; '.join(requirements.missing(node)) or 'nothing is missing'}")
    return 1 if requirements.missing(True) else 0


def _setup(_) -> int:
    packages = requirements.missing_packages()
    if not packages:
        return 0
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return (
        subprocess.run(["apt-get", "update", "-qq"]).returncode or subprocess.run(install, env=environment).returncode
    )


def _build(arguments) -> int:
    node = not arguments.control
    if node and (missing := requirements.missing(True)):
        print(f"without the parts of a full node, since these are missing: {'; '.join(missing)}", file=sys.stderr)
        node = False
    lifecycle.build(Settings(node=node))
    return 0


def _stop(arguments) -> int:
    lifecycle.stop(arguments.dir)
    return 0


COMMANDS = {
    "check": _check,
    "setup": _setup,
    "build": _build,
    "start": _start,
    "stop": _stop,
    "run": _run,
    "status": _status,
}


def main() -> int:
    """0 done, 1 the environment failed or the answer is no, 2 wrong usage; `run` passes its command's status on."""
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    arguments = _arguments().parse_args(given[:end])
    arguments.argv = given[end + 1 :]
    try:
        return COMMANDS[arguments.command](arguments)
    except (BuildFailed, NotReached, lifecycle.CannotStart) as error:
        print(f"raykeep-cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
