# SPDX-License-Identifier: Apache-2.0
"""Image layers, uncompressed tar files: Debian root file systems, what one adds to another, and single programs."""

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from testbed.programs import BuildFailed

LAYER = "layer.tar"


def run_step(*command: str):
    """Runs one step of a build; raises BuildFailed with the end of what it said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise BuildFailed(f"{command[0]} failed:\n{done.stdout[-4000:]}")


def debian(out: Path, release: str, packages: Sequence[str]):
    """A minimal Debian with the packages, without recommended ones."""
    run_step("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", release, str(out))


def of_tree(out: Path, root: Path):
    """The files under a folder with their numeric owners."""
    run_step("tar", "-C", str(root), "--numeric-owner", "--sort=name", "-cf", str(out), ".")


def of_files(out: Path, files: dict[str, Path]):
    """Files of root's, by their path in the image. Folders on the way are made by whoever unpacks the layer."""
    with tarfile.open(out, "w") as tar:
        for name, source in files.items():
            info = tarfile.TarInfo(name.lstrip("/"))
            info.size, info.mode = source.stat().st_size, 0o755
            with open(source, "rb") as file:
                tar.addfile(info, file)


def add_text(tar: tarfile.TarFile, name: str, text: str):
    info = tarfile.TarInfo(name.lstrip("/"))
    info.size, info.mode = len(text.encode()), 0o644
    tar.addfile(info, io.BytesIO(text.encode()))


def _identity(tar: tarfile.TarFile, member: tarfile.TarInfo) -> tuple:
    """What makes two members the same file. Times do not."""
    content = hashlib.sha256(tar.extractfile(member).read()).digest() if member.isreg() else None
    return member.type, member.mode, member.uid, member.gid, member.linkname, content


def added(out: Path, whole: Path, base: Path):
    """The members of `whole` that `base` has not or has otherwise; nothing is expected to be deleted."""
    with tarfile.open(base) as tar:
        known = {member.name: _identity(tar, member) for member in tar}
    with tarfile.open(whole) as tar, tarfile.open(out, "w") as layer:
        for member in tar:
            if known.get(member.name) != _identity(tar, member):
                layer.addfile(member, tar.extractfile(member) if member.isreg() else None)
