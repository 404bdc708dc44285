// SPDX-License-Identifier: Apache-2.0
// What a YAML scalar means. Private to this folder: yaml.h is the door.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "document/node.h"

namespace raykeep::document {

// A scalar without quotes and tag: null, boolean, number or string, as YAML 1.1 words and Go's number forms decide. The
// error is a sentence: a number that JSON cannot hold.
tl::expected<Node, std::string> resolve_plain(std::string_view text);

// Whether a plain scalar is a whole number by its form, not only by its value ("+6e8", "089").
bool is_integer_text(std::string_view text);

// A scalar with a tag in full: "tag:yaml.org,2002:int". The error is a sentence.
tl::expected<Node, std::string> resolve_tagged(std::string_view tag, std::string_view text);

// The text between single quotes: a doubled quote is one, and lines are folded (YAML 1.2 section 7.3.2). Line ends are
// LF.
std::string unquote_single(std::string_view raw);

}  // namespace raykeep::document
