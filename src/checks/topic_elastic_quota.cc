// SPDX-License-Identifier: Apache-2.0
// ElasticQuotaTree and ElasticQuota: what their schedulers expect, and the API server does not check.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "checks/topics.h"
#include "core/suggest.h"
#include "kube/resources.h"
#include "quota/tree.h"

namespace raykeep::checks {
namespace {

using kube::Quantity;
using quota::amount_text;
using quota::Amounts;
using quota::Quota;
using quota::Tree;
using report::Rule;
using report::Severity;

constexpr std::string_view kSource = "ACK, ElasticQuotaTree; Capacity Scheduling";
constexpr std::string_view kGood = "root: {name: root, min: {cpu: \"10\"}, max: {cpu: \"10\"}, children: [{name: a, namespaces: [a], min: {cpu: \"4\"}, max: {cpu: \"8\"}}]}";
constexpr Rule quota_rule(std::string_view id, Severity severity, std::string_view title, std::string_view why, std::string_view fix, std::string_view bad) {
  return {id, severity, "16", title, why, fix, bad, kGood, kSource};
}
constexpr Rule kPlace = quota_rule("elastic-quota-tree-place", Severity::kHigh, "This ElasticQuotaTree is not the one that counts",
                                   "The scheduler reads one tree, in kube-system.", "Keep one tree, in kube-system.", "metadata: {namespace: team-a}");
constexpr Rule kName = quota_rule("elastic-quota-tree-name", Severity::kHigh, "Two nodes of the tree have one name, or one has none", "Names identify nodes.", "Give each node its own name.", "children: [{name: a}, {name: a}]");
constexpr Rule kLeaf = quota_rule("elastic-quota-tree-namespaces", Severity::kHigh, "Namespaces stand in a node that has children", "Only leaves take namespaces.", "Move them to a leaf.", "{namespaces: [a], children: [{name: b}]}");
constexpr Rule kTwice = quota_rule("elastic-quota-tree-namespace-twice", Severity::kHigh, "A namespace is in two leaves", "A namespace belongs to exactly one leaf.", "Remove it from one.", "namespaces: [a] twice");
constexpr Rule kUnknown = quota_rule("elastic-quota-tree-unknown-field", Severity::kHigh, "A node has a field that nobody reads", "The API server keeps any field of a tree, so a mistyped one silently means nothing.",
                                     "Correct it, or take it out.", "{name: a, namespace: [a]}");
constexpr Rule kRoot = quota_rule("elastic-quota-tree-root", Severity::kMedium, "The root's min and max differ", "The root is the whole cluster.", "Make them equal.", "root: {min: {cpu: 4}, max: {cpu: 8}}");
constexpr Rule kChildMax = quota_rule("elastic-quota-tree-child-max", Severity::kMedium, "A child may use more than its parent", "The parent's max ends it first.", "Lower the child's max.", "{max: {cpu: 4}, children: [{max: {cpu: 8}}]}");
constexpr Rule kUnmapped = quota_rule("elastic-quota-tree-namespace-missing", Severity::kLow, "A namespace with Ray is in no leaf", "Its pods are outside every quota.", "Add it to a leaf.", "namespaces: []");
constexpr Rule kHeads = quota_rule("elastic-quota-tree-head-borrowed", Severity::kLow, "The heads of Ray clusters run on what another team was promised",
                                   "When that team asks for it, pods of this one are evicted. A cluster ends with its head.", "Promise at least what the heads ask for, or give them a higher priority.",
                                   "{name: a, namespaces: [a], max: {cpu: 8}}");
constexpr Rule kTooLarge = quota_rule("elastic-quota-tree-cluster-too-large", Severity::kMedium, "A Ray cluster at its largest does not fit its leaf", "Its last workers wait for ever.",
                                      "Raise the leaf's max, or lower maxReplicas.", "{name: a, namespaces: [a], max: {cpu: 2}}");
constexpr Rule kForeign = quota_rule("elastic-quota-tree-foreign-label", Severity::kHigh, "A label charges a quota that is not the namespace's",
                                     "quota.scheduling.alibabacloud.com/name beats the namespace, and by default nobody checks whose quota it names.", "Remove the label, or name the namespace's own leaf.",
                                     "labels: {quota.scheduling.alibabacloud.com/name: another-team}");
constexpr Rule kAmount{"elastic-quota-amount", Severity::kHigh, "16", "An amount is negative or no quantity", "The scheduler cannot read it.", "Write a quantity such as \"4\" or 16Gi.", "min: {cpu: many}", "min: {cpu: \"4\"}",
                       "ACK, ElasticQuotaTree; scheduler-plugins, KEP-9; Koordinator, webhook elasticquota"};
constexpr Rule kMinMax{"elastic-quota-min-above-max", Severity::kHigh, "16", "A min is above the max", "What is promised may not be used.", "Raise max or lower min.", "{min: {cpu: 4}, max: {cpu: 2}}",
                       "{min: {cpu: 2}, max: {cpu: 4}}", "ACK, ElasticQuotaTree; scheduler-plugins, KEP-9; Koordinator, webhook elasticquota"};
constexpr Rule kSum{"elastic-quota-min-sum", Severity::kMedium, "16", "The children are promised more than their parent", "The promises cannot all be kept.", "Lower the children's min.",
                    "{min: {cpu: 4}, children: [{min: {cpu: 3}}, {min: {cpu: 3}}]}", "{min: {cpu: 6}, children: [{min: {cpu: 3}}, {min: {cpu: 3}}]}", "ACK, Capacity Scheduling; Koordinator, webhook elasticquota"};
constexpr Rule kCapacity{"elastic-quota-capacity", Severity::kHigh, "16", "More is promised than the cluster has", "The promises cannot all be kept.", "Lower the mins, or correct scan.capacity.", "min: {cpu: 400}",
                         "min: {cpu: 40}", "ACK, Capacity Scheduling; scheduler-plugins, KEP-9"};
constexpr std::array kRules{&kPlace, &kName, &kLeaf, &kTwice, &kUnknown, &kAmount, &kMinMax, &kRoot, &kSum, &kChildMax, &kUnmapped, &kHeads, &kTooLarge, &kForeign, &kCapacity};

Subject subject_of(const Quota& quota) { return {quota.object, quota.object, nullptr}; }

// Where an amount stands; the quota itself where it is made up.
const Node& place(const Quota& quota, std::string_view list, std::string_view resource) {
  const Node* found = quota.written->find_path({list, resource});
  return found == nullptr ? *quota.written : *found;
}

void check_amounts(const Quota& quota, Findings& findings) {
  for (const char* list : {"min", "max"}) {
    const Node* amounts = quota.written->find(list);
    if (amounts == nullptr) continue;
    for (const document::Member& member : amounts->members()) {
      const auto quantity = Quantity::from(member.value);
      if (!quantity || quantity->is_negative())
        findings.add(kAmount, subject_of(quota), member.value, fmt::format("{}.{}.{} is {}", quota.name, list, member.name(), member.value.text()));
    }
  }
  for (const auto& [resource, least] : quota.min) {
    const Node* most = quota.written->find_path({"max", resource});
    const auto bound = most == nullptr ? std::nullopt : Quantity::from(*most);
    if (bound && *bound < least)
      findings.add(kMinMax, subject_of(quota), place(quota, "min", resource), fmt::format("{}: min {} of {} is above max {}", quota.name, amount_text(least, resource), resource, most->text()));
  }
}

void check_sum(const Tree& tree, std::size_t index, Findings& findings) {
  const Quota& quota = tree.quotas[index];
  for (const auto& [resource, sum] : tree.sum_of_mins(index)) {
    const Quantity promised = kube::amount_of(quota.min, resource);
    if (sum <= promised) continue;
    const Node* children = quota.written->find("children");
    findings.add(kSum, subject_of(quota), children == nullptr ? place(quota, "min", resource) : *children,
                 fmt::format("the children of {} are promised {} of {}, and {} has {}", quota.name, amount_text(sum, resource), resource, quota.name, amount_text(promised, resource)));
  }
}

void check_capacity(const Tree& tree, const World& world, Findings& findings) {
  const Quota& top = tree.root();
  const bool written = top.written != nullptr;
  const Amounts promised = written ? top.min : tree.sum_of_mins(0);
  for (const auto& [resource, has] : world.settings.capacity) {
    const auto found = promised.find(resource);
    if (found == promised.end() || found->second <= has) continue;
    const Quota& at = written ? top : tree.quotas[1];
    findings.add(kCapacity, subject_of(at), place(at, "min", resource),
                 fmt::format("{} of {} are promised, and the cluster has {}", amount_text(found->second, resource), resource, amount_text(has, resource)));
  }
}

// What the Ray pods of a leaf's namespaces ask for.
struct RayDemand {
  Amounts heads;
  std::map<const kube::Object*, Amounts> clusters;  // at their largest
};

class AckTree {
 public:
  AckTree(const Tree& tree, const World& world, Findings& findings) : tree_(tree), world_(world), findings_(findings) {}

