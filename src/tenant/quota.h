// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <set>

#include "core/result.h"
#include "kube/resources.h"
#include "ray/expand.h"

namespace raykeep::tenant {

inline constexpr ErrorCode kNoRequest{"tenant-request-missing", ErrorKind::kInput, "Set resources.requests in each container."};
inline constexpr ErrorCode kNoBound{"tenant-unbounded", ErrorKind::kInput, "Set maxReplicas in each worker group."};

// What all clusters ask for.
struct Demand {
  std::int64_t pods = 0;            // at their largest
  std::int64_t jobs = 0;            // RayJobs
  kube::Amounts requests, limits;   // at their largest; limits of cpu and memory
  kube::Amounts fewest_requests;    // with the fewest workers
  kube::Amounts largest_pod;        // limits of one pod
  std::set<std::string, std::less<>> open_limits;  // resources that some container does not limit
};

// Fails for a group that may grow without bound, and for a container that does not ask for cpu or memory where others do: a
// quota would refuse its pod.
Result<Demand> demand_of(const std::deque<ray::Expansion>& expansions);

// spec.hard of a ResourceQuota that holds it: pods, requests, and limits that every container has.
document::Node quota_of(const Demand& demand);
// A LimitRange's max of type Pod, of the resources that every container limits.
document::Node largest_pod_of(const Demand& demand);
// A leaf of ACK's ElasticQuotaTree for a namespace: min holds the clusters at their fewest workers, so that their heads are never
// borrowed, max holds them at their largest, and kube-queue/max-jobs is the number of RayJobs.
document::Node elastic_quota_leaf(std::string_view ns, const Demand& demand);

}  // namespace raykeep::tenant
