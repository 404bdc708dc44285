// SPDX-License-Identifier: Apache-2.0
// Where a network plugin does something else than the API says (ACK, Use network policies; Terway and Poseidon documentation).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "network/explain.h"

namespace raykeep::network {

enum class Plugin : std::uint8_t {
  kTerway,    // nodes of ACK
  kPoseidon,  // serverless pods of ACK
  kFlannel,
};
std::optional<Plugin> parse_plugin(std::string_view name);  // "terway", "poseidon", "flannel"

// What of these policies the plugin does not do, each at its place; a note without a place is about all of them.
std::vector<Note> plugin_notes(Reach& reach, Plugin plugin);

}  // namespace raykeep::network
