// SPDX-License-Identifier: Apache-2.0
#include "kube/resources.h"

#include <algorithm>
#include <initializer_list>

#include "kube/workload.h"

namespace raykeep::kube {
namespace {

// Of the lists, the later wins.
Amounts of_container(const Container& container, std::initializer_list<std::string_view> lists) {
  Amounts out;
  for (const std::string_view list : lists) {
    const Node* amounts = container.node->find_path({"resources", list});
    if (amounts == nullptr) continue;
    for (const document::Member& member : amounts->members()) {
      if (const auto quantity = Quantity::from(member.value)) out[std::string(member.name())] = *quantity;
    }
  }
  return out;
}

Amounts of_pod(const Node& pod_spec, std::initializer_list<std::string_view> lists) {
  Amounts sum, most;
  for (const Container& container : containers(pod_spec)) {
    if (container.kind == ContainerKind::kEphemeral) continue;
    for (const auto& [name, amount] : of_container(container, lists)) {
      if (container.kind == ContainerKind::kInit) {
        most[name] = std::max(most[name], amount);
      } else {
        sum[name] += amount;
      }
    }
  }
  for (const auto& [name, amount] : most) sum[name] = std::max(sum[name], amount);
  return sum;
}

}  // namespace

Amounts pod_requests(const Node& pod_spec) { return of_pod(pod_spec, {"limits", "requests"}); }
Amounts pod_limits(const Node& pod_spec) { return of_pod(pod_spec, {"limits"}); }

}  // namespace raykeep::kube
