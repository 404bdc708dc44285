// SPDX-License-Identifier: Apache-2.0
#include "quota/convert.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "document/json.h"
#include "document/yaml_writer.h"
#include "quota/write.h"
#include "ray/build_node.h"

namespace raykeep::quota {
namespace {

using document::Node;
using kube::Quantity;
using ray::list;
using ray::object;
using ray::text;

// Every leaf's min and max from its limit: a ResourceQuota promises nothing and lends nothing.
Tree as_shares(const Tree& tree) {
  Tree out = tree;
  for (std::size_t i = 1; i < out.quotas.size(); ++i) out.quotas[i].min = out.quotas[i].max;
  out.losses.push_back({"", "a ResourceQuota bounds without a promise; here each namespace is promised all that it may use, and lends to the others"});
  return out;
}

// `most` is what the parent lets through: a child that may have more is held there all the same.
Node elastic_node(const Tree& tree, std::size_t index, const Amounts& most) {
  const Quota& quota = tree.quotas[index];
  Node out = object({{"name", text(index == 0 ? "root" : quota.name)}});
  if (!quota.namespaces.empty()) out.set("namespaces", ray::texts(quota.namespaces));
  const Amounts& min = index == 0 ? most : quota.min;
  Amounts max = index == 0 ? most : quota.max;
  for (auto& [resource, amount] : max) {
    if (const auto above = most.find(resource); above != most.end()) amount = std::min(amount, above->second);
  }
  if (!min.empty()) out.set("min", write_amounts(min));
  if (!max.empty()) out.set("max", write_amounts(max));
  if (quota.children.empty()) return out;
  max.insert(most.begin(), most.end());
  Node children = Node::sequence();
  for (const std::size_t child : quota.children) children.append(elastic_node(tree, child, max));
  out.set("children", std::move(children));
  return out;
}

void lose_lending(const Quota& quota, Conversion& out) {
  if (!quota.lends.empty()) out.losses.push_back({quota.name, "what it keeps for itself is lent out: there are no lending limits here"});
}

void lose_policies(const Quota& quota, Conversion& out) {
  if (quota.object != nullptr && quota.object->kind == "ClusterQueue" && quota.reclaim != Reclaim::kAny) out.losses.push_back({quota.name, "it could take back less than all that others borrowed; here it takes back everything it was promised"});
}

void lose_closing(const Tree& tree, Conversion& out) {
  if (std::any_of(tree.quotas.begin(), tree.quotas.end(), [](const Quota& quota) { return quota.closed; }))
    out.losses.push_back({"", "a resource that a quota does not name could not be had; here it has no bound"});
}

void to_elastic_quota_tree(const Tree& tree, Conversion& out) {
  Amounts root = tree.root().max.empty() ? tree.sum_of_mins(0) : tree.root().max;
  for (std::size_t i = 1; i < tree.quotas.size(); ++i) {
    lose_lending(tree.quotas[i], out);
    lose_policies(tree.quotas[i], out);
  }
  lose_closing(tree, out);
  out.objects.push_back(object({{"apiVersion", text("scheduling.sigs.k8s.io/v1beta1")},
                                {"kind", text("ElasticQuotaTree")},
                                {"metadata", object({{"name", text("elasticquotatree")}, {"namespace", text("kube-system")}})},
                                {"spec", object({{"root", elastic_node(tree, 0, root)}})}}));
}

// Koordinator wants the keys of max to be those of the parent, and the keys of min among the parent's and max's.
class ToKoordinator {
 public:
  ToKoordinator(const Tree& tree, Conversion& out) : tree_(tree), out_(out), promised_(tree.sum_of_mins(0)) {}

  void run() {
    lose_closing(tree_, out_);
    if (!tree_.root().max.empty()) out_.losses.push_back({tree_.root().name, "the root's own bounds: here the root is what the nodes have"});
    for (std::size_t i = 1; i < tree_.quotas.size(); ++i) add(i);
  }

