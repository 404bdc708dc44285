// SPDX-License-Identifier: Apache-2.0
#include "tenant/quota.h"

#include <fmt/format.h>
#include <set>

#include "kube/resources.h"
#include "kube/workload.h"
#include "ray/build_node.h"

namespace raykeep::tenant {
namespace {

using document::Node;

constexpr std::int64_t kUnbounded = 2147483647;

struct Sum {
  kube::Amounts hard;
  std::set<std::string> open_limits;  // resources that some container does not limit
  std::int64_t pods = 0;
};

void add(Sum& sum, const Node& spec, std::int64_t pods) {
  sum.pods += pods;
  for (const kube::Container& container : kube::containers(spec)) {
    for (const std::string_view resource : {"cpu", "memory"}) {
      if (container.node->find_path({"resources", "limits", resource}) == nullptr) sum.open_limits.emplace(resource);
    }
  }
  for (const auto& [resource, amount] : kube::pod_requests(spec)) sum.hard["requests." + resource] += amount * pods;
  for (const auto& [resource, amount] : kube::pod_limits(spec)) {
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
