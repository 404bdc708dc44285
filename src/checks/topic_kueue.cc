// SPDX-License-Identifier: Apache-2.0
// Kueue's quotas: what its webhook refuses (apis/kueue, pkg/webhooks), what makes a queue inactive, and what silently lets
// nothing in.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "checks/topics.h"
#include "quota/tree.h"

namespace raykeep::checks {
namespace {

using kube::Object;
using kube::Quantity;
using report::Rule;
using report::Severity;

constexpr std::string_view kGroup = "kueue.x-k8s.io";
constexpr Rule kueue(std::string_view id, Severity severity, std::string_view title, std::string_view why, std::string_view fix, std::string_view bad, std::string_view good) {
  return {id, severity, "16", title, why, fix, bad, good, "Kueue, ClusterQueue and Cohort (apis/kueue/v1beta2)"};
}
constexpr Rule kAmount = kueue("kueue-amount", Severity::kHigh, "A quota is negative or no quantity", "The API server refuses it.", "Write a quantity such as \"4\" or 16Gi.", "nominalQuota: -1", "nominalQuota: \"4\"");
constexpr Rule kBorrowing = kueue("kueue-limit-without-cohort", Severity::kHigh, "A borrowing or lending limit stands where there is nobody to borrow from or lend to",
                                  "Kueue refuses limits in a ClusterQueue without a cohort and in a Cohort without a parent.", "Name the cohort, or take the limit out.", "{nominalQuota: 4, borrowingLimit: 2}  # and no cohortName",
                                  "cohortName: all\n# ... {nominalQuota: 4, borrowingLimit: 2}");
constexpr Rule kLending = kueue("kueue-lending-above-nominal", Severity::kHigh, "A queue lends more than it has", "Kueue refuses a lendingLimit above the nominalQuota.", "Lower it.", "{nominalQuota: 4, lendingLimit: 8}",
                                "{nominalQuota: 4, lendingLimit: 2}");
constexpr Rule kResources = kueue("kueue-resources-differ", Severity::kHigh, "The flavors of a group do not give the resources that it covers",
                                  "Kueue refuses a group whose flavors list other resources than coveredResources, or in another order, and a resource that is in two groups.", "List the same resources, in the same order.",
                                  "{coveredResources: [cpu, memory], flavors: [{name: default, resources: [{name: cpu, nominalQuota: 4}]}]}",
                                  "{coveredResources: [cpu], flavors: [{name: default, resources: [{name: cpu, nominalQuota: 4}]}]}");
constexpr Rule kFlavor = kueue("kueue-flavor-missing", Severity::kMedium, "A flavor has no ResourceFlavor", "The ClusterQueue stays inactive and admits nothing.", "Add the ResourceFlavor, or correct the name.",
                               "flavors: [{name: defualt}]", "flavors: [{name: default}]");
constexpr Rule kQueue = kueue("kueue-cluster-queue-missing", Severity::kMedium, "A LocalQueue names a ClusterQueue that is not there", "What is submitted to it waits for ever.", "Add the ClusterQueue, or correct the name.",
                              "spec: {clusterQueue: reserach}", "spec: {clusterQueue: research}");
constexpr Rule kCycle = kueue("kueue-cohort-cycle", Severity::kHigh, "Cohorts are each other's parents", "Kueue admits nothing more in any of them.", "Break the circle.", "a's parentName is b, and b's is a", "b has no parentName");
constexpr Rule kPreemption = kueue("kueue-preemption-conflict", Severity::kHigh, "Borrowers may evict, and owners may not", "Kueue refuses borrowWithinCohort beside reclaimWithinCohort: Never.", "Set reclaimWithinCohort to Any or LowerPriority.",
                                   "preemption: {reclaimWithinCohort: Never, borrowWithinCohort: {policy: LowerPriority}}", "preemption: {reclaimWithinCohort: Any, borrowWithinCohort: {policy: LowerPriority}}");
constexpr Rule kSelector = kueue("kueue-namespace-selector", Severity::kMedium, "No namespace may use this ClusterQueue, or every one may",
                                 "Without a namespaceSelector no namespace may; with an empty one all may, whoever makes a LocalQueue.", "Select the teams' namespaces.", "spec: {}",
                                 "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [team-a]}]}");
constexpr Rule kPromise = kueue("kueue-quota-not-reclaimed", Severity::kMedium, "A queue lends its quota and cannot take it back", "reclaimWithinCohort is Never unless written, so a team waits until borrowers end by themselves.",
                                "Set preemption.reclaimWithinCohort to Any, or lendingLimit to 0.", "cohortName: all  # and no preemption", "cohortName: all\npreemption: {reclaimWithinCohort: Any}");
constexpr Rule kLabel = kueue("kueue-queue-missing", Severity::kMedium, "A Ray resource names a LocalQueue that its namespace does not have", "Kueue keeps it suspended for ever.", "Add the LocalQueue, or correct the label.",
                              "labels: {kueue.x-k8s.io/queue-name: traning}", "labels: {kueue.x-k8s.io/queue-name: training}");
constexpr std::array kRules{&kAmount, &kBorrowing, &kLending, &kResources, &kFlavor, &kQueue, &kCycle, &kPreemption, &kSelector, &kPromise, &kLabel};

class Kueue {
 public:
  Kueue(const World& world, Findings& findings) : world_(world), findings_(findings) {}

