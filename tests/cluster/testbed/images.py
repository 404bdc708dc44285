# SPDX-License-Identifier: Apache-2.0
"""The container images of the test bed, made without a registry."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from testbed import layers, oci
from testbed.cache import Artifact, key_of
from testbed.layers import LAYER, run_step
from testbed.programs import COREDNS, OPERATOR, BuildFailed
from testbed.versions import VERSIONS

RAY_USER = 1000
OPERATOR_USER = 65532

# The names by which manifests ask for the images.
PAUSE_IMAGE = "registry.local/pause:1"
COREDNS_IMAGE = f"registry.local/coredns:{VERSIONS.coredns}"
OPERATOR_IMAGE = f"registry.local/kuberay-operator:{VERSIONS.kuberay}"
RAY_IMAGE = f"registry.local/ray:{VERSIONS.ray}"
ATTACKER_IMAGE = "registry.local/attacker:1"

# What a Ray image needs besides the wheel; KubeRay's probes call wget, its TLS init container openssl.
RAY_PACKAGES = ("python3-minimal", f"libpython{VERSIONS.python}-stdlib", "openssl", "procps", "wget", "ca-certificates")
ATTACKER_PACKAGES = ("curl", "nmap", "netcat-openbsd", "iproute2")
PAUSE_SOURCE = "int pause(void); int main(void) { for (;;) pause(); }"


def _pause(folder: Path):
    program = folder / "pause"
    done = subprocess.run(
        ["gcc", "-static", "-Os", "-x", "c", "-o", str(program), "-"],
        input=PAUSE_SOURCE,
        text=True,
        capture_output=True,
    )
    if done.returncode:
        raise BuildFailed(f"the pause program does not compile:\n{done.stderr}")
    layers.of_files(folder / LAYER, {"/pause": program})
    program.unlink()


def _ray_base(folder: Path):
    layers.debian(folder / LAYER, VERSIONS.debian, RAY_PACKAGES)


def _attacker_tools(folder: Path):
    whole = folder / "whole.tar"
    layers.debian(whole, VERSIONS.debian, (*RAY_PACKAGES, *ATTACKER_PACKAGES))
    layers.added(folder / LAYER, whole, RAY_BASE_LAYER.build() / LAYER)
    whole.unlink()


def _ray(folder: Path):
    """The ray wheel and a user of its own, laid over Debian's Python."""
    root = folder / "root"
    run_step(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--root-user-action",
        "ignore",
        "--python-version",
        VERSIONS.python,
        "--only-binary=:all:",
        "--target",
        str(root / "opt/ray/lib"),
        f"ray[default]=={VERSIONS.ray}",
    )
    shutil.rmtree(root / "opt/ray/lib/bin", ignore_errors=True)
    command = root / "usr/local/bin/ray"
    path_file = root / f"usr/local/lib/python{VERSIONS.python}/dist-packages/ray.pth"
    for made in (command.parent, path_file.parent, root / "home/ray", root / "etc", root / "usr/bin"):
        made.mkdir(parents=True)
    path_file.write_text("/opt/ray/lib\n")
    command.write_text('#!/bin/sh\nexec python3 -m ray.scripts.scripts "$@"\n')
    command.chmod(0o755)
    (root / "usr/bin/python").symlink_to("python3")
    (root / "etc/passwd").write_text(
        f"root:x:0:0:root:/root:/bin/bash\nray:x:{RAY_USER}:{RAY_USER}::/home/ray:/bin/bash\n"
    )
    (root / "etc/group").write_text(f"root:x:0:\nray:x:{RAY_USER}:\n")
    os.chown(root / "home/ray", RAY_USER, RAY_USER)
    layers.of_tree(folder / LAYER, root)
    shutil.rmtree(root)


def _program_layer(name: str, program, path: str) -> Artifact:
    def make(folder: Path):
        layers.of_files(folder / LAYER, {path: program.artifact().build() / program.name})

    return Artifact(f"layer-{name}", key_of([path, program.artifact().key]), make)


PAUSE_LAYER = Artifact("layer-pause", key_of([PAUSE_SOURCE]), _pause)
RAY_BASE_LAYER = Artifact("layer-ray-base", key_of([VERSIONS.debian, *RAY_PACKAGES]), _ray_base)
RAY_LAYER = Artifact("layer-ray", key_of([VERSIONS.ray, VERSIONS.python, "1"]), _ray)
ATTACKER_LAYER = Artifact("layer-attacker", key_of([RAY_BASE_LAYER.key, *ATTACKER_PACKAGES]), _attacker_tools)
COREDNS_LAYER = _program_layer("coredns", COREDNS, "/coredns")
OPERATOR_LAYER = _program_layer("operator", OPERATOR, "/manager")

LAYERS = (PAUSE_LAYER, RAY_BASE_LAYER, RAY_LAYER, ATTACKER_LAYER, COREDNS_LAYER, OPERATOR_LAYER)


def fixed_images() -> list[oci.Image]:
    """The images that do not depend on this checkout. Their layers must have been built."""

    def layer(*artifacts: Artifact) -> list[Path]:
        return [artifact.path / LAYER for artifact in artifacts]

    ray_environment = (oci.DEFAULT_PATH, "HOME=/home/ray", "RAY_USAGE_STATS_ENABLED=0")
    return [
        oci.Image(PAUSE_IMAGE, layer(PAUSE_LAYER), ["/pause"]),
        oci.Image(COREDNS_IMAGE, layer(COREDNS_LAYER), ["/coredns"]),
        oci.Image(OPERATOR_IMAGE, layer(OPERATOR_LAYER), ["/manager"], str(OPERATOR_USER)),
        oci.Image(RAY_IMAGE, layer(RAY_BASE_LAYER, RAY_LAYER), (), str(RAY_USER), ray_environment, "/home/ray"),
        oci.Image(ATTACKER_IMAGE, layer(RAY_BASE_LAYER, RAY_LAYER, ATTACKER_LAYER), (), "", ray_environment),
    ]
