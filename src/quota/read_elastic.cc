// SPDX-License-Identifier: Apache-2.0
// ElasticQuotaTree (ACK), and ElasticQuota as Koordinator and as scheduler-plugins read it.
#include <algorithm>
#include <map>

#include "document/json.h"
#include "quota/read.h"

namespace raykeep::quota {
namespace {

using document::Node;
using kube::Object;

void read_node(Tree& tree, const Object& object, const Node& node, std::size_t parent) {
  Quota quota;
  quota.name = kube::string_at(node, {"name"});
  quota.min = read_amounts(node.find("min"));
  quota.max = read_amounts(node.find("max"));
  quota.object = &object;
  quota.written = &node;
  quota.namespaces = document::texts_of(node.find("namespaces"));
  if (node.find("attributes") != nullptr) tree.losses.push_back({quota.name, "attributes say which resource flavours it may use"});
  const std::size_t own = tree.add(std::move(quota), parent);
  const Node* children = node.find("children");
  if (children == nullptr || tree.depth(own) == kDeepest) return;
  for (const Node& child : children->items()) read_node(tree, object, child, own);
}

Quota from_spec(const Object& object) {
  Quota quota;
  quota.name = object.name;
  quota.min = read_amounts(object.find({"spec", "min"}));
  quota.max = read_amounts(object.find({"spec", "max"}));
  quota.object = &object;
  quota.written = object.find({"spec"});
  if (quota.written == nullptr) quota.written = object.root;
  return quota;
}

std::vector<std::string> namespaces_of(const Object& object) {
  const auto list = document::read_json(kube::annotation(*object.root, kKoordinatorNamespaces));
  std::vector<std::string> out = document::texts_of(list ? &*list : nullptr);
  if (kube::label(*object.root, kKoordinatorIsParent) != "true" && out.empty()) out.emplace_back(object.effective_namespace());
  return out;
}

Quota from_koordinator(const Object& object, Tree& tree) {
  Quota quota = from_spec(object);
  quota.namespaces = namespaces_of(object);
  if (kube::label(*object.root, kKoordinatorAllowLent) == "false") {
    for (const auto& [resource, amount] : quota.min) quota.lends.emplace(resource, kube::Quantity());
  }
  if (!kube::annotation(*object.root, kKoordinatorSharedWeight).empty()) tree.losses.push_back({quota.name, "its shared-weight divides what is free in other shares"});
  return quota;
}

bool has_koordinator_mark(const Object& object) {
  for (const char* map : {"labels", "annotations"}) {
    const Node* found = object.find({"metadata", map});
    if (found == nullptr) continue;
    for (const document::Member& member : found->members()) {
      if (member.name().starts_with(kKoordinatorPrefix)) return true;
    }
  }
  return false;
}

}  // namespace

bool is_elastic_quota(const Object& object) { return object.kind == "ElasticQuota" && (object.group() == "scheduling.x-k8s.io" || object.group() == "scheduling.sigs.k8s.io"); }

bool is_koordinator(const Object& object) { return is_elastic_quota(object) && has_koordinator_mark(object); }

Tree read_elastic_quota_tree(const Object& object) {
  Tree tree;
  tree.dialect = Dialect::kElasticQuotaTree;
  read_node(tree, object, *object.find({"spec", "root"}), kNoParent);
  return tree;
}

Tree read_koordinator(const kube::Manifests& manifests) {
  Tree tree;
  tree.dialect = Dialect::kKoordinator;
  Quota root;
  root.name = kKoordinatorRoot;
  tree.add(std::move(root), kNoParent);
  std::multimap<std::string_view, const Object*> by_parent;
  for (const Object& object : manifests.objects()) {
    if (!is_koordinator(object) || object.name == kKoordinatorRoot) continue;
    const std::string_view parent = kube::label(*object.root, kKoordinatorParent);
    by_parent.emplace(parent.empty() ? kKoordinatorRoot : parent, &object);
  }
  // From the root down, so circles and orphans are never come upon.
  for (std::size_t i = 0; i < tree.quotas.size() && tree.depth(i) < kDeepest; ++i) {
    const auto [begin, end] = by_parent.equal_range(tree.quotas[i].name);
    const std::vector<std::pair<std::string_view, const Object*>> children(begin, end);
    by_parent.erase(begin, end);
    for (const auto& [name, object] : children) tree.add(from_koordinator(*object, tree), i);
  }
  return tree;
}

Tree read_scheduler_plugins(const kube::Manifests& manifests) {
  Tree tree;
  tree.dialect = Dialect::kSchedulerPlugins;
  Quota root;
  root.name = "all";
  tree.add(std::move(root), kNoParent);
  for (const Object& object : manifests.objects()) {
    if (!is_elastic_quota(object) || is_koordinator(object)) continue;
    Quota quota = from_spec(object);
    quota.namespaces = {std::string(object.effective_namespace())};
    // The plugin reads a max that is written without these as a max of none of them (framework.NewResource).
    if (object.find({"spec", "max"}) != nullptr) {
      for (const char* core : {"cpu", "memory", "ephemeral-storage"}) quota.max.try_emplace(core);
    }
    tree.add(std::move(quota), 0);
  }
  // All that is used stays within the sum of what is promised (aggregatedUsedOverMinWith).
  Quota& all = tree.quotas.front();
  all.min = tree.sum_of_mins(0);
  all.max = all.min;
  all.closed = true;
  return tree;
}

}  // namespace raykeep::quota
