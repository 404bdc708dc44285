// SPDX-License-Identifier: Apache-2.0
// The ports of a Ray node behind which code is run for whoever gets there (Ray, scripts.py: options of `ray start`).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "document/node.h"

namespace raykeep::ray {

enum class Door : std::uint8_t {
  kNone,       // no way to run code: Serve, metrics, what is not Ray's
  kDashboard,  // dashboard and Job API: for people, once they are authenticated
  kClosed,     // GCS, Ray Client, agents, raylets: for the cluster alone
};

struct DoorPort {
  Door door = Door::kNone;
  std::string_view name;  // "GCS", "dashboard and Job API"
  std::int64_t first = 0, last = 0;  // the same, but for the ports of worker processes
};

// The port that rayStartParams of a group give an option of `ray start`; `usual` where they give none, or the group is null.
std::int64_t option_port(const document::Node* group, std::string_view option, std::int64_t usual);

// Of a node of this group: with the usual ports, and those that its rayStartParams move or fix. A null group has said nothing.
std::vector<DoorPort> door_ports(const document::Node* group, bool head);

// What a port called this is, by the names that KubeRay and its samples give: "gcs-server", "client", "dashboard".
DoorPort door_called(std::string_view name);

}  // namespace raykeep::ray