 private:
  // What every quota of a branch must bound.
  const std::set<std::string>& keys(std::size_t index) {
    while (tree_.quotas[index].parent != 0) index = tree_.quotas[index].parent;
    const auto [known, fresh] = keys_.try_emplace(index);
    if (fresh) known->second = tree_.resources_below(index);
    known->second.erase(std::string(kMaxJobs));  // of ACK's queue alone
    return known->second;
  }

  // The nearest bound; the sum of what all are promised where there is none.
  Quantity most(std::size_t index, const std::string& resource) {
    if (const auto bound = tree_.nearest_max(index, resource)) return *bound;
    out_.losses.push_back({tree_.quotas[index].name, fmt::format("it had no bound for {}; here it is bounded by what all are promised, for every quota of a branch needs one", resource)});
    return kube::amount_of(promised_, resource);
  }

  void add(std::size_t index) {
    const Quota& quota = tree_.quotas[index];
    const bool parent = !quota.children.empty();
    Node labels = object({{kKoordinatorIsParent, text(parent ? "true" : "false")}, {kKoordinatorParent, text(quota.parent == 0 ? kKoordinatorRoot : std::string_view(tree_.quotas[quota.parent].name))}});
    const bool keeps = std::any_of(quota.lends.begin(), quota.lends.end(), [&](const auto& lent) { return quota.min.contains(lent.first) && lent.second < quota.min.at(lent.first); });
    const bool lends_some = std::any_of(quota.lends.begin(), quota.lends.end(), [](const auto& lent) { return !lent.second.is_zero(); });
    if (keeps && lends_some) out_.losses.push_back({quota.name, "it lent a part of its min; here a quota lends all or nothing, and this one nothing"});
    if (keeps) labels.set(kKoordinatorAllowLent, text("false"));
    lose_policies(quota, out_);
    lose_jobs(quota, out_);
    Amounts max;
    for (const std::string& resource : keys(index)) max.emplace(resource, most(index, resource));
    Node metadata = object({{"name", text(quota.name)}, {"namespace", text("kube-system")}, {"labels", std::move(labels)}});
    if (!quota.namespaces.empty()) metadata.set("annotations", object({{kKoordinatorNamespaces, text(document::write_json(ray::texts(quota.namespaces)))}}));
    out_.objects.push_back(object({{"apiVersion", text("scheduling.sigs.k8s.io/v1alpha1")}, {"kind", text("ElasticQuota")}, {"metadata", std::move(metadata)},
                                   {"spec", object({{"min", write_amounts(quota.min)}, {"max", write_amounts(max)}})}}));
  }

