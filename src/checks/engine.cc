// SPDX-License-Identifier: Apache-2.0
#include "checks/engine.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "checks/suppression.h"
#include "checks/topics.h"
#include "core/parallel.h"

namespace raykeep::checks {
namespace {

constexpr std::size_t kBlock = 128;  // pods that are worth a thread's while

const std::array<const Topic*, 17>& topics() {
  static const std::array<const Topic*, 17> kTopics{&kExposureTopic, &kIngressTopic, &kRouteTopic, &kAuthenticationTopic, &kTlsTopic,     &kNetworkPolicyTopic, &kCredentialTopic,
                                                    &kAccountTopic,  &kPodSecurityTopic, &kImageTopic,      &kResourceTopic, &kResourceQuotaTopic, &kElasticQuotaTopic,
                                                    &kElasticQuotaObjectTopic, &kKueueTopic, &kJobTopic, &kManifestTopic};
  return kTopics;
}

bool is_ack_only(const report::Rule& rule) {
  return rule.id.starts_with("rrsa-") || rule.id.starts_with("elastic-quota-tree-") || rule.id == "load-balancer-source-ranges-ignored" || rule.id == "load-balancer-reused" ||
         rule.id == "load-balancer-acl-incomplete" || rule.id == "history-server-account-replaced";
}

bool is_pod_standard(const report::Rule& rule) {
  return rule.id.starts_with("pod-") && rule.id != "pod-root-filesystem-writable";
}

bool is_quota_rule(const report::Rule& rule) { return rule.id.starts_with("elastic-quota-") || rule.id.starts_with("kueue-") || rule.id.starts_with("resource-quota-"); }

// Where a finding stands among all: in which file, and at which line and column of it.
struct Position {
  std::uint32_t file = 0, line = 0, column = 0;
  report::Finding* finding = nullptr;

  bool operator<(const Position& other) const {
    return std::tie(file, line, column, finding->rule->id, finding->part, finding->message) <
           std::tie(other.file, other.line, other.column, other.finding->rule->id, other.finding->part, other.finding->message);
  }
};

// The same sentence about the same place, from two pods that a manifest makes alike.
bool is_repeated(const report::Finding& a, const report::Finding& b) {
  return a.rule == b.rule && a.file == b.file && a.place.span.line == b.place.span.line && a.place.span.column == b.place.span.column && a.object == b.object && a.part == b.part &&
         a.message == b.message;
}

using Lists = std::vector<std::vector<report::Finding>>;

// Topics and pods do not know of each other, so they are looked at at the same time; so are the comments that set findings
// aside.
Lists found_in(const World& world, std::optional<Suppressions>& suppressions) {
  const std::size_t blocks = (world.pods.size() + kBlock - 1) / kBlock;
  Lists found(blocks + topics().size() + 1);
  parallel_for(found.size(), [&](std::size_t i) {
    Findings findings(world.settings);
    if (i == blocks + topics().size()) {
      found[i] = suppressions.emplace(world).problems();
      return;
    }
    if (i >= blocks) {
      const Topic& topic = *topics()[i - blocks];
      if (topic.check != nullptr) topic.check(world, findings);
    } else {
      for (std::size_t pod = i * kBlock; pod < std::min((i + 1) * kBlock, world.pods.size()); ++pod) {
        for (const Topic* topic : topics()) {
          if (topic->check_pod != nullptr) topic->check_pod(world, world.pods[pod], findings);
        }
      }
    }
    found[i] = findings.take();
  });
  return found;
}

// The place of each file in the order of their names.
std::map<const kube::SourceFile*, std::uint32_t> ranks(const kube::Manifests& manifests) {
  std::map<std::string_view, std::uint32_t> by_name;
  for (const auto& file : manifests.files()) by_name.emplace(file->name, 0);
  std::uint32_t next = 0;
  for (auto& [name, rank] : by_name) rank = ++next;
  std::map<const kube::SourceFile*, std::uint32_t> out{{nullptr, 0}};
  for (const auto& file : manifests.files()) out.emplace(file.get(), by_name.at(file->name));
  return out;
}

using Order = std::vector<Position>;

// Several sorted runs as one.
Order merged(std::vector<Order> runs) {
  while (runs.size() > 1) {
    std::vector<Order> halved((runs.size() + 1) / 2);
    parallel_for(halved.size(), [&](std::size_t i) {
      if (2 * i + 1 == runs.size()) {
        halved[i] = std::move(runs[2 * i]);
        return;
      }
      const Order &a = runs[2 * i], &b = runs[2 * i + 1];
      halved[i].resize(a.size() + b.size());
      std::merge(a.begin(), a.end(), b.begin(), b.end(), halved[i].begin());
    });
    runs = std::move(halved);
  }
  return runs.empty() ? Order() : std::move(runs.front());
}

// By place, none twice. Findings are large, so their positions are sorted, and each is moved once.
std::vector<report::Finding> in_order(Lists lists, const kube::Manifests& manifests) {
  const auto rank = ranks(manifests);
  std::vector<Order> runs(lists.size());
  parallel_for(lists.size(), [&](std::size_t i) {
    for (report::Finding& finding : lists[i]) runs[i].push_back({rank.at(finding.file), finding.place.span.line, finding.place.span.column, &finding});
    std::sort(runs[i].begin(), runs[i].end());
  });
  const Order order = merged(std::move(runs));
  std::vector<report::Finding> all;
  all.reserve(order.size());
  for (const Position& position : order) {
    if (all.empty() || !is_repeated(all.back(), *position.finding)) all.push_back(std::move(*position.finding));
  }
  return all;
}

}  // namespace

std::span<const report::Rule* const> all_rules() {
  static const std::vector<const report::Rule*> kAll = [] {
    std::vector<const report::Rule*> out;
    for (const Topic* topic : topics()) out.insert(out.end(), topic->rules.begin(), topic->rules.end());
    out.push_back(&kSuppressionRule);
    return out;
  }();
  return kAll;
}

const report::Rule* find_rule(std::string_view id) {
  const auto all = all_rules();
  const auto found = std::find_if(all.begin(), all.end(), [&](const report::Rule* rule) { return rule->id == id; });
  return found == all.end() ? nullptr : *found;
}

bool in_profile(const report::Rule& rule, Profile profile) {
  if (&rule == &kSuppressionRule) return true;
  switch (profile) {
    case Profile::kAck: return true;
    case Profile::kKubernetes: return !is_ack_only(rule);
    case Profile::kPssBaseline:
    case Profile::kPssRestricted: return is_pod_standard(rule);
    case Profile::kQuota: return is_quota_rule(rule);
  }
  return true;
}

std::vector<report::Finding> run(const World& world) {
  std::optional<Suppressions> suppressions;
  Lists found = found_in(world, suppressions);
  std::vector<report::Finding> all = in_order(std::move(found), world.manifests);
  suppressions->mark(all);
  return all;
}

std::vector<report::Finding> run(const kube::Manifests& manifests, const Settings& settings) { return run(World(manifests, settings)); }

}  // namespace raykeep::checks
