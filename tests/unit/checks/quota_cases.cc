// SPDX-License-Identifier: Apache-2.0
// The rules about quotas, each on manifests that break it and on some that do not.
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

std::string tree(const std::string& root, const std::string& ns = "kube-system") {
  return "---\napiVersion: scheduling.sigs.k8s.io/v1beta1\nkind: ElasticQuotaTree\nmetadata: {name: t, namespace: " + ns + "}\nspec: {root: " + root + "}\n";
}

std::string leaf(const std::string& text) { return tree("{name: r, min: {cpu: 40}, max: {cpu: 40}, children: [" + text + "]}"); }

std::string ray(const std::string& labels = "") {
  return "---\napiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team" + labels + "}\nspec:\n  rayVersion: 2.60.0\n"
         "  headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r, resources: {requests: {cpu: 2}}}]}}}\n"
         "  workerGroupSpecs: [{groupName: w, replicas: 3, rayStartParams: {}, template: {spec: {containers: [{name: w, image: r, resources: {requests: {cpu: 2}}}]}}}]\n";
}

// A RayCluster of a head alone, with limits of its own.
std::string limited(const std::string& limits = "cpu: 2, memory: 2Gi") {
  return "---\napiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r, resources: {limits: {" + limits +
         "}}}]}}}}\n";
}
std::string device(const std::string& name) { return limited(name + ": 1"); }
std::string bound(const std::string& spec, const std::string& name = "q") { return "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: " + name + ", namespace: team}\n" + spec + "\n"; }
std::string range(const std::string& item) { return "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: team}\nspec: {limits: [" + item + "]}\n"; }

// An ElasticQuota of Koordinator below "top", which has is-parent and bounds cpu and memory.
std::string koordinator(const std::string& labels, const std::string& spec = "min: {cpu: 2}, max: {cpu: 4, memory: 8Gi}", const std::string& more = "") {
  return "---\napiVersion: scheduling.sigs.k8s.io/v1alpha1\nkind: ElasticQuota\nmetadata: {name: top, namespace: kube-system, labels: {quota.scheduling.koordinator.sh/is-parent: 'true'}}\n"
         "spec: {min: {cpu: 8}, max: {cpu: 10, memory: 32Gi}}\n"
         "---\napiVersion: scheduling.sigs.k8s.io/v1alpha1\nkind: ElasticQuota\nmetadata: {name: own, namespace: kube-system, labels: {" + labels + "}" + more + "}\nspec: {" + spec + "}\n";
}
std::string forced(std::string text) {
  const std::string mark = "is-parent: 'true'";
  return text.replace(text.find(mark), mark.size(), mark + ", quota.scheduling.koordinator.sh/allow-force-update: 'true'");
}
const std::string kUnderTop = "quota.scheduling.koordinator.sh/parent: top";

std::string plugin(const std::string& spec, const std::string& name = "q") {
  return "---\napiVersion: scheduling.x-k8s.io/v1alpha1\nkind: ElasticQuota\nmetadata: {name: " + name + ", namespace: team}\nspec: {" + spec + "}\n";
}
const std::string kPlainMax = "min: {cpu: 2}, max: {cpu: 4, memory: 8Gi}";

std::string queue(const std::string& resource, const std::string& spec = "cohortName: all, ") {
  return "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: research}\nspec: {" + spec + "namespaceSelector: {matchLabels: {team: a}}, preemption: {reclaimWithinCohort: Any}, "
         "resourceGroups: [{coveredResources: [cpu], flavors: [{name: default, resources: [" + resource + "]}]}]}\n";
}
const std::string kCpu = "{name: cpu, nominalQuota: 4}";

std::string group(const std::string& groups) {
  return "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: research}\nspec: {resourceGroups: [" + groups + "]}\n";
}
std::string flavor(const std::string& name) { return "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: ResourceFlavor\nmetadata: {name: " + name + "}\n"; }
std::string local(const std::string& name, const std::string& queue) {
  return "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\nmetadata: {name: " + name + ", namespace: team}\nspec: {clusterQueue: " + queue + "}\n";
}
std::string cohort(const std::string& name, const std::string& spec) { return "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: Cohort\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"; }

