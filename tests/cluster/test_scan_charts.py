# SPDX-License-Identifier: Apache-2.0
"""Charts are scanned as what the real helm renders of them. No cluster is needed, only the test bed's helm."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from testbed.programs import HELM

CHART = "apiVersion: v2\nname: demo\nversion: 1.0.0\n"
TEMPLATE = """apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: {{ .Release.Name }}, namespace: team}
spec:
  headGroupSpec:
    serviceType: {{ .Values.serviceType }}
    template: {spec: {containers: [{name: head, image: "rayproject/ray:{{ .Values.tag }}"}]}}
{{- if .Values.broken }}
{{ fail "the values say so" }}
{{- end }}
"""


@pytest.fixture
def scan(tmp_path):
    """Runs raykeep scan in a folder, with the test bed's helm."""

    def run(*arguments):
        environment = {**os.environ, "PATH": f"{HELM.path.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
        return subprocess.run([os.environ["RAYKEEP"], "scan", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def make_chart(folder: Path, values: str) -> None:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART)
    (folder / "values.yaml").write_text(values)
    (folder / "templates" / "cluster.yaml").write_text(TEMPLATE)


def test_findings_stand_in_the_rendered_text(scan, tmp_path):
    make_chart(tmp_path / "chart", "serviceType: LoadBalancer\ntag: 2.60.0\nbroken: false\n")
    done = scan("chart", "-o", "json")
    assert done.returncode == 1, done.stderr
    exposed = next(item for item in json.loads(done.stdout)["findings"] if item["rule"] == "ray-head-service-exposed")
    assert exposed["file"] == "chart (rendered by helm)" and exposed["object"] == "RayCluster team/release"
    assert exposed["path"] == "/spec/headGroupSpec/serviceType"
    assert "serviceType: LoadBalancer" in scan("chart").stdout


def test_what_the_values_make_good_is_not_told(scan, tmp_path):
    make_chart(tmp_path / "chart", "serviceType: ClusterIP\ntag: 2.60.0\nbroken: false\n")
    assert "ray-head-service-exposed" not in scan("chart").stdout


@pytest.mark.parametrize("name", ["--debug", "a chart", "charts/demo"])
def test_whatever_the_folder_is_called(scan, tmp_path, name):
    make_chart(tmp_path / "deploy" / name, "serviceType: NodePort\ntag: 2.60.0\nbroken: false\n")
    (tmp_path / "deploy" / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: nginx}]}\n")
    out = scan("deploy").stdout
    assert "ray-head-service-exposed" in out and "image-tag-missing" in out


def test_a_chart_that_helm_refuses_is_told_with_its_words_and_the_rest_checked(scan, tmp_path):
    make_chart(tmp_path / "deploy" / "chart", "serviceType: NodePort\ntag: 2.60.0\nbroken: true\n")
    (tmp_path / "deploy" / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: nginx}]}\n")
    done = scan("deploy")
    assert done.returncode == 2
    assert "the values say so" in done.stderr and "helm could not render deploy/chart" in done.stderr
    assert "image-tag-missing" in done.stdout
