# SPDX-License-Identifier: Apache-2.0
"""`raykeep expand` beside the operator on manifests that try its branches one by one.

tests/data/kuberay-live/made holds manifests, each with what ray-operator v1.6.2 made of it on a real API server; refused holds
those of which it made nothing or not all, each with the reason of the API server or the event of the operator in its first line.
"""
import json
import os
import pathlib
import re
import subprocess

import pytest
from test_expand import differences, identity, prepared, random_names

LIVE = pathlib.Path(__file__).parent.parent / "data" / "kuberay-live"
MADE = sorted((LIVE / "made").glob("*.yaml"))
REFUSED = sorted((LIVE / "refused").glob("*.yaml"))
# What the API server adds to probes of the user; the operator writes all of its own.
PROBE_DEFAULT = re.compile(r"Probe\.(failureThreshold: .* 3,|periodSeconds: .* 10,|successThreshold: .* 1,|timeoutSeconds: .* 1,).* None$")


def expand(path):
    return subprocess.run([os.environ["RAYKEEP"], "expand", path, "-o", "json", "--kuberay-version", "v1.6.2"], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.stem)
def test_what_the_operator_made_is_expanded(path):
    recorded = json.loads(path.with_suffix(".recorded").read_text())
    done = expand(path)
    assert done.returncode == 0, done.stderr
    names = random_names(recorded["objects"])
    made = {}
    for expansion in json.loads(done.stdout):
        for entry in expansion["objects"]:
            node = prepared(entry["object"], [], entry["object"]["metadata"]["namespace"])
            made.setdefault(identity(node), []).append((node, entry))
    problems, seen = [], {}
    for document in recorded["objects"]:
        node = prepared(document, names, recorded["namespace"])
        candidates = made.get(identity(node))
        if not candidates:
            problems.append(f"{identity(node)}: the operator made it, expand did not")
            continue
        seen[identity(node)] = seen.get(identity(node), 0) + 1
        best = min((list(differences(node, candidate)) for candidate, _ in candidates), key=len)
        problems += [f"{identity(node)}{line}" for line in best if not PROBE_DEFAULT.search(line) and not (node["kind"] == "Secret" and line.startswith(".data"))]
    for key, entries in made.items():
        count = sum(entry["replicas"] * entry["hosts"] if entry.get("role") == "worker" else 1 for _, entry in entries)
        if seen.get(key, 0) != count:
            problems.append(f"{key}: the operator made {seen.get(key, 0)}, expand says {count}")
    assert not problems, "\n".join(dict.fromkeys(problems))


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_what_was_not_made_is_told(path):
    done = expand(path)
    assert done.returncode == 2, path.read_text().splitlines()[0]
    assert re.search(re.escape(path.name) + r":\d+:\d+: ", done.stderr), done.stderr


def test_every_recording_is_compared():
    assert (len(MADE), len(REFUSED)) == (157, 116)
    assert all(path.with_suffix(".recorded").exists() for path in MADE)
