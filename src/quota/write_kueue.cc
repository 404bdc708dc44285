// SPDX-License-Identifier: Apache-2.0
// Kueue of v1beta2: a cohort for each branch, a ClusterQueue for each leaf, a LocalQueue for each namespace.
#include <fmt/format.h>
#include <set>

#include "quota/write.h"
#include "ray/build_node.h"

namespace raykeep::quota {
namespace {

using document::Node;
using kube::amount_of;
using kube::Quantity;
using ray::list;
using ray::object;
using ray::text;

constexpr std::string_view kVersion = "kueue.x-k8s.io/v1beta2";
constexpr std::string_view kFlavor = "default";

class ToKueue {
 public:
  ToKueue(const Tree& tree, Conversion& out) : tree_(tree), out_(out), resources_(tree.resources_below(0)) { resources_.erase(std::string(kMaxJobs)); }

  void run() {
    out_.objects.push_back(object({{"apiVersion", text(kVersion)}, {"kind", text("ResourceFlavor")}, {"metadata", object({{"name", text(kFlavor)}})}}));
    // A root that was only made to hold the others has nothing of its own.
    if (has_cohort(0)) add_cohort(0);
    for (std::size_t i = 1; i < tree_.quotas.size(); ++i) {
      lose_jobs(tree_.quotas[i], out_);
      if (tree_.is_leaf(i)) add_queue(i);
      else add_cohort(i);
    }
  }

 private:
  bool has_cohort(std::size_t index) const { return index != 0 || tree_.root().object != nullptr || tree_.dialect == Dialect::kSchedulerPlugins; }

  // `own` is the nominalQuota, `base` what a borrowing limit is counted from.
  Node resource(const Quota& quota, const std::string& name, const Quantity& own, const Quantity& base, bool borrows) {
    Node out = object({{"name", text(name)}, {"nominalQuota", text(amount_text(own, name))}});
    if (!borrows) return out;
    if (const auto max = quota.max.find(name); max != quota.max.end()) {
      if (max->second < base) out_.losses.push_back({quota.name, fmt::format("its max of {} is below what its members are promised, which Kueue cannot say", name)});
      out.set("borrowingLimit", text(amount_text(std::max(Quantity(), max->second - base), name)));
    }
    if (const auto lends = quota.lends.find(name); lends != quota.lends.end()) out.set("lendingLimit", text(amount_text(lends->second, name)));
    return out;
  }

  Node groups(Node resources) const {
    Node covered = Node::sequence();
    for (const Node& one : resources.items()) covered.append(*one.find("name"));
    return list({object({{"coveredResources", std::move(covered)}, {"flavors", list({object({{"name", text(kFlavor)}, {"resources", std::move(resources)}})})}})});
  }

  void add_cohort(std::size_t index) {
    const Quota& quota = tree_.quotas[index];
    const Amounts below = tree_.sum_of_mins(index);
    const bool has_parent = index != 0 && has_cohort(quota.parent);
    Node resources = Node::sequence();
    for (const std::string& name : resources_) {
      const Quantity promised = std::max(amount_of(quota.min, name), amount_of(below, name));
      if (amount_of(below, name) > amount_of(quota.min, name) && quota.min.contains(name))
        out_.losses.push_back({quota.name, fmt::format("its min of {} is below what its members are promised; here it is their sum", name)});
      resources.append(resource(quota, name, promised - amount_of(below, name), promised, has_parent));
    }
    Node spec = Node::mapping();
    if (has_parent) spec.set("parentName", text(tree_.quotas[quota.parent].name));
    if (!resources.items().empty()) spec.set("resourceGroups", groups(std::move(resources)));
    out_.objects.push_back(object({{"apiVersion", text(kVersion)}, {"kind", text("Cohort")}, {"metadata", object({{"name", text(quota.name)}})}, {"spec", std::move(spec)}}));
  }

  void add_queue(std::size_t index) {
    const Quota& quota = tree_.quotas[index];
    const bool cohort = has_cohort(quota.parent);
    Node resources = Node::sequence();
    for (const std::string& name : resources_) resources.append(resource(quota, name, amount_of(quota.min, name), amount_of(quota.min, name), cohort));
    const Node expression = object({{"key", text("kubernetes.io/metadata.name")}, {"operator", text("In")}, {"values", ray::texts(quota.namespaces)}});
    Node spec = Node::mapping();
    if (cohort) spec.set("cohortName", text(tree_.quotas[quota.parent].name));
    if (!quota.namespaces.empty()) spec.set("namespaceSelector", object({{"matchExpressions", list({expression})}}));
    if (!resources.items().empty()) spec.set("resourceGroups", groups(std::move(resources)));
    spec.set("preemption", object({{"reclaimWithinCohort", text(quota.reclaim == Reclaim::kAny ? "Any" : quota.reclaim == Reclaim::kLowerPriority ? "LowerPriority" : "Never")},
                                   {"withinClusterQueue", text(quota.give_way == GiveWay::kNever ? "Never" : quota.give_way == GiveWay::kLowerPriority ? "LowerPriority" : "LowerOrNewerEqualPriority")}}));
    out_.objects.push_back(object({{"apiVersion", text(kVersion)}, {"kind", text("ClusterQueue")}, {"metadata", object({{"name", text(quota.name)}})}, {"spec", std::move(spec)}}));
    for (const std::string& ns : quota.namespaces)
      out_.objects.push_back(object({{"apiVersion", text(kVersion)}, {"kind", text("LocalQueue")}, {"metadata", object({{"name", text(quota.name)}, {"namespace", text(ns)}})}, {"spec", object({{"clusterQueue", text(quota.name)}})}}));
  }

  const Tree& tree_;
  Conversion& out_;
  std::set<std::string> resources_;
};

}  // namespace

void to_kueue(const Tree& tree, Conversion& out) { ToKueue(tree, out).run(); }

}  // namespace raykeep::quota
