// SPDX-License-Identifier: Apache-2.0
// ACK's ElasticQuotaTree, which the API server itself does not check (scheduling.sigs.k8s.io/v1beta1).
#include <array>
#include <fmt/format.h>
#include <map>

#include "checks/topics.h"
#include "kube/quantity.h"

namespace raykeep::checks {
namespace {

using kube::Quantity;
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
constexpr Rule kMinMax = quota_rule("elastic-quota-tree-min-above-max", Severity::kHigh, "A node's min is above its max", "What is promised may not be used.", "Raise max or lower min.", "{min: {cpu: 4}, max: {cpu: 2}}");
constexpr Rule kRoot = quota_rule("elastic-quota-tree-root", Severity::kMedium, "The root's min and max differ", "The root is the whole cluster.", "Make them equal.", "root: {min: {cpu: 4}, max: {cpu: 8}}");
constexpr Rule kSum = quota_rule("elastic-quota-tree-min-sum", Severity::kMedium, "The children are promised more than their parent", "The promises cannot all be kept.", "Lower the children's min.", "{min: {cpu: 4}, children: [{min: {cpu: 3}}, {min: {cpu: 3}}]}");
constexpr Rule kChildMax = quota_rule("elastic-quota-tree-child-max", Severity::kMedium, "A child may use more than its parent", "The parent's max ends it first.", "Lower the child's max.", "{max: {cpu: 4}, children: [{max: {cpu: 8}}]}");
constexpr Rule kAmount = quota_rule("elastic-quota-tree-amount", Severity::kHigh, "An amount is negative or no quantity", "The scheduler cannot read it.", "Write a quantity such as \"4\" or 16Gi.", "min: {cpu: many}");
constexpr Rule kUnmapped = quota_rule("elastic-quota-tree-namespace-missing", Severity::kLow, "A namespace with Ray is in no leaf", "Its pods are outside every quota.", "Add it to a leaf.", "namespaces: []");
constexpr std::array kRules{&kPlace, &kName, &kLeaf, &kTwice, &kMinMax, &kRoot, &kSum, &kChildMax, &kAmount, &kUnmapped};

class Tree {
 public:
  Tree(const Subject& subject, Findings& findings) : subject_(subject), findings_(findings) {}
  void root(const Node& node) {
    visit(node, 0);
    const Node* min = node.find("min");
    const Node* max = node.find("max");
    if (min == nullptr || max == nullptr) return;
    for (const document::Member& member : max->members()) {
      const Node* other = min->find(member.name());
      if (other == nullptr || Quantity::from(*other) != Quantity::from(member.value))
        findings_.add(kRoot, subject_, member.value, fmt::format("{}: min is {}, max is {}", member.name(), other == nullptr ? "not set" : other->text(), member.value.text()));
    }
  }
  bool has_namespace(std::string_view ns) const { return namespaces_.contains(ns); }

 private:
  static constexpr unsigned kDeepest = 32;

  std::optional<Quantity> amount(const Node& node, std::string_view list, std::string_view resource) {
    const Node* found = node.find_path({list, resource});
    return found == nullptr ? std::nullopt : Quantity::from(*found);
  }

  void check_amounts(const Node& node, const std::string& name) {
    for (const char* list : {"min", "max"}) {
      const Node* amounts = node.find(list);
      if (amounts == nullptr) continue;
      for (const document::Member& member : amounts->members()) {
        const auto quantity = Quantity::from(member.value);
        if (!quantity || quantity->is_negative())
          findings_.add(kAmount, subject_, member.value, fmt::format("{}.{}.{} is {}", name, list, member.name(), member.value.text()));
      }
    }
    const Node* min = node.find("min");
    if (min == nullptr) return;
    for (const document::Member& member : min->members()) {
      const auto least = Quantity::from(member.value);
      const auto most = amount(node, "max", member.name());
      if (least && most && *most < *least)
        findings_.add(kMinMax, subject_, member.value, fmt::format("{}: min {} of {} is above max {}", name, member.value.text(), member.name(), most->text()));
    }
  }