  void run() {
    for (std::size_t i = 0; i < tree_.quotas.size(); ++i) {
      check_name(tree_.quotas[i]);
      check_fields(tree_.quotas[i]);
      check_namespaces(i);
      check_child_max(i);
      if (tree_.quotas[i].children.empty()) check_ray(tree_.quotas[i]);
    }
    check_root();
    check_unmapped();
    check_labels();
  }

 private:
  void add(const Rule& rule, const Quota& quota, const Node& at, std::string message) { findings_.add(rule, subject_of(quota), at, std::move(message)); }

  void check_name(const Quota& quota) {
    if (quota.name.empty()) add(kName, quota, *quota.written, "this node has no name");
    else if (!names_.insert(quota.name).second) add(kName, quota, *quota.written->find("name"), fmt::format("{} is the name of another node too", quota.name));
  }

  void check_fields(const Quota& quota) {
    static constexpr std::array<std::string_view, 6> kKnown{"name", "namespaces", "min", "max", "attributes", "children"};
    for (const document::Member& member : quota.written->members()) {
      if (std::find(kKnown.begin(), kKnown.end(), member.name()) != kKnown.end()) continue;
      const auto meant = suggest(member.name(), kKnown);
      add(kUnknown, quota, member.key, fmt::format("{} has {}{}", quota.name, member.name(), meant ? "; did you mean " + *meant + "?" : ""));
    }
  }

