# SPDX-License-Identifier: Apache-2.0
"""Writes OCI image layouts as one archive that `ctr images import` reads (opencontainers/image-spec)."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Image:
    """An image of uncompressed tar layers, lowest first. `user` is numeric, as runAsNonRoot wants it."""

    name: str
    layers: Sequence[Path]
    entrypoint: Sequence[str] = ()
    user: str = ""
    environment: Sequence[str] = (DEFAULT_PATH,)
    workdir: str = ""


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


class _Archive:
    """The blobs of a layout; a blob that several images share is written once."""

    def __init__(self, out: BinaryIO):
        self._tar = tarfile.open(fileobj=out, mode="w|")
        self._written = set()

    def add(self, name: str, data: bytes):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))

    def add_json(self, value: dict, media_type: str) -> dict:
        data = json.dumps(value, sort_keys=True).encode()
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._written:
            self.add(f"blobs/sha256/{digest}", data)
            self._written.add(digest)
        return _descriptor(media_type, digest, len(data))

    def add_layer(self, path: Path) -> dict:
        digest = sha256_of(path)
        if digest not in self._written:
            with open(path, "rb") as file:
                info = tarfile.TarInfo(f"blobs/sha256/{digest}")
                info.size = path.stat().st_size
                self._tar.addfile(info, file)
            self._written.add(digest)
        return _descriptor("application/vnd.oci.image.layer.v1.tar", digest, path.stat().st_size)

    def close(self):
        self._tar.close()


def _descriptor(media_type: str, digest: str, size: int) -> dict:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _configuration(image: Image, layers: list[dict]) -> dict:
    run = {"Env": list(image.environment)}
    if image.entrypoint:
        run["Entrypoint"] = list(image.entrypoint)
    if image.user:
        run["User"] = image.user
    if image.workdir:
        run["WorkingDir"] = image.workdir
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
    }


def write_archive(out: BinaryIO, images: Sequence[Image]):
    """Writes all images as one archive. The import names them by their annotation."""
    archive, manifests = _Archive(out), []
    for image in images:
        layers = [archive.add_layer(layer) for layer in image.layers]
        config = archive.add_json(_configuration(image, layers), "application/vnd.oci.image.config.v1+json")
        manifest = archive.add_json(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config,
                "layers": layers,
            },
            "application/vnd.oci.image.manifest.v1+json",
        )
        manifests.append({**manifest, "annotations": {"io.containerd.image.name": image.name}})
    archive.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    archive.add("index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
    archive.close()
