# SPDX-License-Identifier: Apache-2.0
"""raykeep scan, rules and expand as a person and a pipeline use them."""
import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from sarif_pydantic import Sarif

SAMPLES = Path(__file__).parent.parent / "data" / "kuberay-samples"

POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: team}
spec:
  containers:
  - name: a
    image: nginx
"""


@pytest.fixture
def pod(tmp_path):
    (tmp_path / "pod.yaml").write_text(POD)
    return "pod.yaml"


def test_exit_status_says_whether_something_was_found(raykeep, pod):
    assert raykeep("scan", pod).returncode == 1
    assert raykeep("scan", pod, "--fail-on", "critical").returncode == 0
    assert raykeep("scan", pod, "--fail-on", "never").returncode == 0


def test_text_shows_rule_place_line_and_repair(raykeep, pod):
    out = raykeep("scan", pod).stdout
    assert "pod.yaml: Pod team/web" in out
    assert "7:12: medium image-tag-missing" in out
    assert "7 |     image: nginx" in out
    assert "fix: Name a version" in out
    assert "\033" not in out


def test_json_is_the_documented_form(raykeep, pod):
    report = json.loads(raykeep("scan", pod, "-o", "json").stdout)
    assert report["version"] == 1 and report["summary"]["objects"] == 1 and report["unreadable"] == []
    finding = next(item for item in report["findings"] if item["rule"] == "image-tag-missing")
    assert finding["file"] == "pod.yaml" and (finding["line"], finding["column"]) == (7, 12)
    assert finding["path"] == "/spec/containers/0/image" and len(finding["fingerprint"]) == 32


def test_sarif_has_what_the_standard_asks_for(raykeep):
    log = json.loads(raykeep("scan", SAMPLES, "-o", "sarif").stdout)
    assert log["version"] == "2.1.0" and len(log["runs"]) == 1
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in log["runs"][0]["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note") and result["message"]["text"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1 and region["startColumn"] >= 1


def test_a_reader_of_sarif_that_is_not_ours_takes_it(raykeep, pod):
    for path in (SAMPLES, pod):
        log = json.loads(raykeep("scan", path, "-o", "sarif").stdout)
        read = Sarif.model_validate(log)
        assert len(read.runs[0].results) == len(log["runs"][0]["results"]) > 0
    log["runs"][0]["results"][0].pop("message")
    with pytest.raises(ValueError):
        Sarif.model_validate(log)


def test_a_sarif_fix_is_what_fix_does(raykeep, pod, tmp_path):
    log = json.loads(raykeep("scan", pod, "-o", "sarif").stdout)
    result = next(item for item in log["runs"][0]["results"] if item["ruleId"] == "pod-privilege-escalation")
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    region = replacement["deletedRegion"]
    lines = POD.splitlines(keepends=True)
    begin = sum(map(len, lines[: region["startLine"] - 1])) + region["startColumn"] - 1
    end = sum(map(len, lines[: region["endLine"] - 1])) + region["endColumn"] - 1
    raykeep("fix", pod, "--rule", "pod-privilege-escalation")
    assert POD[:begin] + replacement["insertedContent"]["text"] + POD[end:] == (tmp_path / pod).read_text()


def test_html_is_one_page_without_anything_from_elsewhere(raykeep, pod):
    page = raykeep("scan", pod, "-o", "html").stdout
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert "image-tag-missing" in page and "http://" not in page and "https://" not in page and "<script" not in page


def test_junit_and_github_can_be_read(raykeep, pod):
    suite = ElementTree.fromstring(raykeep("scan", pod, "-o", "junit").stdout)
    assert suite.find("testsuite").get("failures") == str(len(suite.findall(".//failure")))
    lines = raykeep("scan", pod, "-o", "github").stdout.splitlines()
    assert any(line.startswith("::warning file=pod.yaml,line=7,col=12,title=image-tag-missing::") for line in lines)


def test_a_baseline_lets_only_new_findings_count(raykeep, pod, tmp_path):
    assert raykeep("scan", pod, "--write-baseline", "known.json").returncode == 0
    assert raykeep("scan", pod, "--baseline", "known.json", "--fail-on", "info").returncode == 0
    (tmp_path / "pod.yaml").write_text("# moved down\n" + POD + "  hostPID: true\n")
    new = raykeep("scan", pod, "--baseline", "known.json")
    assert new.returncode == 1 and "pod-host-namespaces" in new.stdout and "image-tag-missing" not in new.stdout


UNKNOWN = {
    "Raycluster ray.io/v1": "did you mean RayCluster?",
    "RayCluster ray.io/v2": "RayCluster is of ray.io/v1",
    "RayJob rayio/v1": "RayJob is of ray.io/v1",
    "RayService v1": "RayService is of ray.io/v1",
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_ray_resource_that_kuberay_does_not_have_is_no_clean_scan(raykeep, tmp_path, kind):
    name, version = kind.split()
    (tmp_path / "a.yaml").write_text(f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: a}}\n")
    done = raykeep("scan", "a.yaml")
    assert done.returncode == 2 and "a.yaml:1:1" in done.stderr and UNKNOWN[kind] in done.stderr


def test_every_form_tells_what_could_not_be_read(raykeep, tmp_path):
    (tmp_path / "a.yaml").write_text("apiVersion: ray.io/v1\nkind: Raycluster\nmetadata: {name: a}\n")
    for form in ("json", "junit", "html"):
        assert "Raycluster" in raykeep("scan", "a.yaml", "-o", form).stdout, form
    assert raykeep("scan", "a.yaml", "-o", "github").stdout.startswith("::error file=a.yaml,line=1,title=ray-resource-unknown::")
    log = json.loads(raykeep("scan", "a.yaml", "-o", "sarif").stdout)
    assert Sarif.model_validate(log).runs[0].invocations[0].execution_successful is False
    told = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert [one["descriptor"]["id"] for one in told] == ["ray-resource-unknown"]
    assert told[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a.yaml"


@pytest.mark.parametrize("command", ["expand", "reach"])
def test_a_version_that_is_none_is_refused(raykeep, pod, command):
    done = raykeep(command, pod, "--kuberay-version", "banana")
    assert done.returncode == 2 and "v1.7.0" in done.stderr


def test_one_unreadable_document_is_told_and_the_others_checked(raykeep, tmp_path):
    (tmp_path / "many.yaml").write_text("kind: [\n---\n" + POD)
    done = raykeep("scan", "many.yaml")
    assert done.returncode == 2
    assert "many.yaml:2:1" in done.stderr and "image-tag-missing" in done.stdout


@pytest.mark.parametrize("arguments, said", [
    (["nowhere"], "nowhere"),
    (["pod.yaml", "--profile", "akc"], "akc"),
    (["pod.yaml", "--pss", "restricted@x"], "no Kubernetes version"),
    (["pod.yaml", "--baseline", "pod.yaml"], "pod.yaml"),
    (["pod.yaml", "--config", "wrong.yaml"], 'did you mean "registries"'),
])
def test_wrong_use_is_explained(raykeep, pod, tmp_path, arguments, said):
    (tmp_path / "wrong.yaml").write_text("scan: {registeries: [a]}\n")
    done = raykeep("scan", *arguments)
    assert done.returncode == 2 and said in done.stderr


def test_configuration_of_the_folder_is_read(raykeep, pod, tmp_path):
    (tmp_path / ".raykeep.yaml").write_text("scan:\n  rules: {image-tag-missing: off}\n")
    assert "image-tag-missing" not in raykeep("scan", pod).stdout


def test_a_folder_is_read_with_everything_below_it(raykeep, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "pod.yml").write_text(POD)
    (tmp_path / "a" / "values.yaml").write_text("replicas: 2\n")
    done = raykeep("scan", "a", "-o", "json")
    assert json.loads(done.stdout)["findings"][0]["file"] == "a/b/pod.yml"
    assert "left out" in done.stderr


def test_the_guide_lists_all_recommendations(raykeep):
    out = raykeep("scan", SAMPLES, "--guide").stdout
    for number in range(1, 26):
        assert f"\n{number:2}  " in "\n" + out
    assert "3  FAIL  GCS and Ray Client are not exposed" in out


def test_every_sample_fails_the_restricted_standard_and_none_crashes(raykeep):
    for sample in sorted(SAMPLES.rglob("*.yaml")):
        done = raykeep("scan", sample, "--profile", "pss-restricted", "-o", "json")
        assert done.returncode in (0, 1), (sample, done.stderr)
        kinds = sample.read_text()
        if "kind: RayCluster" in kinds or "kind: RayJob" in kinds or "kind: RayService" in kinds:
            assert done.returncode == 1, sample


def test_rules_are_listed_and_explained(raykeep):
    assert "ray-auth-mode-missing" in raykeep("rules").stdout
    assert "**Fix.**" in raykeep("rules", "ray-auth-mode-missing").stdout
    wrong = raykeep("rules", "ray-auth-mode-mising")
    assert wrong.returncode == 2 and 'did you mean "ray-auth-mode-missing"' in wrong.stderr


def test_the_page_of_rules_is_current(raykeep):
    page = Path(__file__).parents[2] / "docs" / "rules.md"
    assert page.read_text() == raykeep("rules", "--markdown").stdout


def test_expand_says_where_each_value_comes_from(raykeep):
    out = raykeep("expand", SAMPLES / "ray-cluster.sample.yaml", "--origins").stdout
    assert "ray-cluster.sample.yaml:" in out and "# operator" in out
    assert "worker group" in out


def test_a_kustomization_is_rendered_by_the_real_kubectl(raykeep, tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "pod.yaml").write_text(POD)
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [pod.yaml]\nnamespace: other\n")
    kubectl = shutil.which("kubectl")
    report = json.loads(raykeep("scan", "base", "-o", "json", "--fail-on", "never").stdout)
    titles = {finding["object"] for finding in report["findings"]}
    assert titles == ({"Pod other/web"} if kubectl else {"Pod team/web"})


def test_a_base_is_read_as_the_overlay_makes_it(raykeep, tmp_path):
    for name, text in {"base": "resources: [pod.yaml]\n", "overlays/prod": "resources: [../../base]\nnamespace: prod\n"}.items():
        (tmp_path / "deploy" / name).mkdir(parents=True)
        (tmp_path / "deploy" / name / "kustomization.yaml").write_text(text)
    (tmp_path / "deploy" / "base" / "pod.yaml").write_text(POD)
    done = raykeep("scan", "deploy", "-o", "json", "--fail-on", "never")
    titles = {finding["object"] for finding in json.loads(done.stdout)["findings"]}
    if shutil.which("kubectl"):
        assert titles == {"Pod prod/web"} and "deploy/base is part of another kustomization" in done.stderr
        assert "Pod team/web" in raykeep("scan", "deploy/base", "--fail-on", "never").stdout
    else:
        assert titles == {"Pod team/web"}


SECRET = "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"


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github", "html"])
def test_no_form_prints_a_credential(raykeep, tmp_path, form):
    (tmp_path / "pod.yaml").write_text(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: t}}\nspec: {{hostNetwork: true, containers: [{{name: a, image: nginx, env: [{{name: X, value: {SECRET}}}]}}]}}\n"
    )
    (tmp_path / "broken.yaml").write_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: !!int {SECRET}}}\n")
    done = raykeep("scan", ".", "-o", form)
    assert "pod-host-namespaces" in done.stdout or form == "html"
    assert SECRET not in done.stdout + done.stderr


def test_a_report_that_cannot_be_written_is_an_error(raykeep, pod, tmp_path):
    with open("/dev/full", "w") as full:
        binary = raykeep("--version").args[0]
        done = subprocess.run([binary, "scan", pod], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "could not be written" in done.stderr


def test_a_new_baseline_keeps_what_the_old_one_knows(raykeep, pod, tmp_path):
    raykeep("scan", pod, "--write-baseline", "known.json")
    first = json.loads((tmp_path / "known.json").read_text())
    raykeep("scan", pod, "--baseline", "known.json", "--write-baseline", "known.json")
    assert json.loads((tmp_path / "known.json").read_text()) == first and first["fingerprints"]


def test_what_the_operator_would_refuse_is_no_clean_scan(raykeep, tmp_path):
    (tmp_path / "ray.yaml").write_text("apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {headGroupSpec: {template: {spec: {containers: {}}}}}\n")
    done = raykeep("scan", "ray.yaml", "--fail-on", "never")
    assert done.returncode == 2 and "headGroupSpec has no container" in done.stderr


def test_html_of_very_many_clusters_has_no_picture_and_says_so(raykeep, tmp_path):
    cluster = """apiVersion: ray.io/v1
