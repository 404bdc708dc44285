#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a source file outgrows the house limits: 600 lines for a .cc, 300 for a .h."""
import pathlib
import sys

LIMITS = {".cc": 600, ".h": 300}
root = pathlib.Path(__file__).resolve().parent.parent
found = []
for path in sorted((root / "src").rglob("*")):
    limit = LIMITS.get(path.suffix)
    lines = len(path.read_text().splitlines()) if limit else 0
    if limit and lines > limit:
        found.append(f"{path.relative_to(root)}: {lines} lines, at most {limit}; split it by noun")
print("\n".join(found) if found else "sizes: clean")
sys.exit(1 if found else 0)