  void check_children(const Node& node, const std::string& name, const Node& children) {
    std::map<std::string, Quantity, std::less<>> sums;
    for (const Node& child : children.items()) {
      if (const Node* min = child.find("min")) {
        for (const document::Member& member : min->members()) sums[std::string(member.name())] += Quantity::from(member.value).value_or(Quantity());
      }
      const Node* max = child.find("max");
      if (max == nullptr) continue;
      for (const document::Member& member : max->members()) {
        const auto own = Quantity::from(member.value);
        const auto parent = amount(node, "max", member.name());
        if (own && parent && *own > *parent)
          findings_.add(kChildMax, subject_, member.value, fmt::format("{} of {} is above the {} of {}", member.value.text(), member.name(), parent->text(), name));
      }
    }
    for (const auto& [resource, sum] : sums) {
      const auto own = amount(node, "min", resource);
      if (sum > own.value_or(Quantity()))
        findings_.add(kSum, subject_, children, fmt::format("the children of {} are promised {} of {}, and {} has {}", name, sum.text(), resource, name, own ? own->text() : "0"));
    }
  }

  void check_namespaces(const Node& node, const std::string& name, bool leaf) {
    const Node* namespaces = node.find("namespaces");
    if (namespaces == nullptr || namespaces->items().empty()) return;
    if (!leaf) findings_.add(kLeaf, subject_, *namespaces, fmt::format("{} has children and namespaces", name));
    for (const Node& ns : namespaces->items()) {
      const auto [known, fresh] = namespaces_.try_emplace(std::string(ns.text()), name);
      if (!fresh) findings_.add(kTwice, subject_, ns, fmt::format("namespace {} is in {} and in {}", ns.text(), known->second, name));
    }
  }

  void visit(const Node& node, unsigned depth) {
    if (depth > kDeepest) return;
    const std::string name(kube::string_at(node, {"name"}));
    if (name.empty()) findings_.add(kName, subject_, node, "this node has no name");
    else if (!names_.try_emplace(name, true).second) findings_.add(kName, subject_, *node.find("name"), fmt::format("{} is the name of another node too", name));
    check_amounts(node, name);
    const Node* children = node.find("children");
    const bool leaf = children == nullptr || children->items().empty();
    check_namespaces(node, name, leaf);
    if (leaf) return;
    check_children(node, name, *children);
    for (const Node& child : children->items()) visit(child, depth + 1);
  }

  const Subject& subject_;
  Findings& findings_;
  std::map<std::string, bool, std::less<>> names_;
  std::map<std::string, std::string, std::less<>> namespaces_;
};

void check(const World& world, Findings& findings) {
  if (world.settings.profile != Profile::kAck) return;
  bool first = true;
  for (const Subject& subject : world.of("scheduling.sigs.k8s.io", "ElasticQuotaTree")) {
    const kube::Object& object = *subject.object;
    if (object.effective_namespace() != "kube-system") findings.add(kPlace, subject, *object.root, fmt::format("it is in namespace {}", object.effective_namespace()));
    else if (!first) findings.add(kPlace, subject, *object.root, "there is another tree in kube-system");
    first = false;
    const Node* root = object.find({"spec", "root"});
    if (root == nullptr) continue;
    Tree tree(subject, findings);
    tree.root(*root);
    std::map<std::string, bool, std::less<>> told;
    for (const Pod& pod : world.pods) {
      if (pod.is_ray() && !tree.has_namespace(pod.ns) && told.try_emplace(pod.ns, true).second)
        findings.add(kUnmapped, subject, *root, fmt::format("namespace {} of {} is in no leaf", pod.ns, pod.written->title()));
    }
  }
}

}  // namespace

const Topic kElasticQuotaTopic{kRules, check};

}  // namespace raykeep::checks
