// SPDX-License-Identifier: Apache-2.0
#include "tenant/quota.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "kube/resources.h"
#include "kube/workload.h"
#include "quota/tree.h"
#include "ray/build_node.h"

namespace raykeep::tenant {
namespace {

using document::Node;

constexpr std::int64_t kUnbounded = 2147483647;

// A container as a place: "container ray of worker group small".
struct Place {
  const ray::Expansion* expansion = nullptr;
  const ray::PodGroup* group = nullptr;
  const Node* container = nullptr;
  std::string title;
};

// The first container that does not ask for a resource.
using Silent = std::map<std::string, Place, std::less<>>;

void add_pods(Demand& demand, const kube::Amounts& requests, const kube::Amounts& limits, std::int64_t fewest, std::int64_t most) {
  demand.pods += most;
  for (const auto& [resource, amount] : requests) {
    demand.requests[resource] += amount * most;
    demand.fewest_requests[resource] += amount * fewest;
  }
  for (const auto& [resource, amount] : limits) {
    if (resource != "cpu" && resource != "memory") continue;
    demand.limits[resource] += amount * most;
    demand.largest_pod[resource] = std::max(demand.largest_pod[resource], amount);
  }
}

void add(Demand& demand, Silent& silent, const ray::Expansion& expansion, const ray::PodGroup& group, const Node& spec) {
  for (const kube::Container& container : kube::containers(spec)) {
    for (const std::string_view resource : {"cpu", "memory"}) {
      if (container.node->find_path({"resources", "limits", resource}) != nullptr) continue;
      demand.open_limits.emplace(resource);
      if (container.node->find_path({"resources", "requests", resource}) == nullptr)
        silent.try_emplace(std::string(resource), Place{&expansion, &group, container.node, kube::title(container)});
    }
  }
  const bool scales = expansion.autoscaling && group.role == ray::PodRole::kWorker;
  add_pods(demand, kube::pod_requests(spec), kube::pod_limits(spec), (scales ? std::min(group.fewest, group.most) : group.most) * group.hosts, group.most_pods());
}

SourcePosition position(const Place& place) {
  const kube::Object& source = *place.expansion->source;
  const bool written = place.container != nullptr && place.container->span().line != 0;
  return source.at(written ? *place.container : place.group->source == nullptr ? *source.root : *place.group->source);
}

}  // namespace

Result<Demand> demand_of(const std::deque<ray::Expansion>& expansions) {
  Demand demand;
  Silent silent;
  for (const ray::Expansion& expansion : expansions) {
    demand.jobs += expansion.source->kind == "RayJob" ? 1 : 0;
    for (const ray::PodGroup& group : expansion.pods) {
      if (group.most >= kUnbounded)
        return fail(kNoBound, fmt::format("{}: worker group {} has no maxReplicas, so no quota can hold it", expansion.source->title(), group.name), position({&expansion, &group, nullptr, {}}));
      if (const kube::PodTemplate pod = kube::pod_template(*group.pod)) add(demand, silent, expansion, group, *pod.spec);
    }
  }
  for (const auto& [resource, place] : silent) {
    if (demand.requests.contains(resource))
      return fail(kNoRequest, fmt::format("{}: {} of {} asks for no {}, so the quota would refuse its pods", place.expansion->source->title(), place.title, place.group->name, resource), position(place));
  }
  return demand;
}

Node quota_of(const Demand& demand) {
  kube::Amounts hard;
  for (const auto& [resource, amount] : demand.requests) hard.emplace("requests." + resource, amount);
  for (const auto& [resource, amount] : demand.limits) {
    if (!demand.open_limits.contains(resource)) hard.emplace("limits." + resource, amount);
  }
  Node out = ray::object({{"pods", ray::text(std::to_string(demand.pods))}});
  for (const auto& [name, amount] : hard) out.set(name, ray::text(quota::amount_text(amount, name.substr(name.find('.') + 1))));
  return out;
}

Node largest_pod_of(const Demand& demand) {
  kube::Amounts out = demand.largest_pod;
  std::erase_if(out, [&](const auto& one) { return demand.open_limits.contains(one.first); });
  return quota::write_amounts(out);
}

Node elastic_quota_leaf(std::string_view ns, const Demand& demand) {
  kube::Amounts most = demand.requests;
  if (demand.jobs > 0) most.emplace(quota::kMaxJobs, kube::Quantity::of(demand.jobs));
  return ray::object({{"name", ray::text(ns)}, {"namespaces", ray::list({ray::text(ns)})}, {"min", quota::write_amounts(demand.fewest_requests)}, {"max", quota::write_amounts(most)}});
}

}  // namespace raykeep::tenant
