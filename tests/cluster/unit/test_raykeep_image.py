# SPDX-License-Identifier: Apache-2.0
import tarfile
from pathlib import Path

import pytest

from testbed import raykeep_image
from testbed.layers import LAYER
from testbed.programs import BuildFailed

LDD = """\
\tlinux-vdso.so.1 (0x00007ffd)
\tlibssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f)
"""


def test_libraries_are_those_with_a_path_and_the_linker():
    assert raykeep_image.libraries_in(LDD) == [
        Path("/lib/x86_64-linux-gnu/libssl.so.3"),
        Path("/lib64/ld-linux-x86-64.so.2"),
    ]


def test_a_library_that_is_not_installed_is_an_error_that_names_it():
    with pytest.raises(BuildFailed, match="libfyaml.so.0"):
        raykeep_image.libraries_in("\tlibfyaml.so.0 => not found\n")


def test_a_given_binary_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("RAYKEEP_BINARY", "/nowhere/raykeep")
    with pytest.raises(BuildFailed, match="/nowhere/raykeep"):
        raykeep_image.binary()


def test_without_a_binary_there_is_no_image(monkeypatch, tmp_path):
    monkeypatch.delenv("RAYKEEP_BINARY", raising=False)
    monkeypatch.setattr(raykeep_image, "BUILT_BY_DEFAULT", tmp_path / "raykeep")
    assert raykeep_image.binary() is None


def test_the_layer_holds_the_binary_its_libraries_and_an_account(tmp_path, monkeypatch):
    monkeypatch.setenv("RAYKEEP_CACHE", str(tmp_path / "cache"))
    layer = raykeep_image.layer_of(Path("/usr/bin/openssl")).build() / LAYER
    with tarfile.open(layer) as tar:
        names = tar.getnames()
        assert "usr/bin/raykeep" in names and "tmp" in names
        assert any(name.endswith("libssl.so.3") for name in names)
        assert b":65532:65532:" in tar.extractfile("etc/passwd").read()
