#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a folder of src/ includes a folder above its layer, or third-party headers outside their owning folder.

The layers and the owners are docs/architecture.md, "Layers", in the form a machine can hold.
"""
import pathlib
import re
import sys

# From the bottom up. A folder may include itself, folders of a lower layer, and the siblings named in SIBLINGS.
LAYERS = [
    ["core"],
    ["document"],
    ["kube"],
    ["ray"],
    ["http", "store", "cloud", "identity", "access", "audit", "report", "quota", "pki"],
    ["checks", "network", "tenant", "image", "cost"],
    ["gateway", "admission", "history", "demo"],
    ["cli"],
]
SIBLINGS = {("identity", "store"), ("access", "identity"), ("audit", "store")}
OWNERS = {
    "boost/asio": {"http", "gateway"},
    "openssl/": {"http", "core", "pki"},
    "yaml.h>": {"document"},
    "sqlite3": {"store"},
    "crypt.h": {"identity"},
    "CLI/": {"cli"},
    "nghttp2": {"http"},
}
INCLUDE = re.compile(r'^\s*#include\s+["<]([^">]+)[">]', re.M)


def layer_of(folder):
    return next((n for n, names in enumerate(LAYERS) if folder in names), None)


def problems(src):
    for path in sorted([*src.rglob("*.h"), *src.rglob("*.cc")]):
        folder = path.relative_to(src).parts[0]
        own = layer_of(folder)
        if own is None:
            yield f"{path}: folder '{folder}' has no layer; add it to {sys.argv[0]}"
            continue
        for included in INCLUDE.findall(path.read_text()):
            other = included.split("/")[0] if "/" in included else None
            theirs = layer_of(other) if (src / str(other)).is_dir() else None
            if theirs is not None and other != folder and theirs >= own and (folder, other) not in SIBLINGS:
                yield f"{path}: '{folder}' may not include '{included}'"
            for prefix, owners in OWNERS.items():
                if included.startswith(prefix) and folder not in owners:
                    yield f"{path}: <{included}> belongs to {', '.join(sorted(owners))}"


found = list(problems(pathlib.Path(__file__).resolve().parent.parent / "src"))
print("\n".join(found) if found else "layers: clean")
sys.exit(1 if found else 0)
