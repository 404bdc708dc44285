# SPDX-License-Identifier: Apache-2.0
"""raykeep reach and raykeep tenant as their users meet them."""
import csv
import io
import json
import os
import subprocess
import xml.etree.ElementTree as xml

import pytest

RAYKEEP = os.environ["RAYKEEP"]

WORLD = """
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: demo, namespace: team-a}
spec:
  rayVersion: 2.60.0
  headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r, resources: {requests: {cpu: 1, memory: 2Gi}, limits: {cpu: 1, memory: 2Gi}}}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: other}
spec: {containers: [{name: c, image: i}]}
"""
CLOSED = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: team-a}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
USELESS = CLOSED.replace("{}", "{matchLabels: {app: ray-head}}").replace("closed", "useless")


def raykeep(*arguments, code=0):
    done = subprocess.run([RAYKEEP, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def world(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "closed").mkdir()
    (tmp_path / "open" / "world.yaml").write_text(WORLD + USELESS)
    (tmp_path / "closed" / "world.yaml").write_text(WORLD + CLOSED)
    return tmp_path


def test_connections_in_every_form(world):
    line = "other/stranger[Pod] => team-a/demo/head[RayCluster] : All Connections"
    assert line in raykeep("reach", world / "open").stdout.splitlines()
    rows = list(csv.DictReader(io.StringIO(raykeep("reach", world / "open", "-o", "csv").stdout)))
    assert {"src": "other/stranger[Pod]", "dst": "team-a/demo/head[RayCluster]", "conn": "All Connections", "may": ""} in rows
    objects = json.loads(raykeep("reach", world / "open", "-o", "json").stdout)
    assert {"src": "other/stranger[Pod]", "dst": "team-a/demo/head[RayCluster]", "conn": "All Connections"} in objects
    assert len(rows) == len(objects)
    assert line not in raykeep("reach", world / "closed").stdout


def test_a_policy_that_selects_nothing_is_noted_at_its_line(world):
    assert "world.yaml:14:1: NetworkPolicy team-a/useless selects no pod" in raykeep("reach", world / "open").stderr


def test_doors_as_text_json_and_picture(world):
    assert "OPEN     dashboard 8265" in raykeep("reach", "--show", "doors", world / "open").stdout
    assert "closed   dashboard 8265" in raykeep("reach", "--show", "doors", world / "closed").stdout
    doors = json.loads(raykeep("reach", "--show", "doors", "-o", "json", world / "open").stdout)[0]["doors"]
    assert {door["door"] for door in doors if door["open"]} == {"gcs", "dashboard", "client", "agent", "serve", "metrics"}
    picture = xml.fromstring(raykeep("reach", "--show", "doors", "-o", "svg", world / "open").stdout)
    assert picture.attrib["aria-label"] == "6 open doors"


def test_an_explanation_names_the_policy_that_closes(world):
    told = raykeep("reach", "--show", "explanation", "--from", "other/stranger", "--to", "team-a/demo/head", world / "closed").stdout
    assert "No Connections" in told and "NetworkPolicy team-a/closed" in told and "none of its 0 ingress rules" in told


def test_what_a_change_closes(world):
    told = raykeep("reach", "--compare", world / "open", world / "closed", code=1).stdout
    assert "- other/stranger[Pod] => team-a/demo/head[RayCluster] : All Connections" in told.splitlines()
    assert raykeep("reach", "--compare", world / "open", world / "open").stdout == "No connection differs.\n"


def test_wrong_input_is_told(world):
    assert "--show doors is not written as csv" in raykeep("reach", "--show", "doors", "-o", "csv", world / "open", code=2).stderr
    assert "no network in CIDR form" in raykeep("reach", "--pod-cidr", "10.0.0.1", world / "open", code=2).stderr
    raykeep("reach", world / "nowhere", code=2)
    assert 'did you mean "other/stranger"' in raykeep("reach", "--from", "other/strangr", world / "open", code=2).stderr
    (world / "bad.yaml").write_text(WORLD + CLOSED.replace("[Ingress]", "[ingress]"))
    refused = raykeep("reach", world / "bad.yaml", code=2)
    assert "bad.yaml:17:" in refused.stderr and "other/stranger[Pod] => team-a/demo/head" in refused.stdout


def test_the_plugin_of_a_cluster_has_its_notes(tmp_path):
    world = tmp_path / "world.yaml"
    policy = CLOSED.replace("policyTypes: [Ingress]", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80, endPort: 90}]}]")
    world.write_text(WORLD + policy)
    assert "ipBlock takes no pods with Terway" in raykeep("reach", world, "--cni", "terway").stderr
    noted = raykeep("reach", world, "--cni", "poseidon").stderr
    assert ":17:103: NetworkPolicy team-a/closed: Poseidon does not know endPort" in noted and "Terway" not in noted
    assert "Flannel enforces no policy" in raykeep("reach", world, "--cni", "flannel").stderr
    assert "note" not in raykeep("reach", world).stderr


