// SPDX-License-Identifier: Apache-2.0
#include "checks/engine.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

#include "checks/suppression.h"
#include "checks/topics.h"
#include "core/parallel.h"

namespace raykeep::checks {
namespace {

const std::array<const Topic*, 14>& topics() {
  static const std::array<const Topic*, 14> kTopics{&kExposureTopic, &kIngressTopic, &kAuthenticationTopic, &kTlsTopic,     &kNetworkPolicyTopic, &kCredentialTopic,
                                                    &kAccountTopic,  &kPodSecurityTopic, &kImageTopic,      &kResourceTopic, &kElasticQuotaTopic,
                                                    &kElasticQuotaObjectTopic, &kKueueTopic, &kJobTopic};
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

bool stands_before(const report::Finding& a, const report::Finding& b) {
  return std::tie(a.at.file, a.at.line, a.at.column, a.rule->id, a.part, a.message) < std::tie(b.at.file, b.at.line, b.at.column, b.rule->id, b.part, b.message);
}

// The same sentence about the same place, from two pods that a manifest makes alike.
bool is_repeated(const report::Finding& a, const report::Finding& b) {
  return a.rule == b.rule && a.at.file == b.at.file && a.at.line == b.at.line && a.at.column == b.at.column && a.part == b.part && a.message == b.message && a.object == b.object;
}

// The topics do not know of each other, so they look at the same time; what they found stands in their order.
std::vector<report::Finding> found_by_topics(const World& world, const Settings& settings) {
  std::vector<std::vector<report::Finding>> found(topics().size());
  parallel_for(found.size(), [&](std::size_t i) {
    Findings findings(settings);
    topics()[i]->check(world, findings);
    found[i] = findings.take();
  });
  std::vector<report::Finding> all;
  all.reserve(std::accumulate(found.begin(), found.end(), std::size_t{0}, [](std::size_t sum, const auto& list) { return sum + list.size(); }));
  for (auto& list : found) {
    std::move(list.begin(), list.end(), std::back_inserter(all));
    list = {};
  }
  return all;
}

// By place, none twice. Findings are large, so their places in the list are sorted, and each is moved once.
std::vector<report::Finding> in_order(std::vector<report::Finding> all) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return stands_before(all[a], all[b]); });
  for (std::size_t start = 0; start < order.size(); ++start) {
    if (order[start] == start) continue;
    report::Finding first = std::move(all[start]);
    std::size_t at = start;
    while (order[at] != start) {
      all[at] = std::move(all[order[at]]);
      at = std::exchange(order[at], at);
    }
    all[at] = std::move(first);
    order[at] = at;
  }
  all.erase(std::unique(all.begin(), all.end(), is_repeated), all.end());
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
  switch (profile) {
    case Profile::kAck: return true;
    case Profile::kKubernetes: return !is_ack_only(rule);
    case Profile::kPssBaseline:
    case Profile::kPssRestricted: return is_pod_standard(rule);
    case Profile::kQuota: return is_quota_rule(rule);
  }
  return true;
}

std::vector<report::Finding> run(const kube::Manifests& manifests, const Settings& settings) {
  const World world(manifests, settings);
  std::vector<report::Finding> all = found_by_topics(world, settings);
  std::erase_if(all, [&](const report::Finding& finding) { return !in_profile(*finding.rule, settings.profile); });
  Findings findings(settings);
  apply_suppressions(world, findings, all);
  return in_order(std::move(all));
}

}  // namespace raykeep::checks
