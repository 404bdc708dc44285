// SPDX-License-Identifier: Apache-2.0
// What the KubeRay operator makes of a RayCluster, RayJob, RayService or RayCronJob: the cluster, its pods, services,
// accounts and policies. Values that come from the custom resource keep the place they had there; what the operator
// sets has none (Span::line is 0). The objects are those of ray-operator v1.6.2, with the fields that v1.7 adds.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/error.h"
#include "kube/object.h"

namespace raykeep::ray {

inline constexpr ErrorCode kNotExpandable{"ray-not-expandable", ErrorKind::kInput, ""};

enum class PodRole : std::uint8_t { kHead, kWorker, kSubmitter };

// The pods of one group: one template, made `replicas` times at first and at most `most` times.
struct PodGroup {
  PodRole role = PodRole::kHead;
  std::string name;  // "headgroup", a worker group's name, or "submitter"
  const kube::Object* pod = nullptr;
  const document::Node* source = nullptr;  // the group in the custom resource; for the submitter its spec
  std::int64_t fewest = 1;
  std::int64_t replicas = 1;
  std::int64_t most = 1;      // of one group of an autoscaling cluster may be 2147483647, KubeRay's default
  std::int64_t hosts = 1;     // pods a replica
  std::int64_t most_pods() const { return most * hosts; }
};

struct ExpandOptions {
  std::string kuberay_version = "v1.7.0";  // of the operator; decides the path of its Ingress
};

struct Expansion {
  const kube::Object* source = nullptr;
  // Where the cluster's spec stands in the custom resource; null for a RayJob that uses an existing cluster.
  const document::Node* cluster_spec = nullptr;
  std::string cluster_name;  // "demo", or "job-xxxxx" where the operator ends the name at random
  bool autoscaling = false;
  std::deque<kube::Object> objects;
  std::vector<PodGroup> pods;
  // What the operator would refuse or could not build.
  std::vector<Error> problems;

  Expansion() = default;
  Expansion(const Expansion&) = delete;
  Expansion& operator=(const Expansion&) = delete;
  Expansion(Expansion&&) = default;
  Expansion& operator=(Expansion&&) = default;
  // Keeps `root` and names it as an object.
  const kube::Object& add(document::Node root);

 private:
  std::deque<document::Node> roots_;
};

// Whether an object is one of the four kinds, in v1 or v1alpha1.
bool is_ray_resource(const kube::Object& object);

// Precondition: is_ray_resource(object). Never fails as a whole: what cannot be built is left out and told.
Expansion expand(const kube::Object& object, const ExpandOptions& options = {});

// Where a Ray resource keeps the spec of its cluster: spec, spec.rayClusterSpec, spec.rayClusterConfig or
// spec.jobTemplate.rayClusterSpec. Null when it has none.
const document::Node* cluster_spec(const kube::Object& object);
// The RayJob spec of a RayJob or RayCronJob; null for the others.
const document::Node* job_spec(const kube::Object& object);

}  // namespace raykeep::ray
