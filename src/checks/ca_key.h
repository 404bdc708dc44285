// SPDX-License-Identifier: Apache-2.0
// Private keys of certificate authorities that a pod gets to see, however it gets them: volumes, variables, both as a whole
// or key by key.
#pragma once

#include <string>
#include <vector>

#include "checks/world.h"

namespace raykeep::checks {

struct FoundKey {
  const Node* at = nullptr;
  std::string inside;   // "volume ca-tls", "container ray-head"
  std::string message;  // "Secret ca-tls holds ca.key"
};
std::vector<FoundKey> find_ca_keys(const World& world, const Pod& pod);

}  // namespace raykeep::checks
