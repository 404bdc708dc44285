// SPDX-License-Identifier: Apache-2.0
// Changes of a YAML or JSON text that touch nothing else: no other byte moves, and how the text is written is kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::document {

inline constexpr ErrorCode kEditRefused{"edit-refused", ErrorKind::kRefused, ""};

// Keys, and indexes of lists as digits.
using Path = std::vector<std::string>;

// The text of one document with the value at a path set: a scalar takes the place of a scalar in its quotes, a missing
// key is added with the mappings around it, a list gets the items that it lacks. Indentation, list style, line ends
// and the missing end of a last line are kept. The same text when the value is there already.
// Refused with the reason: what stands under an anchor or alias, has a tag, is a template ("{{"), is something else
// than what is asked for; and whatever does not read back as exactly the change that was wanted.
Result<std::string> set_value(std::string_view text, const Path& path, const Node& value);

}  // namespace raykeep::document
