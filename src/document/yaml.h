// SPDX-License-Identifier: Apache-2.0
// YAML as the path of the Kubernetes API server reads it (YAML 1.1 words such as yes and on, octal numbers), into the
// same tree as JSON, with a place for every value. Stricter where readers differ: duplicate keys, tags of programs,
// .nan and .inf, and merge keys that come after a key they would change are errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::document {

inline constexpr ErrorCode kYamlMalformed{"yaml-malformed", ErrorKind::kInput, ""};
inline constexpr ErrorCode kYamlTooLarge{"yaml-too-large", ErrorKind::kInput, ""};

enum class YamlAliases : std::uint8_t { kExpand, kRefuse };

struct YamlLimits {
  std::size_t bytes = 8U << 20;  // of text; at most 4 GiB - 1
  std::size_t nodes =
      1'000'000;        // values and keys after aliases are expanded; every 64 bytes of text count as one more
  unsigned depth = 64;  // lists and mappings inside each other, at most 64
  std::size_t documents = 100'000;  // of one stream
  YamlAliases aliases = YamlAliases::kExpand;
};

// Reads a text of one document; more than one is an error at the second. Nothing but comments is a null. A byte order
// mark and CR LF are taken. `file` names the text in errors.
Result<Node> read_yaml(std::string_view text, const YamlLimits& limits, std::string_view file);

// Reads every document of a text, leaving out those that hold nothing but comments. Places count from the beginning of
// the text.
Result<std::vector<Node>> read_yaml_stream(std::string_view text, const YamlLimits& limits, std::string_view file);

}  // namespace raykeep::document
