// SPDX-License-Identifier: Apache-2.0
// Kueue (apis/kueue/v1beta1 and v1beta2: ClusterQueue, Cohort, LocalQueue), and ResourceQuota.
#include <algorithm>
#include <map>
#include <set>

#include "quota/read.h"

namespace raykeep::quota {
namespace {

using document::Node;
using kube::Object;
using kube::Quantity;

constexpr std::string_view kGroup = "kueue.x-k8s.io";

Reclaim reclaim_of(const Object& queue) {
  const std::string_view policy = kube::string_at(*queue.root, {"spec", "preemption", "reclaimWithinCohort"});
  return policy == "Any" ? Reclaim::kAny : policy == "LowerPriority" ? Reclaim::kLowerPriority : Reclaim::kNever;
}

GiveWay give_way_of(const Object& queue) {
  const std::string_view policy = kube::string_at(*queue.root, {"spec", "preemption", "withinClusterQueue"});
  return policy == "LowerPriority" ? GiveWay::kLowerPriority : policy == "LowerOrNewerEqualPriority" ? GiveWay::kLowerPriorityOrNewer : GiveWay::kNever;
}


// What the groups of a queue or cohort give, flavors added up.
class Groups {
 public:
  explicit Groups(const Object& object) {
    const Node* groups = object.find({"spec", "resourceGroups"});
    if (groups == nullptr) return;
    for (const Node& group : groups->items()) {
      const Node* flavors = group.find("flavors");
      if (flavors == nullptr) continue;
      for (const Node& flavor : flavors->items()) add(flavor);
    }
  }

  const Amounts& nominal() const { return nominal_; }
  // How far beyond its own it may go; a resource that is not there: as far as there is something.
  Amounts borrowing() const { return bounded(borrowing_, unbounded_borrowing_); }
  Amounts lending() const { return bounded(lending_, unbounded_lending_); }
  std::size_t flavors() const { return flavors_.size(); }

 private:
  void add(const Node& flavor) {
    flavors_.emplace(kube::string_at(flavor, {"name"}));
    const Node* resources = flavor.find("resources");
    if (resources == nullptr) return;
    for (const Node& resource : resources->items()) {
      const std::string name(kube::string_at(resource, {"name"}));
      if (const Node* amount = resource.find("nominalQuota")) nominal_[name] += Quantity::from(*amount).value_or(Quantity());
      add_limit(resource, "borrowingLimit", name, borrowing_, unbounded_borrowing_);
      add_limit(resource, "lendingLimit", name, lending_, unbounded_lending_);
    }
  }
  static void add_limit(const Node& resource, std::string_view key, const std::string& name, Amounts& limits, std::set<std::string, std::less<>>& unbounded) {
    const Node* limit = resource.find(key);
    if (limit == nullptr || limit->is_null()) unbounded.insert(name);
    else limits[name] += Quantity::from(*limit).value_or(Quantity());
  }
  static Amounts bounded(Amounts limits, const std::set<std::string, std::less<>>& unbounded) {
    for (const std::string& name : unbounded) limits.erase(name);
    return limits;
  }

  Amounts nominal_, borrowing_, lending_;
  std::set<std::string, std::less<>> unbounded_borrowing_, unbounded_lending_, flavors_;
};

Quota base(const Object& object, const Groups& groups) {
  Quota quota;
  quota.name = object.name;
  quota.min = groups.nominal();
  quota.lends = groups.lending();
  quota.object = &object;
  quota.written = object.find({"spec"});
  if (quota.written == nullptr) quota.written = object.root;
  return quota;
}

void limit_by_borrowing(Quota& quota, const Amounts& borrowing) {
  for (const auto& [resource, more] : borrowing) {
    quota.max[resource] = more + kube::amount_of(quota.min, resource);
  }
}

class Kueue {
 public:
  explicit Kueue(const kube::Manifests& manifests) {
    for (const Object& object : manifests.objects()) {
      if (object.group() != kGroup) continue;
      if (object.kind == "ClusterQueue") queues_.emplace(cohort_of(object), &object);
      if (object.kind == "Cohort") cohorts_.try_emplace(object.name, &object);
      if (object.kind == "LocalQueue") namespaces_[kube::string_at(*object.root, {"spec", "clusterQueue"})].emplace(object.effective_namespace());
    }
  }

  Tree run() {
    tree_.dialect = Dialect::kKueue;
    Quota root;
    root.name = "all";
    tree_.add(std::move(root), kNoParent);
    add_queues("", 0);
    for (const std::string_view name : roots()) add_cohort(name, 0);
    add_up();
    return std::move(tree_);
  }

 private:
  // Cohorts without a parent: those of objects, those that only queues name, and parents that no object describes.
  std::set<std::string_view> roots() const {
    std::set<std::string_view> names;
    for (const auto& [cohort, queue] : queues_) names.insert(cohort);
    for (const auto& [name, cohort] : cohorts_) {
      names.insert(name);
      names.insert(cohort_of(*cohort));
    }
    std::erase_if(names, [&](std::string_view name) {
      const auto found = cohorts_.find(name);
      return name.empty() || (found != cohorts_.end() && !cohort_of(*found->second).empty());
    });
    return names;
  }

