// SPDX-License-Identifier: Apache-2.0
// What a YAML 1.1 scalar means to the Kubernetes API server.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::document {

// The value of a scalar that is not quoted and has no tag. Not a number and infinity cannot be JSON: an error sentence.
tl::expected<Node, std::string> resolve_plain_scalar(std::string_view text);

// The value of a scalar with an explicit tag in its long form, "tag:yaml.org,2002:int" or an application's own.
tl::expected<Node, std::string> resolve_tagged_scalar(std::string_view tag, std::string_view text);

// The JSON object key that a scalar used as a key becomes.
tl::expected<std::string, std::string> key_text(const Node& scalar);

inline constexpr std::string_view kYamlTagPrefix = "tag:yaml.org,2002:";

}  // namespace raykeep::document
