// SPDX-License-Identifier: Apache-2.0
// Where the built-in kinds keep the pods they make, and what stands in a pod.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "kube/object.h"

namespace raykeep::kube {

// The pod that an object is or makes: metadata and spec. Both null when it makes none. Knows Pod, PodTemplate,
// ReplicationController, ReplicaSet, Deployment, StatefulSet, DaemonSet, Job and CronJob.
struct PodTemplate {
  const Node* metadata = nullptr;
  const Node* spec = nullptr;
  explicit operator bool() const { return spec != nullptr; }
};
PodTemplate pod_template(const Object& object);

enum class ContainerKind : std::uint8_t { kInit, kMain, kEphemeral };

struct Container {
  ContainerKind kind = ContainerKind::kMain;
  const Node* node = nullptr;
  std::string_view name;
};
// "container ray-head", "init container wait".
std::string title(const Container& container);

// Init, main and ephemeral containers, in this order. A null is a container that says nothing, as for the API server;
// entries that are neither mappings nor null are left out.
std::vector<Container> containers(const Node& pod_spec);

}  // namespace raykeep::kube
