# SPDX-License-Identifier: Apache-2.0
"""An image of Raykeep: the binary just built, the shared libraries it asks for, and nothing else."""

import os
import re
import subprocess
import tarfile
from pathlib import Path

from testbed import layers, oci
from testbed.cache import Artifact, key_of
from testbed.layers import LAYER
from testbed.places import CHECKOUT
from testbed.programs import BuildFailed

RAYKEEP_IMAGE = "registry.local/raykeep:dev"
RAYKEEP_USER = 65532
BUILT_BY_DEFAULT = CHECKOUT / "build/dev/src/cli/raykeep"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

_LDD_LINE = re.compile(r"^\s*(?:(\S+) => )?(/\S+|not found)")


def binary() -> Path | None:
    """$RAYKEEP_BINARY, else the development build, else None. A RAYKEEP_BINARY that is not there is an error."""
    if given := os.environ.get("RAYKEEP_BINARY"):
        if not Path(given).is_file():
            raise BuildFailed(f"RAYKEEP_BINARY is {given}, and no such file exists")
        return Path(given).resolve()
    return BUILT_BY_DEFAULT if BUILT_BY_DEFAULT.is_file() else None


def libraries_in(ldd_output: str) -> list[Path]:
    """The files that `ldd` names, the dynamic linker included. Raises BuildFailed for one it does not find."""
    found = []
    for line in ldd_output.splitlines():
        match = _LDD_LINE.match(line)
        if not match:
            continue
        if match[2] == "not found":
            raise BuildFailed(f"the shared library {match[1]} is not installed")
        found.append(Path(match[2]))
    return found


def _libraries_of(program: Path) -> list[Path]:
    done = subprocess.run(["ldd", program], capture_output=True, text=True)
    if "statically linked" in done.stdout or "not a dynamic executable" in done.stderr:
        return []
    if done.returncode:
        raise BuildFailed(f"ldd {program} failed: {done.stderr.strip()}")
    return libraries_in(done.stdout)


def _make_layer(folder: Path, program: Path):
    files = {"/usr/bin/raykeep": program}
    files.update({str(library): library.resolve() for library in _libraries_of(program)})
    if CERTIFICATES.is_file():
        files[str(CERTIFICATES)] = CERTIFICATES
    layers.of_files(folder / LAYER, files)
    with tarfile.open(folder / LAYER, "a") as tar:
        layers.add_text(
            tar,
            "/etc/passwd",
            f"root:x:0:0::/root:/sbin/nologin\nraykeep:x:{RAYKEEP_USER}:{RAYKEEP_USER}::/:/sbin/nologin\n",
        )
        layers.add_text(tar, "/etc/group", f"root:x:0:\nraykeep:x:{RAYKEEP_USER}:\n")
        temporary = tarfile.TarInfo("tmp")
        temporary.type, temporary.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(temporary)


def layer_of(program: Path) -> Artifact:
    """The layer around one binary, keyed by its content."""
    return Artifact("layer-raykeep", key_of([oci.sha256_of(program), "1"]), lambda folder: _make_layer(folder, program))


def image_of(program: Path) -> oci.Image:
    return oci.Image(RAYKEEP_IMAGE, [layer_of(program).build() / LAYER], ["/usr/bin/raykeep"], str(RAYKEEP_USER))