const Case kCases[] = {
    {"elastic-quota-tree-place", tree("{name: r}", "team"), tree("{name: r}")},
    {"elastic-quota-tree-place", tree("{name: r}") + tree("{name: r}"), tree("{name: r}")},
    {"elastic-quota-tree-name", leaf("{name: a}, {name: a}"), leaf("{name: a}, {name: b}")},
    {"elastic-quota-tree-name", leaf("{namespaces: [a]}"), leaf("{name: a}")},
    {"elastic-quota-tree-namespaces", leaf("{name: a, namespaces: [x], children: [{name: b}]}"), leaf("{name: a, namespaces: [], children: [{name: b, namespaces: [x]}]}")},
    {"elastic-quota-tree-namespace-twice", leaf("{name: a, namespaces: [x]}, {name: b, namespaces: [x]}"), leaf("{name: a, namespaces: [x]}, {name: b, namespaces: [z]}")},
    {"elastic-quota-tree-unknown-field", leaf("{name: a, namespace: [x]}"), leaf("{name: a, namespaces: [x], attributes: {resourceflavors: x}}")},
    {"elastic-quota-tree-root", tree("{name: r, min: {cpu: 4}, max: {cpu: 8}}"), tree("{name: r, min: {cpu: 8}, max: {cpu: 8}}")},
    {"elastic-quota-tree-child-max", leaf("{name: a, max: {cpu: 41}}"), leaf("{name: a, max: {cpu: 40}}")},
    {"elastic-quota-tree-namespace-missing", ray() + leaf("{name: a, namespaces: [other]}"), ray() + leaf("{name: a, namespaces: [team]}")},
    {"elastic-quota-tree-head-borrowed", ray() + leaf("{name: a, namespaces: [team], min: {cpu: 1}}"), ray() + leaf("{name: a, namespaces: [team], min: {cpu: 2}}")},
    {"elastic-quota-tree-cluster-too-large", ray() + leaf("{name: a, namespaces: [team], max: {cpu: 7}}"), ray() + leaf("{name: a, namespaces: [team], max: {cpu: 8}}")},
    {"elastic-quota-tree-foreign-label", ray(", labels: {quota.scheduling.alibabacloud.com/name: b}") + leaf("{name: a, namespaces: [team]}, {name: b, namespaces: [rich]}"),
     ray(", labels: {quota.scheduling.alibabacloud.com/name: a}") + leaf("{name: a, namespaces: [team]}, {name: b, namespaces: [rich]}")},
    {"elastic-quota-amount", leaf("{name: a, min: {cpu: many}}"), leaf("{name: a, min: {cpu: 500m}}")},
    {"elastic-quota-amount", plugin("max: {cpu: -1, memory: 1Gi}"), plugin("max: {cpu: 1, memory: 1Gi}")},
    {"elastic-quota-min-above-max", leaf("{name: a, min: {cpu: 4}, max: {cpu: 2}}"), leaf("{name: a, min: {cpu: 2}, max: {cpu: 2000m}}")},
    {"elastic-quota-min-above-max", plugin("min: {cpu: 5}, max: {cpu: 4, memory: 8Gi}"), plugin(kPlainMax)},
    {"elastic-quota-min-sum", leaf("{name: a, min: {cpu: 21}}, {name: b, min: {cpu: 20}}"), leaf("{name: a, min: {cpu: 20}}, {name: b, min: {cpu: 20}}")},
    {"elastic-quota-min-sum", koordinator(kUnderTop, "min: {cpu: 9}, max: {cpu: 9, memory: 8Gi}"), koordinator(kUnderTop)},
    {"elastic-quota-min-sum", koordinator(kUnderTop, "min: {cpu: 9}, max: {cpu: 9, memory: 8Gi}"), forced(koordinator(kUnderTop, "min: {cpu: 9}, max: {cpu: 9, memory: 8Gi}"))},
    {"elastic-quota-capacity", tree("{name: r, min: {cpu: 101}, max: {cpu: 101}}"), tree("{name: r, min: {cpu: 100}, max: {cpu: 100}}")},
    {"elastic-quota-capacity", plugin("min: {cpu: 101}"), plugin("min: {cpu: 100}")},
    {"elastic-quota-parent-missing", koordinator("quota.scheduling.koordinator.sh/parent: topp"), koordinator(kUnderTop)},
    {"elastic-quota-parent-not-parent", koordinator(kUnderTop) + "---\napiVersion: scheduling.sigs.k8s.io/v1alpha1\nkind: ElasticQuota\nmetadata: {name: below, labels: {quota.scheduling.koordinator.sh/parent: own}}\nspec: {}\n", koordinator(kUnderTop)},
    {"elastic-quota-cycle", koordinator("quota.scheduling.koordinator.sh/is-parent: 'true', quota.scheduling.koordinator.sh/parent: own"), koordinator(kUnderTop)},
    {"elastic-quota-tree-id-differs", koordinator(kUnderTop + ", quota.scheduling.koordinator.sh/tree-id: gpu"), koordinator(kUnderTop)},
    {"elastic-quota-shared-weight", koordinator(kUnderTop, kPlainMax, ", annotations: {quota.scheduling.koordinator.sh/shared-weight: half}"),
     koordinator(kUnderTop, kPlainMax, ", annotations: {quota.scheduling.koordinator.sh/shared-weight: '{\"cpu\": \"2\"}'}")},
    {"elastic-quota-shared-weight", koordinator(kUnderTop, kPlainMax, ", annotations: {quota.scheduling.koordinator.sh/shared-weight: '{\"cpu\": \"-2\"}'}"), koordinator(kUnderTop)},
    {"elastic-quota-min-without-max", koordinator(kUnderTop, "min: {cpu: 1}, max: {memory: 1Gi}"), koordinator(kUnderTop)},
    {"elastic-quota-keys-differ", koordinator(kUnderTop, "min: {cpu: 1}, max: {cpu: 1}"), koordinator(kUnderTop)},
    {"elastic-quota-min-keys", koordinator(kUnderTop, "min: {memory: 1Gi}, max: {cpu: 1, memory: 1Gi}"), koordinator(kUnderTop)},
    {"elastic-quota-used-above-max", koordinator(kUnderTop, "max: {cpu: 4, memory: 8Gi}}\nstatus: {used: {cpu: 5}", ", annotations: {quota.scheduling.koordinator.sh/max-strict-check-resource-keys: '[\"cpu\"]'}"),
     koordinator(kUnderTop, "max: {cpu: 4, memory: 8Gi}}\nstatus: {used: {cpu: 4}", ", annotations: {quota.scheduling.koordinator.sh/max-strict-check-resource-keys: '[\"cpu\"]'}")},
    {"elastic-quota-second", plugin(kPlainMax) + plugin(kPlainMax, "p"), plugin(kPlainMax)},
    {"elastic-quota-core-missing", plugin("max: {nvidia.com/gpu: 4}"), plugin("min: {nvidia.com/gpu: 4}")},
    {"elastic-quota-above-resource-quota", plugin(kPlainMax) + "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: h, namespace: team}\nspec: {hard: {requests.cpu: 3}}\n",
     plugin(kPlainMax) + "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: h, namespace: team}\nspec: {hard: {requests.cpu: 4}}\n"},
    {"kueue-amount", queue("{name: cpu, nominalQuota: -4}"), queue(kCpu)},
    {"kueue-limit-without-cohort", queue("{name: cpu, nominalQuota: 4, borrowingLimit: 2}", ""), queue("{name: cpu, nominalQuota: 4, borrowingLimit: 2}")},
    {"kueue-limit-without-cohort", cohort("a", "resourceGroups: [{coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 1, lendingLimit: 1}]}]}]"),
     cohort("a", "parentName: b, resourceGroups: [{coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 1, lendingLimit: 1}]}]}]")},
    {"kueue-lending-above-nominal", queue("{name: cpu, nominalQuota: 4, lendingLimit: 5}"), queue("{name: cpu, nominalQuota: 4, lendingLimit: 4}")},
    {"kueue-resources-differ", queue("{name: memory, nominalQuota: 4}"), queue(kCpu)},
    {"kueue-resources-differ", group("{coveredResources: [cpu], flavors: [{name: a, resources: [" + kCpu + "]}]}, {coveredResources: [cpu], flavors: [{name: b, resources: [" + kCpu + "]}]}"),
     group("{coveredResources: [cpu], flavors: [{name: a, resources: [" + kCpu + "]}]}, {coveredResources: [memory], flavors: [{name: b, resources: [{name: memory, nominalQuota: 1Gi}]}]}")},
    {"kueue-flavor-missing", queue(kCpu) + flavor("defualt"), queue(kCpu) + flavor("default")},
    {"kueue-cluster-queue-missing", queue(kCpu) + local("train", "reserach"), queue(kCpu) + local("train", "research")},
    {"kueue-cohort-cycle", cohort("a", "parentName: b") + cohort("b", "parentName: a"), cohort("a", "parentName: b") + cohort("b", "")},
    {"kueue-preemption-conflict", group("").substr(0, group("").find("spec:")) + "spec: {cohortName: all, preemption: {borrowWithinCohort: {policy: LowerPriority}}}\n",
     group("").substr(0, group("").find("spec:")) + "spec: {cohortName: all, preemption: {reclaimWithinCohort: Any, borrowWithinCohort: {policy: LowerPriority}}}\n"},
    {"kueue-namespace-selector", group(""), queue(kCpu)},
    {"kueue-namespace-selector", group("") + "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: open}\nspec: {namespaceSelector: {}}\n", queue(kCpu)},
    {"kueue-quota-not-reclaimed", "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: a}\nspec: {cohort: all, resourceGroups: [{coveredResources: [cpu], flavors: [{name: f, resources: [" + kCpu + "]}]}]}\n",
     "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: a}\nspec: {cohort: all, resourceGroups: [{coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 4, lendingLimit: 0}]}]}]}\n"},
    {"kueue-queue-missing", ray(", labels: {kueue.x-k8s.io/queue-name: traning}") + local("training", "research"), ray(", labels: {kueue.x-k8s.io/queue-name: training}") + local("training", "research")},
    {"resource-quota-missing", ray(), ray() + "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: team}\nspec: {hard: {requests.cpu: 9, memory: 9Gi}}\n"},
    {"resource-quota-missing", ray() + bound("spec: {hard: {configmaps: 9}}"), ray() + bound("spec: {hard: {limits.cpu: 9, limits.memory: 9Gi}}")},
    {"resource-quota-missing", ray() + bound("spec: {scopes: [BestEffort], hard: {pods: 9}}"), ray() + bound("spec: {scopes: [NotTerminating], hard: {cpu: 9, memory: 9Gi}}")},
    {"resource-quota-missing", ray() + bound("spec: {scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}, hard: {cpu: 9, memory: 9Gi}}"), ray() + bound("spec: {hard: {cpu: 9, memory: 9Gi}}")},
    {"resource-quota-too-small", limited() + bound("spec: {hard: {limits.cpu: 1}}"), limited() + bound("spec: {hard: {limits.cpu: 2}}")},
    {"resource-quota-too-small", ray() + bound("spec: {hard: {count/pods: 3}}"), ray() + bound("spec: {hard: {count/pods: 4}}")},
    {"resource-quota-without-gpu", device("huawei.com/Ascend910") + bound("spec: {hard: {cpu: 9}}"), device("huawei.com/Ascend910") + bound("spec: {hard: {cpu: 9}}") + bound("spec: {hard: {requests.huawei.com/Ascend910: 9}}", "devices")},
    {"limit-range-too-small", limited() + range("{type: Container, max: {cpu: 1}}"), limited() + range("{type: Container, max: {cpu: 2}}")},
    {"limit-range-too-small", limited("cpu: 2") + range("{type: Container, max: {memory: 1Gi}, default: {memory: 2Gi}}"), limited("cpu: 2") + range("{type: Container, max: {memory: 2Gi}, default: {memory: 1Gi}}")},
    {"limit-range-too-small", limited() + range("{type: Container, min: {cpu: 3}}"), limited() + range("{type: Container, min: {cpu: 1}}")},
};

}  // namespace

std::vector<Case> quota_cases() { return {std::begin(kCases), std::end(kCases)}; }

}  // namespace raykeep::checks
