// SPDX-License-Identifier: Apache-2.0
// ElasticQuota: what Koordinator's webhook refuses (pkg/webhook/elasticquota/quota_topology_check.go) and what the
// CapacityScheduling plugin of scheduler-plugins makes of surprising ones (pkg/capacityscheduling).
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "checks/topics.h"
#include "document/json.h"
#include "quota/tree.h"

namespace raykeep::checks {
namespace {

using kube::Quantity;
using quota::Amounts;
using report::Rule;
using report::Severity;

constexpr std::string_view kKoordinatorSource = "Koordinator, webhook elasticquota";
constexpr std::string_view kPluginSource = "scheduler-plugins, KEP-9 and pkg/capacityscheduling";
constexpr std::string_view kParentGood = "labels: {quota.scheduling.koordinator.sh/parent: research}  # which has is-parent: \"true\"";
constexpr Rule koordinator(std::string_view id, std::string_view title, std::string_view why, std::string_view fix, std::string_view bad, std::string_view good) {
  return {id, Severity::kHigh, "16", title, why, fix, bad, good, kKoordinatorSource};
}
constexpr Rule kParentMissing = koordinator("elastic-quota-parent-missing", "The parent that a quota names is not there", "The webhook refuses it.", "Add the parent, or correct the label.",
                                            "labels: {quota.scheduling.koordinator.sh/parent: reserach}", kParentGood);
constexpr Rule kParentLeaf = koordinator("elastic-quota-parent-not-parent", "The parent of a quota is not marked as one", "The webhook refuses it.", "Give the parent the label is-parent: \"true\".",
                                         "labels: {quota.scheduling.koordinator.sh/parent: a-leaf}", kParentGood);
constexpr Rule kCycle = koordinator("elastic-quota-cycle", "Quotas are each other's parents", "None of them hangs on the root, so none counts.", "Break the circle.", "a's parent is b, and b's is a", kParentGood);
constexpr Rule kTreeId = koordinator("elastic-quota-tree-id-differs", "A quota and its parent are of different trees", "The webhook refuses it.", "Give both the same tree-id.",
                                     "labels: {quota.scheduling.koordinator.sh/tree-id: gpu}  # under a parent without one", "the same tree-id in both");
constexpr Rule kWeight = koordinator("elastic-quota-shared-weight", "The shared weight cannot be read, or is negative", "The webhook refuses it.", "Write a JSON object of resources and quantities.",
                                     "annotations: {quota.scheduling.koordinator.sh/shared-weight: half}", "annotations: {quota.scheduling.koordinator.sh/shared-weight: '{\"cpu\": \"2\"}'}");
constexpr Rule kMinKey = koordinator("elastic-quota-min-without-max", "A resource of min is not in max", "The webhook refuses it.", "Add it to max.", "{min: {cpu: 2}, max: {memory: 8Gi}}", "{min: {cpu: 2}, max: {cpu: 4, memory: 8Gi}}");
constexpr Rule kKeys = koordinator("elastic-quota-keys-differ", "A quota and its parent do not bound the same resources", "The webhook wants max to name the resources of the parent's, and no others.",
                                   "Name the same resources in both.", "max: {cpu: 4}  # under max: {cpu: 8, memory: 32Gi}", "max: {cpu: 4, memory: 16Gi}");
constexpr Rule kMinKeys = koordinator("elastic-quota-min-keys", "A quota is promised a resource of which its parent is promised nothing", "The webhook refuses it.", "Add the resource to the parent's min.",
                                      "min: {memory: 4Gi}  # under min: {cpu: 8}", "min: {memory: 4Gi}  # under min: {cpu: 8, memory: 8Gi}");
constexpr Rule kUsed = koordinator("elastic-quota-used-above-max", "More is used than a max that is checked strictly", "The webhook refuses the change until less is used.", "Raise max, or let pods end first.",
                                   "max: {cpu: 4}  # status.used: {cpu: 6}", "max: {cpu: 8}");
constexpr Rule kSecond{"elastic-quota-second", Severity::kHigh, "16", "A namespace has two ElasticQuotas", "The plugin takes the one that it saw first and ignores the other.", "Keep one a namespace.",
                       "two ElasticQuotas in namespace a", "one ElasticQuota in namespace a", kPluginSource};
constexpr Rule kCore{"elastic-quota-core-missing", Severity::kMedium, "16", "A max without cpu or memory lets no pod of the namespace run",
                     "The plugin reads a cpu, memory or ephemeral-storage that max leaves out as a max of 0, so every pod that asks for it waits for ever.", "Name cpu and memory in max, or write no max.",
                     "max: {nvidia.com/gpu: 8}", "max: {cpu: \"64\", memory: 256Gi, nvidia.com/gpu: 8}", kPluginSource};
constexpr Rule kHard{"elastic-quota-above-resource-quota", Severity::kMedium, "15,16", "A max is above the namespace's ResourceQuota", "The ResourceQuota refuses the pods first, so what may be borrowed never is.",
                     "Keep min <= max <= hard.", "max: {cpu: 40}  # hard: {requests.cpu: 20}", "max: {cpu: 20}", kPluginSource};
constexpr std::array kRules{&kParentMissing, &kParentLeaf, &kCycle, &kTreeId, &kWeight, &kMinKey, &kKeys, &kMinKeys, &kUsed, &kSecond, &kCore, &kHard};

constexpr std::string_view kStrictKeys = "quota.scheduling.koordinator.sh/max-strict-check-resource-keys";

Subject subject_of(const kube::Object& object) { return {&object, &object, nullptr}; }
const Node& at(const kube::Object& object, std::initializer_list<std::string_view> path) {
  const Node* found = object.find(path);
  return found == nullptr ? *object.root : *found;
}

bool has_key(const kube::Object& object, std::string_view list, std::string_view resource) { return object.find({"spec", list, resource}) != nullptr; }

class Koordinator {
 public:
  Koordinator(const std::vector<const kube::Object*>& quotas, Findings& findings) : findings_(findings) {
    for (const kube::Object* quota : quotas) by_name_.emplace(quota->name, quota);
  }