  void check_namespaces(std::size_t index) {
    const Quota& quota = tree_.quotas[index];
    const Node* namespaces = quota.written->find("namespaces");
    if (namespaces == nullptr || namespaces->items().empty()) return;
    if (!quota.children.empty()) add(kLeaf, quota, *namespaces, fmt::format("{} has children and namespaces", quota.name));
    for (const Node& ns : namespaces->items()) {
      const auto [known, fresh] = leaves_.try_emplace(std::string(ns.text()), quota.name);
      if (!fresh) add(kTwice, quota, ns, fmt::format("namespace {} is in {} and in {}", ns.text(), known->second, quota.name));
    }
  }

  void check_child_max(std::size_t index) {
    const Quota& quota = tree_.quotas[index];
    if (quota.parent == quota::kNoParent) return;
    const Quota& parent = tree_.quotas[quota.parent];
    for (const auto& [resource, own] : quota.max) {
      const auto most = parent.max.find(resource);
      if (most != parent.max.end() && own > most->second)
        add(kChildMax, quota, place(quota, "max", resource), fmt::format("{} of {} is above the {} of {}", amount_text(own, resource), resource, amount_text(most->second, resource), parent.name));
    }
  }

  void check_root() {
    const Quota& root = tree_.root();
    if (root.min.empty() || root.max.empty()) return;
    for (const auto& [resource, most] : root.max) {
      const auto least = root.min.find(resource);
      if (least == root.min.end() || least->second != most)
        add(kRoot, root, place(root, "max", resource), fmt::format("{}: min is {}, max is {}", resource, least == root.min.end() ? "not set" : amount_text(least->second, resource), amount_text(most, resource)));
    }
  }

  RayDemand demand(const Quota& leaf) const {
    RayDemand out;
    for (const Pod& pod : world_.pods) {
      if (!pod.is_ray() || std::find(leaf.namespaces.begin(), leaf.namespaces.end(), pod.ns) == leaf.namespaces.end()) continue;
      const std::int64_t most = std::min<std::int64_t>(pod.group->most_pods(), 1'000'000);
      for (const auto& [resource, amount] : kube::pod_requests(*pod.spec)) {
        if (pod.is_head()) out.heads[resource] += amount;
        out.clusters[pod.written][resource] += amount * most;
      }
    }
    return out;
  }

