# SPDX-License-Identifier: Apache-2.0
"""`raykeep scan` knows the fields that KubeRay's custom resource definitions have, and their types.

tests/data/kuberay-fields.json is taken from the definitions of ray-operator v1.7.0 (config/crd/bases, version v1), down to where
Kubernetes' own types begin.
"""
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

FIELDS = json.loads((pathlib.Path(__file__).parent.parent / "data" / "kuberay-fields.json").read_text())
# Texts that the definitions leave open and the operator's own validation does not.
CHOICES = {"headGroupSpec.serviceType": "ClusterIP", "upgradeStrategy.type": "None", "managedBy": "ray.io/kuberay-operator"}
RIGHT = {"object": {}, "boolean": True, "integer": 3, "number": 0.5, "string": "text", "map of string": {"key": "text"}, "array of object": [], "array of string": ["text"]}
WRONG = {"object": "text", "boolean": "true", "integer": "3", "string": 2.9, "map of string": {"key": 1}, "array of object": {}, "array of string": "text"}


def value_of(kind: str, path: str, values: dict):
    if kind.startswith("enum "):
        return kind.removeprefix("enum ").split("|")[0] if values is RIGHT else "Otherwise"
    return CHOICES[path] if values is RIGHT and path in CHOICES else values[kind]


def put(spec: dict, path: str, value: object) -> None:
    """Sets "a.b[].c", with one item in each list on the way."""
    at: object = spec
    *way, last = path.split(".")
    for step in way:
        name = step.removesuffix("[]")
        if step.endswith("[]"):
            at[name] = at.get(name) or [{}]
            at = at[name][0]
        else:
            at = at.setdefault(name, {})
    if last not in at or value != {}:
        at[last] = value


def findings(tmp_path: pathlib.Path, kind: str, specs: list[dict]) -> list[list[str]]:
    """What is told of the fields of each spec."""
    whole = [{"apiVersion": "ray.io/v1", "kind": kind, "metadata": {"name": f"r{i}"}, "spec": spec} for i, spec in enumerate(specs)]
    (tmp_path / "a.yaml").write_text(yaml.safe_dump_all(whole))
    done = subprocess.run([os.environ["RAYKEEP"], "scan", "a.yaml", "-o", "json"], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    out: list[list[str]] = [[] for _ in specs]
    for finding in json.loads(done.stdout)["findings"]:
        if finding["rule"].startswith("ray-field-"):
            out[int(re.search(r"r(\d+)", finding["object"])[1])].append(f"{finding['rule']} {finding['path']}")
    return out


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_every_field_of_the_definition_is_known(kind, tmp_path):
    spec: dict = {}
    for path, type_of_it in FIELDS[kind].items():
        if type_of_it != "any":
            put(spec, path, value_of(type_of_it, path, RIGHT))
    assert findings(tmp_path, kind, [spec]) == [[]]


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_a_value_of_another_type_is_told(kind, tmp_path):
    # What holds a cluster or a job is looked at as such.
    typed = {path: text for path, text in FIELDS[kind].items() if text not in ("any", "number") and path not in ("rayClusterSpec", "rayClusterConfig", "jobTemplate")}
    specs = []
    for path, type_of_it in typed.items():
        spec: dict = {}
        put(spec, path, value_of(type_of_it, path, WRONG))
        specs.append(spec)
    silent = [path for path, told in zip(typed, findings(tmp_path, kind, specs)) if not any("ray-field-invalid" in one for one in told)]
    assert silent == []


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_a_name_that_is_not_there_is_told(kind, tmp_path):
    specs = []
    for path in FIELDS[kind]:
        spec: dict = {}
        put(spec, path + "x", "text")
        specs.append(spec)
    silent = [path for path, told in zip(FIELDS[kind], findings(tmp_path, kind, specs)) if not any("ray-field-unknown" in one for one in told)]
    assert silent == []
