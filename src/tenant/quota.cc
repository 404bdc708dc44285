// SPDX-License-Identifier: Apache-2.0
#include "tenant/quota.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "kube/resources.h"
#include "kube/workload.h"
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

struct Sum {
  kube::Amounts hard;
  std::set<std::string> open_limits;                             // resources that some container does not limit
  std::map<std::string, Place, std::less<>> without_request;     // the first container that does not ask for it
  std::map<std::string, kube::Quantity, std::less<>> largest;    // limits of one pod
  std::int64_t pods = 0;
};

void add(Sum& sum, const ray::Expansion& expansion, const ray::PodGroup& group, const Node& spec) {
  const std::int64_t pods = group.most_pods();
  sum.pods += pods;
  for (const kube::Container& container : kube::containers(spec)) {
    for (const std::string_view resource : {"cpu", "memory"}) {
      const bool limited = container.node->find_path({"resources", "limits", resource}) != nullptr;
      if (!limited) sum.open_limits.emplace(resource);
      if (!limited && container.node->find_path({"resources", "requests", resource}) == nullptr)
        sum.without_request.try_emplace(std::string(resource), Place{&expansion, &group, container.node, kube::title(container)});
    }
  }
  for (const auto& [resource, amount] : kube::pod_requests(spec)) sum.hard["requests." + resource] += amount * pods;
  for (const auto& [resource, amount] : kube::pod_limits(spec)) {
    if (resource != "cpu" && resource != "memory") continue;
    sum.hard["limits." + resource] += amount * pods;
    sum.largest[resource] = std::max(sum.largest[resource], amount);
  }
}

bool is_unbounded(const ray::PodGroup& group) { return group.most >= kUnbounded; }

Sum sum_of(const std::deque<ray::Expansion>& expansions) {
  Sum sum;
  for (const ray::Expansion& expansion : expansions) {
    for (const ray::PodGroup& group : expansion.pods) {
      const kube::PodTemplate pod = kube::pod_template(*group.pod);
      if (pod && !is_unbounded(group)) add(sum, expansion, group, *pod.spec);
    }
  }
  return sum;
}

SourcePosition position(const Place& place) {
  const kube::Object& source = *place.expansion->source;
  const bool written = place.container->span().line != 0;
  return source.at(written ? *place.container : place.group->source == nullptr ? *source.root : *place.group->source);
}

}  // namespace

Result<Node> quota_of(const std::deque<ray::Expansion>& expansions) {
  for (const ray::Expansion& expansion : expansions) {
    for (const ray::PodGroup& group : expansion.pods) {
      if (is_unbounded(group))
        return fail(kNoBound, fmt::format("{}: worker group {} has no maxReplicas, so no quota can hold it", expansion.source->title(), group.name),
                    expansion.source->at(group.source == nullptr ? *expansion.source->root : *group.source));
    }
  }
  const Sum sum = sum_of(expansions);
  for (const auto& [resource, place] : sum.without_request) {
    if (sum.hard.contains("requests." + resource))
      return fail(kNoRequest, fmt::format("{}: {} of {} asks for no {}, so the quota would refuse its pods", place.expansion->source->title(), place.title, place.group->name, resource), position(place));
  }
  Node out = ray::object({{"pods", ray::text(std::to_string(sum.pods))}});
  for (const auto& [resource, amount] : sum.hard) {
    const bool limit = resource.starts_with("limits.");
    if (limit && sum.open_limits.contains(resource.substr(7))) continue;
    out.set(resource, ray::text(amount.text(resource.ends_with("memory"))));
  }
  return out;
}

Node elastic_quota_leaf(std::string_view ns, const std::deque<ray::Expansion>& expansions) {
  kube::Amounts least, most;
  std::int64_t jobs = 0;
  for (const ray::Expansion& expansion : expansions) {
    jobs += expansion.source->kind == "RayJob" ? 1 : 0;
    for (const ray::PodGroup& group : expansion.pods) {
      const kube::PodTemplate pod = kube::pod_template(*group.pod);
      if (!pod) continue;
      const std::int64_t fewest = (expansion.autoscaling && group.role == ray::PodRole::kWorker ? std::min(group.fewest, group.most) : group.most) * group.hosts;
      for (const auto& [resource, amount] : kube::pod_requests(*pod.spec)) {
        least[resource] += amount * fewest;
        most[resource] += amount * group.most_pods();
      }
    }
  }
  const auto amounts = [](const kube::Amounts& from) {
    Node out = Node::mapping();
    for (const auto& [resource, amount] : from) out.set(resource, ray::text(amount.text(resource == "memory" || resource == "ephemeral-storage")));
    return out;
  };
  Node max = amounts(most);
  if (jobs > 0) max.set("kube-queue/max-jobs", ray::text(std::to_string(jobs)));
  return ray::object({{"name", ray::text(ns)}, {"namespaces", ray::list({ray::text(ns)})}, {"min", amounts(least)}, {"max", std::move(max)}});
}

Node largest_pod(const std::deque<ray::Expansion>& expansions) {
  const Sum sum = sum_of(expansions);
  Node out = Node::mapping();
  for (const auto& [resource, amount] : sum.largest) {
    if (!sum.open_limits.contains(resource)) out.set(resource, ray::text(amount.text(resource == "memory")));
  }
  return out;
}

}  // namespace raykeep::tenant
