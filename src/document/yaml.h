// SPDX-License-Identifier: Apache-2.0
// YAML as the Kubernetes API server's path reads it (YAML 1.1 booleans, duplicate keys refused), into the same tree as
// JSON. Anchors and aliases are refused: a configuration has no need of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::document {

inline constexpr ErrorCode kYamlMalformed{"yaml-malformed", ErrorKind::kInput, ""};

struct YamlLimits {
  std::size_t bytes = 8U << 20;
  unsigned depth = 64;
};

// Reads one document. `file` names the text in errors.
Result<Node> read_yaml(std::string_view text, const YamlLimits& limits, std::string_view file);

}  // namespace raykeep::document
