// SPDX-License-Identifier: Apache-2.0
// The probes that the operator gives a Ray container (ray-operator common/pod.go, initLivenessAndReadinessProbe).
#pragma once

#include <string_view>

#include "ray/build_node.h"
#include "ray/start_command.h"

namespace raykeep::ray {

struct ProbedNode {
  bool head = false;
  bool serves = false;  // made for a RayService
  std::string_view ray_version;
};

// Adds livenessProbe and readinessProbe where the container has none.
void add_probes(Node& container, const ProbedNode& node, const StartParams& params);

}  // namespace raykeep::ray