  void add_queues(std::string_view cohort, std::size_t parent) {
    const auto [begin, end] = queues_.equal_range(cohort);
    for (auto i = begin; i != end; ++i) {
      const Object& object = *i->second;
      const Groups groups(object);
      Quota quota = base(object, groups);
      // Without a cohort there is nobody to borrow from.
      if (cohort.empty()) quota.max = quota.min;
      else limit_by_borrowing(quota, groups.borrowing());
      quota.closed = true;
      quota.reclaim = reclaim_of(object);
      quota.give_way = give_way_of(object);
      if (const auto found = namespaces_.find(object.name); found != namespaces_.end()) quota.namespaces.assign(found->second.begin(), found->second.end());
      if (groups.flavors() > 1) tree_.losses.push_back({quota.name, "its flavors are taken together as one"});
      if (object.find({"spec", "preemption", "borrowWithinCohort"}) != nullptr) tree_.losses.push_back({quota.name, "borrowWithinCohort is not followed"});
      tree_.add(std::move(quota), parent);
    }
  }

  void add_cohort(std::string_view name, std::size_t parent) {
    struct Pending {
      std::string_view name;
      std::size_t parent;
    };
    std::vector<Pending> pending{{name, parent}};
    while (!pending.empty()) {
      const Pending next = pending.back();
      pending.pop_back();
      const auto found = cohorts_.find(next.name);
      Quota quota;
      if (found != cohorts_.end()) quota = base(*found->second, Groups(*found->second));
      quota.name = next.name;
      const std::size_t own = tree_.add(std::move(quota), next.parent);
      add_queues(next.name, own);
      if (tree_.depth(own) == kDeepest) continue;
      for (const auto& [child, cohort] : cohorts_) {
        if (cohort_of(*cohort) == next.name) pending.push_back({child, own});
      }
    }
  }

  // A cohort's nominalQuota comes on top of what its members have.
  void add_up() {
    for (std::size_t i = tree_.quotas.size(); i-- > 1;) {
      Quota& quota = tree_.quotas[i];
      if (!quota.children.empty() || quota.object == nullptr || quota.object->kind == "Cohort") {
        for (const auto& [resource, amount] : tree_.sum_of_mins(i)) quota.min[resource] += amount;
        const bool has_parent = quota.parent != 0;
        quota.max.clear();
        if (!has_parent) quota.max = quota.min;
        else if (quota.object != nullptr) limit_by_borrowing(quota, Groups(*quota.object).borrowing());
      }
    }
  }

  std::multimap<std::string_view, const Object*> queues_;
  std::map<std::string_view, const Object*, std::less<>> cohorts_;
  std::map<std::string_view, std::set<std::string>, std::less<>> namespaces_;
  Tree tree_;
};

}  // namespace

std::string_view cohort_of(const Object& object) {
  for (const char* key : {"cohortName", "parentName", "cohort", "parent"}) {
    const std::string_view name = kube::string_at(*object.root, {"spec", key});
    if (!name.empty()) return name;
  }
  return {};
}

Tree read_kueue(const kube::Manifests& manifests) { return Kueue(manifests).run(); }

Tree read_resource_quotas(const kube::Manifests& manifests) {
  Tree tree;
  tree.dialect = Dialect::kResourceQuota;
  Quota root;
  root.name = "all";
  tree.add(std::move(root), kNoParent);
  std::map<std::string, std::size_t, std::less<>> by_namespace;
  for (const Object& object : manifests.objects()) {
    if (!object.is("", "ResourceQuota")) continue;
    const std::string ns(object.effective_namespace());
    const Node* hard = object.find({"spec", "hard"});
    if (object.find({"spec", "scopes"}) != nullptr || object.find({"spec", "scopeSelector"}) != nullptr) {
      tree.losses.push_back({object.name, "it has scopes and is left out"});
      continue;
    }
    const auto [known, fresh] = by_namespace.try_emplace(ns, tree.quotas.size());
    if (fresh) {
      Quota quota;
      quota.name = ns;
      quota.namespaces = {ns};
      quota.object = &object;
      quota.written = hard == nullptr ? object.root : hard;
      quota.reclaim = Reclaim::kNever;
      quota.give_way = GiveWay::kNever;
      tree.add(std::move(quota), 0);
    }
    Amounts& max = tree.quotas[known->second].max;
    // Requests alone: limits and counts of objects are nothing that quotas of schedulers know. Of several quotas of a
    // namespace all count.
    for (const auto& [name, amount] : read_amounts(hard)) {
      const bool plain = name == "cpu" || name == "memory" || name == "ephemeral-storage";
      if (!plain && !name.starts_with("requests.")) {
        tree.losses.push_back({object.name, name + " bounds something else than requests"});
        continue;
      }
      const auto [at, first] = max.try_emplace(plain ? name : name.substr(9), amount);
      if (!first) at->second = std::min(at->second, amount);
    }
  }
  return tree;
}

}  // namespace raykeep::quota