def test_the_html_page_of_scan_shows_the_doors(tmp_path):
    world = tmp_path / "world.yaml"
    world.write_text(WORLD)
    page = raykeep("scan", world, "-o", "html", "--fail-on", "never").stdout
    assert "<h2>Who gets to Ray&#39;s doors</h2>" in page or "<h2>Who gets to Ray's doors</h2>" in page
    picture = page[page.index("<svg"):page.index("</svg>") + len("</svg>")]
    assert "dashboard" in "".join(xml.fromstring(picture).itertext())
    world.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n")
    assert "<svg" not in raykeep("scan", world, "-o", "html").stdout


def test_a_tenant_compares_itself_and_prints_its_leaf(tmp_path):
    world, spec = tmp_path / "world.yaml", tmp_path / "team.yaml"
    world.write_text(WORLD)
    spec.write_text("tenant: {name: team-a, manifests: [%s]}\n" % world.name)
    live = world.with_name("live.yaml")
    live.write_text(raykeep("tenant", spec).stdout)
    assert raykeep("tenant", spec, "--diff", live).stdout == ""
    live.write_text(live.read_text().replace("name: default-deny", "name: gone"))
    assert raykeep("tenant", spec, "--diff", live, code=1).stdout.splitlines()[0] == "+ NetworkPolicy team-a/default-deny is missing"
    imported = tmp_path / "imported.yaml"
    imported.write_text(raykeep("tenant", "--import", world, spec.with_name("live.yaml")).stdout)
    assert raykeep("tenant", imported).stdout == raykeep("tenant", spec).stdout
    assert "RayCluster" not in raykeep("tenant", "--import", live, code=2).stdout
    piped = subprocess.run([RAYKEEP, "tenant", "--import", "-"], input=WORLD, capture_output=True, text=True)
    assert piped.returncode == 0 and "write it to ray.yaml" in piped.stdout and "  - ray.yaml" in piped.stdout
    raykeep("tenant", code=2)
    raykeep("tenant", "--diff", live, code=2)
    leaf = raykeep("tenant", spec, "--elastic-quota").stdout
    assert leaf.splitlines()[0] == "- name: team-a" and 'cpu: "1"' in leaf


def test_a_tenant_is_clean_and_closed(world):
    (world / "ray.yaml").write_text(WORLD.split("---")[0])
    (world / "team.yaml").write_text("tenant: {name: team-a, manifests: [ray.yaml]}\n")
    (world / "tenant.yaml").write_text(raykeep("tenant", world / "team.yaml").stdout)
    raykeep("scan", world / "tenant.yaml")
    doors = json.loads(raykeep("reach", "--show", "doors", "-o", "json", world / "tenant.yaml", world / "open" / "world.yaml").stdout)
    assert [door["door"] for door in doors[0]["doors"] if door["open"]] == []
    (world / "team.yaml").write_text("tenant: {name: team-a, manifest: [ray.yaml]}\n")
    wrong = raykeep("tenant", world / "team.yaml", code=2)
    assert 'did you mean "manifests"' in wrong.stderr and wrong.stdout == ""