  void run() {
    std::map<std::string_view, std::string_view> parents;
    for (const auto& [name, quota] : by_name_) parents.emplace(name, kube::label(*quota->root, quota::kKoordinatorParent));
    circles_ = quota::names_in_circles(parents);
    for (const auto& [name, quota] : by_name_) {
      check_amounts(*quota);
      const std::string_view parent = kube::label(*quota->root, quota::kKoordinatorParent);
      if (parent.empty() || parent == quota::kKoordinatorRoot || name == quota::kKoordinatorRoot) continue;
      const auto found = by_name_.find(parent);
      if (found == by_name_.end()) add(kParentMissing, *quota, label(*quota, quota::kKoordinatorParent), fmt::format("there is no ElasticQuota {} among the manifests", parent));
      else check_parent(*quota, *found->second);
    }
  }

 private:
  void add(const Rule& rule, const kube::Object& quota, const Node& where, std::string message) { findings_.add(rule, subject_of(quota), where, std::move(message)); }
  static const Node& label(const kube::Object& quota, std::string_view key) { return at(quota, {"metadata", "labels", key}); }

  void check_amounts(const kube::Object& quota) {
    if (const Node* min = quota.find({"spec", "min"})) {
      for (const document::Member& member : min->members()) {
        if (!has_key(quota, "max", member.name())) add(kMinKey, quota, member.key, fmt::format("{} is in min and not in max", member.name()));
      }
    }
    check_weight(quota);
    check_used(quota);
  }

  void check_weight(const kube::Object& quota) {
    const std::string_view text = kube::annotation(*quota.root, quota::kKoordinatorSharedWeight);
    if (text.empty()) return;
    const Node& where = at(quota, {"metadata", "annotations", quota::kKoordinatorSharedWeight});
    const auto weights = document::read_json(text);
    if (!weights || !weights->is_mapping()) return add(kWeight, quota, where, "it is no JSON object");
    for (const document::Member& member : weights->members()) {
      const auto amount = Quantity::from(member.value);
      if (!amount || amount->is_negative()) add(kWeight, quota, where, fmt::format("{} of {} is no share", member.value.text(), member.name()));
    }
  }

