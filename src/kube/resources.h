// SPDX-License-Identifier: Apache-2.0
// What a pod asks of its node (Kubernetes, Resource Management for Pods and Containers).
#pragma once

#include <map>
#include <string>

#include "document/node.h"
#include "kube/quantity.h"

namespace raykeep::kube {

using Amounts = std::map<std::string, Quantity, std::less<>>;
// Nothing of a resource that is not there.
inline Quantity amount_of(const Amounts& amounts, std::string_view resource) {
  const auto found = amounts.find(resource);
  return found == amounts.end() ? Quantity() : found->second;
}

// What the scheduler and ResourceQuota count (component-helpers resource.PodRequests): for every resource the larger of what
// runs in the end, containers and sidecars, and of each init container with the sidecars before it; instead of that what
// the pod says for itself (spec.resources); and its overhead. Limits stand in, container by container, for requests that
// are not written. Ephemeral containers count for nothing.
Amounts pod_requests(const document::Node& pod_spec);
// Likewise of limits.
Amounts pod_limits(const document::Node& pod_spec);

}  // namespace raykeep::kube
