# SPDX-License-Identifier: Apache-2.0
"""containerd's folder with the images already unpacked: prepared once, then linked into each node in a second."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from testbed import images, oci
from testbed.cache import Artifact, key_of
from testbed.layers import run_step
from testbed.namespaces import die_with_parent
from testbed.programs import BuildFailed
from testbed.waiting import until

CONTAINERD_CONFIG = 'version = 2\nroot = "{root}"\nstate = "{state}"\n[grpc]\n  address = "{socket}"\n'


def import_images(socket: Path, wanted: list[oci.Image]):
    """Streams the images into a running containerd, unpacked. Raises BuildFailed."""
    command = ["ctr", "--address", str(socket), "--namespace", "k8s.io", "images", "import", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            oci.write_archive(process.stdin, wanted)
        except BrokenPipeError:
            pass
        process.stdin.close()
        said = process.stdout.read().decode(errors="replace")
    if process.returncode:
        raise BuildFailed(f"the import of images failed:\n{said[-4000:]}")


def _prepare(folder: Path):
    """Runs a containerd of its own, in mount and process namespaces that end with it, around the import."""
    store = folder / "containerd"
    with tempfile.TemporaryDirectory() as scratch:
        socket, config = Path(scratch) / "sock", Path(scratch) / "config.toml"
        config.write_text(CONTAINERD_CONFIG.format(root=store, state=f"{scratch}/state", socket=socket))
        command = [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child=KILL",
            "--mount-proc",
            "containerd",
            "-c",
            str(config),
        ]
        with open(folder / "containerd.log", "w") as log:
            daemon = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, "TMPDIR": scratch}, preexec_fn=die_with_parent
            )
        try:
            until("containerd answers", lambda: _answers(socket), 30)
            import_images(socket, images.fixed_images())
        finally:
            daemon.kill()
            daemon.wait()
    shutil.rmtree(store / "io.containerd.grpc.v1.introspection", ignore_errors=True)


def _answers(socket: Path) -> bool:
    return subprocess.run(["ctr", "--address", str(socket), "version"], capture_output=True).returncode == 0


def artifact() -> Artifact:
    return Artifact(
        "image-store",
        key_of([layer.key for layer in images.LAYERS] + [image.name for image in images.fixed_images()]),
        _prepare,
    )


def clone_into(folder: Path):
    """Puts the prepared store at `folder`: second names for its files, copies only from another file system."""
    source = artifact().build() / "containerd"
    if source.stat().st_dev != folder.parent.stat().st_dev:
        run_step("cp", "-a", str(source), str(folder))
    else:
        _link_tree(source, folder)


def _link_tree(source: Path, target: Path):
    """containerd writes into its databases in place, so those are copied; all else it only adds and removes."""
    target.mkdir()
    details = source.stat()
    os.chown(target, details.st_uid, details.st_gid)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _link_tree(Path(entry.path), target / entry.name)
            elif entry.name.endswith(".db"):
                shutil.copy2(entry.path, target / entry.name)
            else:
                os.link(entry.path, target / entry.name, follow_symlinks=False)
    os.chmod(target, details.st_mode & 0o7777)