  void check_used(const kube::Object& quota) {
    const auto keys = document::read_json(kube::annotation(*quota.root, kStrictKeys));
    if (!keys) return;
    for (const Node& key : keys->items()) {
      const Node* used = quota.find({"status", "used", key.text()});
      const Node* max = quota.find({"spec", "max", key.text()});
      const auto taken = used == nullptr ? std::nullopt : Quantity::from(*used);
      const auto most = max == nullptr ? std::nullopt : Quantity::from(*max);
      if (taken && (!most || *most < *taken)) add(kUsed, quota, at(quota, {"spec", "max"}), fmt::format("{} of {} are used, and max is {}", used->text(), key.text(), max == nullptr ? "not set" : max->text()));
    }
  }

  void check_parent(const kube::Object& quota, const kube::Object& parent) {
    const Node& where = label(quota, quota::kKoordinatorParent);
    if (kube::label(*parent.root, quota::kKoordinatorIsParent) != "true") add(kParentLeaf, quota, where, fmt::format("{} has no label is-parent: \"true\"", parent.name));
    if (kube::label(*quota.root, quota::kKoordinatorTreeId) != kube::label(*parent.root, quota::kKoordinatorTreeId))
      add(kTreeId, quota, where, fmt::format("it is of tree \"{}\", {} of tree \"{}\"", kube::label(*quota.root, quota::kKoordinatorTreeId), parent.name, kube::label(*parent.root, quota::kKoordinatorTreeId)));
    check_keys(quota, parent);
    if (circles_.contains(quota.name)) add(kCycle, quota, where, fmt::format("going up from {} leads back to it", quota.name));
  }

  void check_keys(const kube::Object& quota, const kube::Object& parent) {
    const auto only_in = [&](const Rule& rule, const kube::Object& one, const kube::Object& other, std::string_view list) {
      const Node* amounts = one.find({"spec", list});
      if (amounts == nullptr) return;
      for (const document::Member& member : amounts->members()) {
        if (!has_key(other, list, member.name()))
          add(rule, quota, at(quota, {"spec", list}), fmt::format("{} is in {} of {} and not of {}", member.name(), list, one.name, other.name));
      }
    };
    only_in(kKeys, quota, parent, "max");
    only_in(kKeys, parent, quota, "max");
    only_in(kMinKeys, quota, parent, "min");
  }

  Findings& findings_;
  std::map<std::string_view, const kube::Object*, std::less<>> by_name_;
  std::set<std::string_view> circles_;
};

void check_plugin(const World& world, const std::vector<const kube::Object*>& quotas, Findings& findings) {
  std::set<std::string_view> seen;
  for (const kube::Object* quota : quotas) {
    if (!seen.insert(quota->effective_namespace()).second) findings.add(kSecond, subject_of(*quota), *quota->root, fmt::format("namespace {} has another ElasticQuota", quota->effective_namespace()));
    const Node* max = quota->find({"spec", "max"});
    if (max == nullptr) continue;
    for (const char* core : {"cpu", "memory"}) {
      if (max->find(core) == nullptr) findings.add(kCore, subject_of(*quota), *max, fmt::format("max has no {}, which counts as 0", core));
    }
    for (const Subject& subject : world.of("", "ResourceQuota")) {
      if (subject.object->effective_namespace() != quota->effective_namespace()) continue;
      const Amounts hard = quota::read_amounts(subject.object->find({"spec", "hard"}));
      for (const document::Member& member : max->members()) {
        auto bound = hard.find("requests." + std::string(member.name()));
        if (bound == hard.end()) bound = hard.find(member.name());
        const auto most = Quantity::from(member.value);
        if (bound != hard.end() && most && *most > bound->second)
          findings.add(kHard, subject_of(*quota), member.value, fmt::format("max of {} is {}, and ResourceQuota {} holds it at {}", member.name(), member.value.text(), subject.object->name, quota::amount_text(bound->second, member.name())));
      }
    }
  }
}

void check(const World& world, Findings& findings) {
  std::vector<const kube::Object*> koordinator, plugin;
  for (const kube::Object& object : world.manifests.objects()) {
    if (quota::is_elastic_quota(object)) (quota::is_koordinator(object) ? koordinator : plugin).push_back(&object);
  }
  Koordinator(koordinator, findings).run();
  check_plugin(world, plugin, findings);
}

}  // namespace

const Topic kElasticQuotaObjectTopic{kRules, check};

}  // namespace raykeep::checks
