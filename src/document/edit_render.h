// SPDX-License-Identifier: Apache-2.0
// Values as text in the look of their neighbours. Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/edit_text.h"

namespace raykeep::document {

// How a flow collection ("{a: 1}", JSON) looks inside.
struct FlowLook {
  std::string colon = ": ";
  std::string comma = ", ";
  Style keys = Style::kPlain;     // how keys are quoted
  Style strings = Style::kPlain;  // how values are quoted
  bool pretty = false;            // an element a line
  std::string indent;             // before an element, when pretty
  std::string unit = "  ";        // what the next level adds to that
  std::string eol = "\n";
};
// The look of the deepest node of a path, which is a flow collection.
FlowLook flow_look(const EditText& text, const ResolvedPath& path);

// A scalar or an empty collection, quoted as asked for or as it must be.
std::string scalar_text(const Node& value, Style quotes, bool in_flow);

bool is_filled(const Node& value);  // a mapping or list with something in it

// The lines of "key: value", without line ends.
std::vector<std::string> block_member(std::string_view key, const Node& value, std::size_t column,
                                      const BlockLook& look);
// The lines of a filled value; its keys or dashes stand in `column`.
std::vector<std::string> block_value(const Node& value, std::size_t column, const BlockLook& look);
// The lines of "- value", with `gap` spaces behind the dash.
std::vector<std::string> block_item(const Node& value, std::size_t column, std::size_t gap, Style quotes,
                                    const BlockLook& look);
std::string join_lines(const std::vector<std::string>& lines, std::string_view eol);

std::string flow_value(const Node& value, const FlowLook& look);
std::string flow_member(std::string_view key, const Node& value, const FlowLook& look);

}  // namespace raykeep::document