kind: RayCluster
metadata: {{name: ray-{0}, namespace: team}}
spec: {{headGroupSpec: {{template: {{spec: {{containers: [{{name: h, image: "rayproject/ray:2.60.0"}}]}}}}}}}}
"""
    (tmp_path / "many.yaml").write_text("---\n".join(cluster.format(i) for i in range(300)))
    (tmp_path / "one.yaml").write_text(cluster.format(0))
    many = raykeep("scan", "many.yaml", "-o", "html").stdout
    assert "There is no picture of 300 kinds of Ray pods" in many and "<svg" not in many
    assert "<svg" in raykeep("scan", "one.yaml", "-o", "html").stdout


def test_a_kustomization_that_nothing_can_render_is_read_as_it_stands_and_told(raykeep, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "pod.yaml").write_text(POD)
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [pod.yaml]\nnamespace: other\n")
    done = raykeep("scan", "base")
    assert "base is a kustomization, and kubectl is not installed" in done.stderr
    assert "base/pod.yaml: Pod team/web" in done.stdout


def test_a_chart_that_nothing_can_render_is_told_and_the_rest_checked(raykeep, pod, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 1.0.0\n")
    done = raykeep("scan", "chart", pod)
    assert done.returncode == 2 and "chart is a Helm chart, and helm is not installed" in done.stderr
    assert "image-tag-missing" in done.stdout


def test_the_guide_says_what_manifests_cannot_show(raykeep, pod):
    out = raykeep("scan", pod, "--guide").stdout
    assert "7  ?     Port forwarding" in out and "13  pass  RayJobs in K8sJobMode" in out