  void run() {
    for (const Subject& subject : world_.of(kGroup, "Cohort")) cohorts_.emplace(subject.object->name, subject.object);
    for (const Subject& subject : world_.of(kGroup, "ClusterQueue")) {
      check_groups(*subject.object);
      check_queue(*subject.object);
    }
    std::map<std::string_view, std::string_view> parents;
    for (const auto& [name, cohort] : cohorts_) parents.emplace(name, quota::cohort_of(*cohort));
    const auto circles = quota::names_in_circles(parents);
    for (const auto& [name, cohort] : cohorts_) {
      check_groups(*cohort);
      if (circles.contains(name)) add(kCycle, *cohort, *cohort->root, fmt::format("going up from {} leads back to it", name));
    }
    check_local_queues();
    check_labels();
  }

 private:
  void add(const Rule& rule, const Object& object, const Node& at, std::string message) { findings_.add(rule, Subject{&object, &object, nullptr}, at, std::move(message)); }

  void check_groups(const Object& object) {
    const Node* groups = object.find({"spec", "resourceGroups"});
    if (groups == nullptr) return;
    std::set<std::string_view> covered_before;
    for (const Node& group : groups->items()) {
      const Node* covered = group.find("coveredResources");
      std::vector<std::string_view> names;
      if (covered != nullptr) {
        for (const Node& name : covered->items()) {
          names.push_back(name.text());
          if (!covered_before.insert(name.text()).second) add(kResources, object, name, fmt::format("{} is in two groups", name.text()));
        }
      }
      const Node* flavors = group.find("flavors");
      if (flavors == nullptr) continue;
      for (const Node& flavor : flavors->items()) check_flavor(object, flavor, names);
    }
  }

  void check_flavor(const Object& object, const Node& flavor, const std::vector<std::string_view>& covered) {
    const std::string_view name = kube::string_at(flavor, {"name"});
    if (!world_.of(kGroup, "ResourceFlavor").empty() && world_.find(kGroup, "ResourceFlavor", "", name) == nullptr)
      add(kFlavor, object, flavor, fmt::format("there is no ResourceFlavor {} among the manifests", name));
    std::vector<std::string_view> given;
    if (const Node* resources = flavor.find("resources")) {
      for (const Node& resource : resources->items()) {
        given.push_back(kube::string_at(resource, {"name"}));
        check_resource(object, resource);
      }
    }
    if (given != covered) add(kResources, object, flavor, fmt::format("flavor {} gives {}, and the group covers {}", name, fmt::join(given, ", "), fmt::join(covered, ", ")));
  }

