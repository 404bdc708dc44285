// SPDX-License-Identifier: Apache-2.0
// Where a part of a tree stands in the text, kept without the part itself, and how it is found again.
#pragma once

#include <string>
#include <vector>

#include "document/node.h"

namespace raykeep::document {

struct Place {
  Span span;
  Kind kind = Kind::kNull;
  bool shared = false;

  Place() = default;
  Place(const Node& node) : span(node.span()), kind(node.kind()), shared(node.shared()) {}
  // False for what was built and stands in no text.
  bool in_text() const { return span.line > 0; }
};

// The keys and indexes ("0", "1") that lead to the part of `root` that stands there; empty for the root itself, for a
// place in no text, and when there is none.
std::vector<std::string> path_to(const Node& root, const Place& place);
// RFC 6901.
std::string json_pointer(const std::vector<std::string>& path);

}  // namespace raykeep::document