  void check_ray(const Quota& leaf) {
    const RayDemand asked = demand(leaf);
    for (const auto& [resource, amount] : asked.heads) {
      const Quantity promised = kube::amount_of(leaf.min, resource);
      if (amount <= promised || (!leaf.min.contains(resource) && !leaf.max.contains(resource))) continue;
      add(kHeads, leaf, place(leaf, "min", resource), fmt::format("the heads of {} ask for {} of {}, and {} are promised", leaf.name, amount_text(amount, resource), resource, amount_text(promised, resource)));
    }
    for (const auto& [cluster, amounts] : asked.clusters) {
      for (const auto& [resource, amount] : amounts) {
        const auto most = leaf.max.find(resource);
        if (most != leaf.max.end() && amount > most->second)
          add(kTooLarge, leaf, place(leaf, "max", resource),
              fmt::format("{} asks for {} of {} at its largest, and {} may use {}", cluster->title(), amount_text(amount, resource), resource, leaf.name, amount_text(most->second, resource)));
      }
    }
  }

  void check_unmapped() {
    std::set<std::string_view> told;
    for (const Pod& pod : world_.pods) {
      if (pod.is_ray() && !leaves_.contains(pod.ns) && told.insert(pod.ns).second)
        add(kUnmapped, tree_.root(), *tree_.root().written, fmt::format("namespace {} of {} is in no leaf", pod.ns, pod.written->title()));
    }
  }

  void check_label(const kube::Object& object, const Node* metadata, std::string_view ns) {
    const Node* label = metadata == nullptr ? nullptr : metadata->find_path({"labels", quota::kQuotaLabel});
    if (label == nullptr) return;
    const auto own = leaves_.find(ns);
    if (own != leaves_.end() && own->second == label->text()) return;
    findings_.add(kForeign, Subject{&object, &object, nullptr}, *label,
                  fmt::format("it charges {}, and namespace {} is in {}", label->text(), ns, own == leaves_.end() ? std::string("no leaf") : own->second));
  }

  void check_labels() {
    for (const kube::Object& object : world_.manifests.objects()) check_label(object, object.find({"metadata"}), object.effective_namespace());
    for (const Pod& pod : world_.pods) {
      if (pod.metadata != nullptr && pod.metadata != pod.written->find({"metadata"})) check_label(*pod.written, pod.metadata, pod.ns);
    }
  }

  const Tree& tree_;
  const World& world_;
  Findings& findings_;
  std::set<std::string> names_;
  std::map<std::string, std::string, std::less<>> leaves_;  // by namespace
};

// Koordinator leaves the roots of its trees alone, and who asks for it.
bool is_exempt_from_sums(const Tree& tree, std::size_t index) {
  const Quota& quota = tree.quotas[index];
  if (quota.written == nullptr || quota.children.empty()) return true;
  const auto is_set = [&](std::string_view label) { return kube::label(*quota.object->root, label) == "true"; };
  return tree.dialect == quota::Dialect::kKoordinator && (is_set(quota::kKoordinatorIsRoot) || is_set(quota::kKoordinatorForceUpdate));
}

void check_place(const World& world, Findings& findings) {
  bool first = true;
  for (const Subject& subject : world.of("scheduling.sigs.k8s.io", "ElasticQuotaTree")) {
    const kube::Object& object = *subject.object;
    if (object.effective_namespace() != "kube-system") findings.add(kPlace, subject, *object.root, fmt::format("it is in namespace {}", object.effective_namespace()));
    else if (!first) findings.add(kPlace, subject, *object.root, "there is another tree in kube-system");
    first = false;
  }
}

void check(const World& world, Findings& findings) {
  check_place(world, findings);
  for (const Tree& tree : quota::read_trees(world.manifests)) {
    if (tree.dialect == quota::Dialect::kKueue || tree.dialect == quota::Dialect::kResourceQuota) continue;
    for (std::size_t i = 0; i < tree.quotas.size(); ++i) {
      if (tree.quotas[i].written != nullptr) check_amounts(tree.quotas[i], findings);
      if (!is_exempt_from_sums(tree, i)) check_sum(tree, i, findings);
    }
    check_capacity(tree, world, findings);
    if (tree.dialect == quota::Dialect::kElasticQuotaTree) AckTree(tree, world, findings).run();
  }
}

}  // namespace

const Topic kElasticQuotaTopic{kRules, check};

}  // namespace raykeep::checks
