#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ray's names of directory packages can be hit on purpose, which is why Raykeep does not rely on them.

Makes a directory of a chosen content whose package name, computed by Ray itself, is a chosen one. When this fails, Ray has
changed its hash and docs/decisions/package-names.md can be thought over. Run with a Python that has Ray.
"""
import hashlib
import pathlib
import tempfile

from ray._private.runtime_env.packaging import get_uri_for_directory

WANTED = 0x763B90CCC5937AAF
CONTENT = {"main.py": b"print('not what you submitted')\n"}
PADDING = [f"pad{i}" for i in range(80)]


def term(path, content=b""):
    return int.from_bytes(hashlib.sha1(path.encode() + content).digest()[:8], "big")


def versions_that_fit():
    """Which of two contents each padding file gets, by elimination over GF(2)."""
    missing = WANTED ^ int.from_bytes(b"0" * 8, "big") ^ term(".")
    for path, content in CONTENT.items():
        missing ^= term(path, content)
    basis = {}
    for i, path in enumerate(PADDING):
        missing ^= term(path, b"0")
        value, members = term(path, b"0") ^ term(path, b"1"), 1 << i
        while value and value.bit_length() in basis:
            other, others = basis[value.bit_length()]
            value, members = value ^ other, members ^ others
        if value:
            basis[value.bit_length()] = (value, members)
    chosen = 0
    while missing:
        value, members = basis[missing.bit_length()]
        missing, chosen = missing ^ value, chosen ^ members
    return {path: b"1" if chosen >> i & 1 else b"0" for i, path in enumerate(PADDING)}


with tempfile.TemporaryDirectory() as directory:
    for name, content in {**CONTENT, **versions_that_fit()}.items():
        (pathlib.Path(directory) / name).write_bytes(content)
    uri = get_uri_for_directory(directory, include_gitignore=False)
    print(f"Ray names the forged directory {uri}")
    assert uri == f"gcs://_ray_pkg_{WANTED:016x}.zip", uri
