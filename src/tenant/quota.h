// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "core/result.h"
#include "ray/expand.h"

namespace raykeep::tenant {

inline constexpr ErrorCode kNoRequest{"tenant-request-missing", ErrorKind::kInput, "Set resources.requests in each container."};
inline constexpr ErrorCode kNoBound{"tenant-unbounded", ErrorKind::kInput, "Set maxReplicas in each worker group."};

// spec.hard of a ResourceQuota that holds every cluster at its largest: pods, and requests and limits of each resource. A
// limit is bounded only when every container has it. Fails for a group that may grow without bound, and for a container that
// does not ask for cpu or memory where others do: the quota would refuse its pod.
Result<document::Node> quota_of(const std::deque<ray::Expansion>& expansions);
// A leaf of ACK's ElasticQuotaTree for a namespace: min holds the clusters at their fewest workers, so that their heads are never
// borrowed, max holds them at their largest, and kube-queue/max-jobs is the number of RayJobs. Precondition: quota_of succeeds.
document::Node elastic_quota_leaf(std::string_view ns, const std::deque<ray::Expansion>& expansions);
// The limits of the largest pod, of those resources that every container limits: a LimitRange's max of type Pod.
document::Node largest_pod(const std::deque<ray::Expansion>& expansions);

}  // namespace raykeep::tenant
