# SPDX-License-Identifier: Apache-2.0
"""raykeep fix on KubeRay's samples: only what is meant changes, a second run changes nothing, what was mended is not found again."""
import difflib
import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

SAMPLES = Path(__file__).parent.parent / "data" / "kuberay-samples"
FILES = sorted(path for path in SAMPLES.rglob("*.yaml"))
PROFILE = ("--profile", "pss-restricted")


def findings(raykeep, name, *more):
    report = json.loads(raykeep("scan", name, "-o", "json", "--fail-on", "never", *more).stdout)
    return {(item["rule"], item["object"], item["part"], item["message"]) for item in report["findings"]}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("sample", FILES, ids=lambda path: path.stem)
def test_only_what_is_meant_changes(raykeep, tmp_path, sample, line_end):
    before = sample.read_text().replace("\n", line_end).encode()
    (tmp_path / "f.yaml").write_bytes(before)
    found = findings(raykeep, "f.yaml", *PROFILE)
    done = raykeep("fix", "f.yaml", *PROFILE)
    assert done.returncode == 0, done.stderr
    after = (tmp_path / "f.yaml").read_bytes()
    lines = difflib.ndiff(before.decode().splitlines(keepends=True), after.decode().splitlines(keepends=True))
    removed = [line for line in lines if line.startswith("- ")]
    assert all("{}" in line or "Unconfined" in line for line in removed), removed
    assert line_end == "\n" or after.count(b"\r\n") == after.count(b"\n")
    assert len(list(yaml.safe_load_all(after))) == len(list(yaml.safe_load_all(before)))
    assert findings(raykeep, "f.yaml", *PROFILE) <= found
    again = raykeep("fix", "f.yaml", *PROFILE)
    assert again.returncode == 0 and (tmp_path / "f.yaml").read_bytes() == after


def test_containers_of_the_manifest_meet_the_restricted_standard_afterwards(raykeep, tmp_path):
    shutil.copy(SAMPLES / "ray-cluster.autoscaler.yaml", tmp_path / "f.yaml")
    assert findings(raykeep, "f.yaml", *PROFILE)
    assert raykeep("fix", "f.yaml", *PROFILE).returncode == 0
    assert findings(raykeep, "f.yaml", *PROFILE) == set()


def test_check_and_diff_change_nothing(raykeep, tmp_path):
    shutil.copy(SAMPLES / "ray-cluster.sample.yaml", tmp_path / "f.yaml")
    before = (tmp_path / "f.yaml").read_bytes()
    assert raykeep("fix", "f.yaml", "--check").returncode == 1
    shown = raykeep("fix", "f.yaml", "--diff", "--rule", "ray-auth-missing").stdout
    assert "+  authOptions:" in shown and "+    mode: token" in shown and "securityContext" not in shown
    assert (tmp_path / "f.yaml").read_bytes() == before


def test_mode_and_links_stay(raykeep, tmp_path):
    shutil.copy(SAMPLES / "ray-cluster.sample.yaml", tmp_path / "real.yaml")
    os.chmod(tmp_path / "real.yaml", 0o640)
    os.symlink("real.yaml", tmp_path / "f.yaml")
    assert raykeep("fix", "f.yaml").returncode == 0
    assert (tmp_path / "f.yaml").is_symlink() and (tmp_path / "real.yaml").stat().st_mode & 0o777 == 0o640


def test_what_is_shared_or_a_template_is_left_with_the_reason(raykeep, tmp_path):
    (tmp_path / "f.yaml").write_text("""apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - &c
    name: a
    image: a:1
---
apiVersion: v1
kind: Pod
metadata: {name: q}
spec:
  containers:
  - name: b
    image: b:1
""")
    done = raykeep("fix", "f.yaml", *PROFILE)
    text = (tmp_path / "f.yaml").read_text()
    assert "anchor" in done.stderr and text.count("allowPrivilegeEscalation") == 1


def test_an_unknown_rule_is_an_error(raykeep, tmp_path):
    (tmp_path / "f.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n")
    done = raykeep("fix", "f.yaml", "--rule", "nothing")
    assert done.returncode == 2 and 'no rule "nothing"' in done.stderr
