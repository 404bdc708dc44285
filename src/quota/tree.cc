// SPDX-License-Identifier: Apache-2.0
#include "quota/tree.h"

#include <algorithm>

#include "quota/read.h"
#include "ray/build_node.h"

namespace raykeep::quota {

std::string_view dialect_name(Dialect dialect) {
  switch (dialect) {
    case Dialect::kElasticQuotaTree: return "elastic-quota-tree";
    case Dialect::kKoordinator: return "koordinator";
    case Dialect::kSchedulerPlugins: return "scheduler-plugins";
    case Dialect::kKueue: return "kueue";
    case Dialect::kResourceQuota: return "resource-quota";
  }
  return {};
}

std::optional<Dialect> parse_dialect(std::string_view name) {
  for (const Dialect dialect : kDialects) {
    if (dialect_name(dialect) == name) return dialect;
  }
  return std::nullopt;
}

std::size_t Tree::add(Quota quota, std::size_t parent) {
  const std::size_t index = quotas.size();
  quota.parent = parent;
  quotas.push_back(std::move(quota));
  if (parent != kNoParent) quotas[parent].children.push_back(index);
  return index;
}

std::size_t Tree::depth(std::size_t index) const {
  std::size_t out = 0;
  for (; quotas[index].parent != kNoParent; index = quotas[index].parent) ++out;
  return out;
}

Amounts Tree::sum_of_mins(std::size_t index) const {
  Amounts out;
  for (const std::size_t child : quotas[index].children) {
    for (const auto& [resource, amount] : quotas[child].min) out[resource] += amount;
  }
  return out;
}

std::set<std::string> Tree::resources_below(std::size_t index) const {
  std::set<std::string> out;
  std::vector<bool> inside(quotas.size());
  for (std::size_t i = index; i < quotas.size(); ++i) {
    inside[i] = i == index || (quotas[i].parent != kNoParent && inside[quotas[i].parent]);
    if (!inside[i]) continue;
    for (const Amounts* amounts : {&quotas[i].min, &quotas[i].max}) {
      for (const auto& [resource, amount] : *amounts) out.insert(resource);
    }
  }
  return out;
}

std::optional<kube::Quantity> Tree::nearest_max(std::size_t index, std::string_view resource) const {
  for (std::size_t i = index; i != kNoParent; i = quotas[i].parent) {
    const auto found = quotas[i].max.find(resource);
    if (found != quotas[i].max.end()) return found->second;
  }
  return std::nullopt;
}

std::set<std::string_view> names_in_circles(const std::map<std::string_view, std::string_view>& parents) {
  std::set<std::string_view> circles, done;
  for (const auto& [start, unused] : parents) {
    std::vector<std::string_view> path;
    auto at = parents.find(start);
    while (at != parents.end() && done.insert(at->first).second) {
      path.push_back(at->first);
      at = parents.find(at->second);
    }
    if (at == parents.end()) continue;
    // Back on the way just gone: what lies behind the place is a circle. Anywhere else it was looked at before.
    circles.insert(std::find(path.begin(), path.end(), at->first), path.end());
  }
  return circles;
}

std::string amount_text(const kube::Quantity& amount, std::string_view resource) {
  return amount.text(resource == "memory" || resource == "ephemeral-storage" || resource.starts_with("hugepages-"));
}

Amounts read_amounts(const document::Node* mapping) {
  Amounts out;
  if (mapping == nullptr) return out;
  for (const document::Member& member : mapping->members()) {
    if (const auto amount = kube::Quantity::from(member.value)) out.emplace(member.name(), *amount);
  }
  return out;
}

document::Node write_amounts(const Amounts& amounts) {
  document::Node out = document::Node::mapping();
  for (const auto& [resource, amount] : amounts) out.set(resource, ray::text(amount_text(amount, resource)));
  return out;
}

std::vector<Tree> read_trees(const kube::Manifests& manifests) {
  std::vector<Tree> out;
  for (const kube::Object& object : manifests.objects()) {
    if (object.is("scheduling.sigs.k8s.io", "ElasticQuotaTree") && object.find({"spec", "root"}) != nullptr) out.push_back(read_elastic_quota_tree(object));
  }
  for (Tree (*read)(const kube::Manifests&) : {read_koordinator, read_scheduler_plugins, read_kueue, read_resource_quotas}) {
    Tree tree = read(manifests);
    if (tree.quotas.size() > 1) out.push_back(std::move(tree));
  }
  return out;
}

}  // namespace raykeep::quota
