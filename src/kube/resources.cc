// SPDX-License-Identifier: Apache-2.0
#include "kube/resources.h"

#include <algorithm>
#include <initializer_list>

#include "kube/workload.h"

namespace raykeep::kube {
namespace {

Amounts amounts_of(const Node& list) {
  Amounts out;
  for (const document::Member& member : list.members()) {
    if (const auto quantity = Quantity::from(member.value)) out[std::string(member.name())] = *quantity;
  }
  return out;
}

// Under "resources" of a container or pod. Of the lists, the later wins.
Amounts amounts_in(const Node& owner, std::initializer_list<std::string_view> lists) {
  Amounts out;
  for (const std::string_view list : lists) {
    const Node* amounts = owner.find_path({"resources", list});
    if (amounts == nullptr) continue;
    for (const auto& [name, amount] : amounts_of(*amounts)) out[name] = amount;
  }
  return out;
}

void add(Amounts& sum, const Amounts& more) {
  for (const auto& [name, amount] : more) sum[name] += amount;
}

void raise(Amounts& most, const Amounts& other) {
  for (const auto& [name, amount] : other) most[name] = std::max(most[name], amount);
}

bool is_sidecar(const Container& container) { return container.kind == ContainerKind::kInit && string_at(*container.node, {"restartPolicy"}) == "Always"; }

Amounts of_pod(const Node& pod_spec, std::initializer_list<std::string_view> lists) {
  Amounts running;  // of what runs at the same time in the end: containers and sidecars
  Amounts sidecars, starting;
  for (const Container& container : containers(pod_spec)) {
    if (container.kind == ContainerKind::kEphemeral) continue;
    Amounts own = amounts_in(*container.node, lists);
    if (is_sidecar(container)) add(sidecars, own);
    if (container.kind == ContainerKind::kMain || is_sidecar(container)) {
      add(running, own);
    } else {
      add(own, sidecars);  // those that were started before it
      raise(starting, own);
    }
  }
  raise(running, starting);
  for (const auto& [name, amount] : amounts_in(pod_spec, lists)) running[name] = amount;
  return running;
}

}  // namespace

Amounts pod_requests(const Node& pod_spec) {
  Amounts out = of_pod(pod_spec, {"limits", "requests"});
  if (const Node* overhead = pod_spec.find("overhead")) add(out, amounts_of(*overhead));
  return out;
}

Amounts pod_limits(const Node& pod_spec) {
  Amounts out = of_pod(pod_spec, {"limits"});
  const Node* overhead = pod_spec.find("overhead");
  if (overhead == nullptr) return out;
  for (const auto& [name, amount] : amounts_of(*overhead)) {
    if (out.contains(name)) out[name] += amount;  // what is not limited stays so
  }
  return out;
}

}  // namespace raykeep::kube