  const Tree& tree_;
  Conversion& out_;
  const Amounts promised_;                               // by all together
  std::map<std::size_t, std::set<std::string>> keys_;    // by the top of the branch
};

// For a resource that the plugin would otherwise take as a bound of nothing.
constexpr Quantity kNoBound = Quantity::of(1LL << 50);

// The plugin lets all quotas together use what they are promised, and no more.
void lose_headroom(const Tree& tree, const Amounts& promised, Conversion& out) {
  for (const auto& [resource, has] : tree.root().max) {
    const Quantity sum = kube::amount_of(promised, resource);
    if (has > sum) out.losses.push_back({"", fmt::format("{} of {} that no leaf is promised cannot be borrowed: all quotas together use at most the sum of their mins", amount_text(has - sum, resource), resource)});
  }
}

void to_scheduler_plugins(const Tree& tree, Conversion& out) {
  Amounts promised;
  for (std::size_t i = 1; i < tree.quotas.size(); ++i) {
    const Quota& quota = tree.quotas[i];
    if (!tree.is_leaf(i)) {
      out.losses.push_back({quota.name, "the branch itself: quotas stand side by side here, so what its leaves borrow from each other first, and its max, are not kept"});
      continue;
    }
    lose_lending(quota, out);
    if (quota.namespaces.size() != 1) {
      out.losses.push_back({quota.name, quota.namespaces.empty() ? "it has no namespace, and here a quota is one of a namespace; it is left out"
                                                                 : "several namespaces share it, and here each has its own; it is left out, divide it first"});
      continue;
    }
    Amounts max = quota.max;
    if (!max.empty()) {
      for (const char* core : {"cpu", "memory", "ephemeral-storage"}) {
        if (!max.contains(core)) max.emplace(core, tree.nearest_max(i, core).value_or(kNoBound));
      }
    }
    lose_jobs(quota, out);
    max.erase(std::string(kMaxJobs));
    for (const auto& [resource, amount] : quota.min) promised[resource] += amount;
    Node spec = object({{"min", write_amounts(quota.min)}});
    if (!max.empty()) spec.set("max", write_amounts(max));
    out.objects.push_back(object({{"apiVersion", text("scheduling.x-k8s.io/v1alpha1")}, {"kind", text("ElasticQuota")},
                                  {"metadata", object({{"name", text(quota.name)}, {"namespace", text(quota.namespaces.front())}})}, {"spec", std::move(spec)}}));
  }
  lose_headroom(tree, promised, out);
}

void to_resource_quotas(const Tree& tree, Conversion& out) {
  for (std::size_t i = 1; i < tree.quotas.size(); ++i) {
    const Quota& quota = tree.quotas[i];
    if (!tree.is_leaf(i)) {
      out.losses.push_back({quota.name, "the branch and its bounds: a ResourceQuota bounds one namespace"});
      continue;
    }
    if (quota.namespaces.size() > 1) out.losses.push_back({quota.name, "its namespaces share one bound; here each is bounded by itself, so together they may use more"});
    if (quota.namespaces.empty()) out.losses.push_back({quota.name, "it has no namespace and is left out"});
    if (!quota.min.empty()) out.losses.push_back({quota.name, "its promise: a ResourceQuota keeps nothing free, and nobody borrows"});
    Node hard = Node::mapping();
    for (const auto& [resource, amount] : quota.max) {
      if (resource == kMaxJobs) {
        hard.set("count/rayjobs.ray.io", text(amount_text(amount, resource)));
        out.losses.push_back({quota.name, "one RayJob too many is refused here, and waited in the queue"});
      } else {
        hard.set("requests." + resource, text(amount_text(amount, resource)));
      }
    }
    if (hard.members().empty()) {
      out.losses.push_back({quota.name, "it has no max, so there is nothing to bound"});
      continue;
    }
    for (const std::string& ns : quota.namespaces)
      out.objects.push_back(object({{"apiVersion", text("v1")}, {"kind", text("ResourceQuota")}, {"metadata", object({{"name", text(quota.name)}, {"namespace", text(ns)}})}, {"spec", object({{"hard", hard}})}}));
  }
}

}  // namespace

void lose_jobs(const Quota& quota, Conversion& out) {
  if (quota.max.contains(kMaxJobs)) out.losses.push_back({quota.name, "the bound on jobs: only what pods ask for counts here"});
}

Conversion convert(const Tree& source, Dialect target) {
  const bool shares = source.dialect == Dialect::kResourceQuota && target != Dialect::kResourceQuota;
  const Tree tree = shares ? as_shares(source) : source;
  Conversion out;
  out.losses = tree.losses;
  switch (target) {
    case Dialect::kElasticQuotaTree: to_elastic_quota_tree(tree, out); break;
    case Dialect::kKoordinator: ToKoordinator(tree, out).run(); break;
    case Dialect::kSchedulerPlugins: to_scheduler_plugins(tree, out); break;
    case Dialect::kKueue: to_kueue(tree, out); break;
    case Dialect::kResourceQuota: to_resource_quotas(tree, out); break;
  }
  return out;
}

std::string write_conversion(const Conversion& conversion, Dialect from, Dialect target) {
  std::string out = document::yaml_comment(fmt::format("From {} to {}.", dialect_name(from), dialect_name(target)));
  for (const Loss& loss : conversion.losses) out += document::yaml_comment(fmt::format("Lost: {}{}{}.", loss.quota, loss.quota.empty() ? "" : ": ", loss.what));
  for (const Node& made : conversion.objects) out += "---\n" + document::write_yaml(made);
  return out;
}

}  // namespace raykeep::quota
