// SPDX-License-Identifier: Apache-2.0
#include "tenant/quota.h"

#include <fmt/format.h>
#include <map>
#include <set>

#include "kube/quantity.h"
#include "kube/workload.h"
#include "ray/build_node.h"

namespace raykeep::tenant {
namespace {

using document::Node;
using Amounts = std::map<std::string, kube::Quantity, std::less<>>;

constexpr std::int64_t kUnbounded = 2147483647;

struct Sum {
  Amounts hard;
  std::set<std::string> open_limits;  // resources that some container does not limit
  std::int64_t pods = 0;
};

// What the scheduler counts: the sum of the containers, or the largest init container where that is more.
Amounts of_pod(const Node& spec, std::string_view kind, std::set<std::string>& missing) {
  Amounts sum, largest;
  for (const kube::Container& container : kube::containers(spec)) {
    if (container.kind == kube::ContainerKind::kEphemeral) continue;
    const Node* list = container.node->find_path({"resources", kind});
    for (const std::string_view resource : {"cpu", "memory"}) {
      if (list == nullptr || list->find(resource) == nullptr) missing.emplace(resource);
    }
    if (list == nullptr) continue;
    for (const document::Member& member : list->members()) {
      const auto amount = kube::Quantity::from(member.value);
      if (!amount) continue;
      kube::Quantity& at = (container.kind == kube::ContainerKind::kInit ? largest : sum)[std::string(member.name())];
      at = container.kind == kube::ContainerKind::kInit ? std::max(at, *amount) : at + *amount;
    }
  }
  for (const auto& [resource, amount] : largest) sum[resource] = std::max(sum[resource], amount);
  return sum;
}

void add(Sum& sum, const Node& spec, std::int64_t pods) {
  std::set<std::string> missing_requests;
  sum.pods += pods;
  // A limit alone is also the request.
  Amounts requests = of_pod(spec, "requests", missing_requests);
  const Amounts limits = of_pod(spec, "limits", sum.open_limits);
  for (const auto& [resource, amount] : limits) requests.try_emplace(resource, amount);
  for (const auto& [resource, amount] : requests) sum.hard["requests." + resource] += amount * pods;
  for (const auto& [resource, amount] : limits) {
    if (resource == "cpu" || resource == "memory") sum.hard["limits." + resource] += amount * pods;
  }
}

}  // namespace

Result<Node> quota_of(const std::deque<ray::Expansion>& expansions) {
  Sum sum;
  for (const ray::Expansion& expansion : expansions) {
    for (const ray::PodGroup& group : expansion.pods) {
      const kube::PodTemplate pod = kube::pod_template(*group.pod);
      if (group.most >= kUnbounded)
        return fail(kNoBound, fmt::format("{}: worker group {} has no maxReplicas, so no quota can hold it", expansion.source->title(), group.name),
                    expansion.source->at(group.source == nullptr ? *expansion.source->root : *group.source));
      if (pod) add(sum, *pod.spec, group.most_pods());
    }
  }
  Node out = ray::object({{"pods", ray::text(std::to_string(sum.pods))}});
  for (const auto& [resource, amount] : sum.hard) {
    const bool limit = resource.starts_with("limits.");
    if (limit && sum.open_limits.contains(resource.substr(7))) continue;
    out.set(resource, ray::text(amount.text(resource.ends_with("memory"))));
  }
  return out;
}

}  // namespace raykeep::tenant
