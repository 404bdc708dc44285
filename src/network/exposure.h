// SPDX-License-Identifier: Apache-2.0
// To whom workloads are open who are not there yet: pods that somebody may create tomorrow, in namespaces that exist or
// not. Policies that admit a whole namespace or the whole cluster show here, though today's pods may not use them.
#pragma once

#include <string>
#include <vector>

#include "network/reach.h"

namespace raykeep::network {

// A rule that lets them in, and what of it.
struct ExposingRule {
  const Policy* policy = nullptr;
  const PolicyRule* rule = nullptr;
  Connections ports;
};

struct ExposedTo {
  std::string who;  // "entire-cluster", "team-a/[all pods]", "10.0.0.0-10.255.255.255[External]"
  Connections ports;
  std::vector<ExposingRule> by;  // empty when it is open because no policy closes it
  bool outside = false;
};

struct Exposure {
  const Endpoint* endpoint = nullptr;
  Direction direction = Direction::kIngress;
  bool is_protected = true;  // a policy decides in this direction
  std::vector<ExposedTo> to;
};

// For every endpoint of the pod network and both directions, those that say something, sorted by title.
std::vector<Exposure> find_exposures(Reach& reach);

// The exposures below headings, and the workloads that no policy protects.
std::string write_exposures(const std::vector<Exposure>& exposures);

}  // namespace raykeep::network
