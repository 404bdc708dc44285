# SPDX-License-Identifier: Apache-2.0
"""raykeep quota as its users meet it."""
import json
import os
import subprocess

import pytest

RAYKEEP = os.environ["RAYKEEP"]

TREE = """\
apiVersion: scheduling.sigs.k8s.io/v1beta1
kind: ElasticQuotaTree
metadata: {name: elasticquotatree, namespace: kube-system}
spec:
  root:
    name: root
    min: {cpu: "10"}
    max: {cpu: "10"}
    children:
    - {name: video, namespaces: [ray-video], min: {cpu: "4"}, max: {cpu: "8"}}
    - {name: serving, namespaces: [ray-serve], min: {cpu: "6"}, max: {cpu: "10"}}
"""
CLUSTER = """\
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: demo, namespace: ray-video}
spec:
  rayVersion: 2.60.0
  headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r, resources: {requests: {cpu: 2}}}]}}}
  workerGroupSpecs: [{groupName: small, replicas: 2, rayStartParams: {}, template: {spec: {containers: [{name: w, image: r, resources: {requests: {cpu: 2}}}]}}}]
"""
SCENARIO = """\
steps:
- submit: {manifests: demo.yaml}
- submit: {name: serve, namespace: ray-serve, requests: {cpu: 6}}
"""


@pytest.fixture
def files(tmp_path):
    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return tmp_path

    return write


def raykeep(*arguments, cwd=None, code=0):
    done = subprocess.run([RAYKEEP, "quota", *map(str, arguments)], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_check_points_at_the_line_of_a_mistyped_field(files):
    folder = files(tree=TREE.replace("namespaces: [ray-video]", "namespace: [ray-video]"))
    done = raykeep("check", "tree.yaml", cwd=folder, code=1)
    assert "10:21: high elastic-quota-tree-unknown-field" in done.stdout
    assert "video has namespace; did you mean namespaces?" in done.stdout


def test_check_runs_the_rules_about_quotas_alone(files):
    folder = files(tree=TREE, demo=CLUSTER)
    found = json.loads(raykeep("check", ".", "-o", "json", "--fail-on", "never", cwd=folder).stdout)["findings"]
    assert {finding["rule"] for finding in found} == {"resource-quota-missing"}


def test_check_holds_promises_against_the_cluster_that_the_configuration_names(files):
    folder = files(tree=TREE)
    (folder / ".raykeep.yaml").write_text('scan: {capacity: {cpu: "8"}}\n')
    assert "10 of cpu are promised, and the cluster has 8" in raykeep("check", "tree.yaml", cwd=folder, code=1).stdout


def test_simulate_tells_who_is_evicted_and_why(files):
    folder = files(tree=TREE, demo=CLUSTER, scenario=SCENARIO)
    text = raykeep("simulate", "tree.yaml", "--scenario", "scenario.yaml", cwd=folder).stdout
    assert "runs     demo small 2, borrowing 2 of cpu" in text
    assert "evicted  demo small 2: cpu was promised to serving, and serve asks for it" in text
    assert "Still waiting: demo small 2" in text
    told = json.loads(raykeep("simulate", "tree.yaml", "--scenario", "scenario.yaml", "-o", "json", cwd=folder).stdout)
    assert told["waiting"] == ["demo small 2"]
    assert {quota["name"]: quota["used"].get("cpu") for quota in told["quotas"]} == {"root": "10", "video": "4", "serving": "6"}


def test_convert_there_and_back_keeps_every_promise(files):
    folder = files(tree=TREE)
    for dialect in ("koordinator", "kueue"):
        (folder / f"{dialect}.yaml").write_text(raykeep("convert", "tree.yaml", "--to", dialect, cwd=folder).stdout)
        assert raykeep("check", f"{dialect}.yaml", cwd=folder).stdout.endswith("nothing found\n")
        back = raykeep("convert", f"{dialect}.yaml", "--to", "elastic-quota-tree", cwd=folder).stdout
        for line in ("- ray-video", 'cpu: "4"', 'cpu: "8"', 'cpu: "6"', 'cpu: "10"'):
            assert line in back, (dialect, line)


def test_convert_says_what_is_lost(files):
    folder = files(tree=TREE)
    text = raykeep("convert", "tree.yaml", "--to", "resource-quota", cwd=folder).stdout
    assert text.startswith("# From elastic-quota-tree to resource-quota.\n# Lost: video: its promise:")
    assert text.count("kind: ResourceQuota") == 2


@pytest.mark.parametrize("arguments, says", [
    (("convert", "broken.yaml", "--to", "kueue"), "broken.yaml:10:57: elastic-quota-min-above-max: video: min 9 of cpu is above max 8 [quotas-broken]"),
    (("simulate", "broken.yaml", "--scenario", "scenario.yaml"), "[quotas-broken]\n  See raykeep quota check."),
])
def test_broken_quotas_are_refused(files, arguments, says):
    folder = files(broken=TREE.replace('min: {cpu: "4"}', 'min: {cpu: "9"}'), scenario=SCENARIO, demo=CLUSTER)
    done = raykeep(*arguments, cwd=folder, code=1)
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments, says", [
    (("convert", "demo.yaml", "--to", "kueue"), "the manifests have no ElasticQuotaTree, ElasticQuota, ClusterQueue or ResourceQuota [no-quotas]"),
    (("convert", "tree.yaml", "--to", "kueue", "--from", "koordinator"), "the manifests have no quotas of koordinator [no-quotas]"),
    (("convert", "tree.yaml", "both.yaml", "--to", "kueue"), "the manifests have quotas of elastic-quota-tree and resource-quota; say which with --from [no-quotas]"),
    (("convert", "tree.yaml", "--to", "yunikorn"), "--to: yunikorn not in {"),
    (("convert", "gone.yaml", "--to", "kueue"), "gone.yaml: cannot read it"),
    (("simulate", "tree.yaml", "--scenario", "typo.yaml"), 'typo.yaml:2:3: unknown key "finsh" in "steps[]"; did you mean "finish"?'),
    (("simulate", "tree.yaml", "--scenario", "nobody.yaml"), "nobody.yaml:2:3: there is no workload x to finish"),
])
def test_wrong_input_is_told_with_its_place(files, arguments, says):
    both = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: a}\nspec: {hard: {requests.cpu: 4}}\n"
    folder = files(tree=TREE, demo=CLUSTER, both=both, typo="steps:\n- finsh: x\n", nobody="steps:\n- finish: x\n")
    assert says in raykeep(*arguments, cwd=folder, code=2).stderr