  void check_resource(const Object& object, const Node& resource) {
    const std::string_view name = kube::string_at(resource, {"name"});
    std::map<std::string_view, Quantity> amounts;
    for (const char* key : {"nominalQuota", "borrowingLimit", "lendingLimit"}) {
      const Node* written = resource.find(key);
      if (written == nullptr || written->is_null()) continue;
      const auto amount = Quantity::from(*written);
      if (!amount || amount->is_negative()) add(kAmount, object, *written, fmt::format("{} of {} is {}", key, name, written->text()));
      else amounts.emplace(key, *amount);
      const bool alone = quota::cohort_of(object).empty();
      if (alone && std::string_view(key) != "nominalQuota")
        add(kBorrowing, object, *written, fmt::format("{} of {}, and {} is in no {}", key, name, object.name, object.kind == "Cohort" ? "other cohort" : "cohort"));
    }
    const auto lends = amounts.find("lendingLimit"), has = amounts.find("nominalQuota");
    if (object.kind == "ClusterQueue" && lends != amounts.end() && has != amounts.end() && lends->second > has->second)
      add(kLending, object, *resource.find("lendingLimit"), fmt::format("of {} it has {} and lends {}", name, quota::amount_text(has->second, name), quota::amount_text(lends->second, name)));
  }

  // Whether every resource is kept from others by a lendingLimit of 0.
  static bool lends_nothing(const Object& queue) {
    const Node* groups = queue.find({"spec", "resourceGroups"});
    if (groups == nullptr) return true;
    for (const Node& group : groups->items()) {
      const Node* flavors = group.find("flavors");
      if (flavors == nullptr) continue;
      for (const Node& flavor : flavors->items()) {
        const Node* resources = flavor.find("resources");
        if (resources == nullptr) continue;
        for (const Node& resource : resources->items()) {
          const Node* has = resource.find("nominalQuota");
          const Node* lends = resource.find("lendingLimit");
          const bool none = (has != nullptr && Quantity::from(*has).value_or(Quantity()).is_zero()) || (lends != nullptr && Quantity::from(*lends).value_or(Quantity::of(1)).is_zero());
          if (!none) return false;
        }
      }
    }
    return true;
  }

  void check_queue(const Object& queue) {
    const Node* preemption = queue.find({"spec", "preemption"});
    const std::string_view reclaim = preemption == nullptr ? std::string_view() : kube::string_at(*preemption, {"reclaimWithinCohort"});
    const std::string_view borrow = preemption == nullptr ? std::string_view() : kube::string_at(*preemption, {"borrowWithinCohort", "policy"});
    const bool never = reclaim.empty() || reclaim == "Never";
    if (never && !borrow.empty() && borrow != "Never") add(kPreemption, queue, *preemption, fmt::format("borrowWithinCohort.policy is {}, reclaimWithinCohort Never", borrow));
    if (never && !quota::cohort_of(queue).empty() && !lends_nothing(queue))
      add(kPromise, queue, preemption == nullptr ? *queue.root : *preemption, fmt::format("the queue is in cohort {}, and reclaimWithinCohort is Never", quota::cohort_of(queue)));
    const Node* selector = queue.find({"spec", "namespaceSelector"});
    if (selector == nullptr || selector->is_null()) add(kSelector, queue, *queue.root, "there is no namespaceSelector, so no namespace may use it");
    else if (selector->members().empty()) add(kSelector, queue, *selector, "the namespaceSelector is empty, so every namespace may use it");
  }

  void check_local_queues() {
    if (world_.of(kGroup, "ClusterQueue").empty()) return;
    for (const Subject& subject : world_.of(kGroup, "LocalQueue")) {
      const Node* named = subject.object->find({"spec", "clusterQueue"});
      if (named != nullptr && world_.find(kGroup, "ClusterQueue", "", named->text()) == nullptr)
        add(kQueue, *subject.object, *named, fmt::format("there is no ClusterQueue {} among the manifests", named->text()));
    }
  }

  void check_labels() {
    if (world_.of(kGroup, "LocalQueue").empty()) return;
    for (const Object& object : world_.manifests.objects()) {
      const Node* label = ray::is_ray_resource(object) ? object.find({"metadata", "labels", quota::kKueueQueueLabel}) : nullptr;
      if (label != nullptr && world_.find(kGroup, "LocalQueue", object.effective_namespace(), label->text()) == nullptr)
        add(kLabel, object, *label, fmt::format("namespace {} has no LocalQueue {} among the manifests", object.effective_namespace(), label->text()));
    }
  }

  const World& world_;
  Findings& findings_;
  std::map<std::string_view, const Object*, std::less<>> cohorts_;
};

void check(const World& world, Findings& findings) { Kueue(world, findings).run(); }

}  // namespace

const Topic kKueueTopic{kRules, check};

}  // namespace raykeep::checks
