// SPDX-License-Identifier: Apache-2.0
// The edits of a text that make one small change. Private to this folder. The sentence of a refusal goes on from the
// path: "spec.containers[0] " + "is shared through an anchor".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/edit_text.h"

namespace raykeep::document {

using Placement = tl::expected<std::vector<Edit>, std::string>;

inline tl::unexpected<std::string> refuse(std::string_view why) { return tl::make_unexpected(std::string(why)); }

// Gives the node at the end of the path another value.
Placement place_value(const EditText& text, const ResolvedPath& path, const Node& value);
// Adds a key to the mapping (or null) at the end of the path, behind all others.
Placement place_member(const EditText& text, const ResolvedPath& path, std::string_view key, const Node& value);
// Adds an item to the list (or null) at the end of the path.
Placement place_item(const EditText& text, const ResolvedPath& path, const Node& value);
// Takes the node at the end of the path out of its mapping or list.
Placement take_out(const EditText& text, const ResolvedPath& path);

// The same where the collection is written in blocks or in flow style.
Placement place_value_in_block(const EditText& text, const ResolvedPath& path, const Node& value);
Placement place_member_in_block(const EditText& text, const ResolvedPath& path, std::string_view key, const Node& value);
Placement place_item_in_block(const EditText& text, const ResolvedPath& path, const Node& value);
Placement take_out_of_block(const EditText& text, const ResolvedPath& path);
Placement place_value_in_flow(const EditText& text, const ResolvedPath& path, const Node& value);
Placement place_member_in_flow(const EditText& text, const ResolvedPath& path, std::string_view key, const Node& value);
Placement place_item_in_flow(const EditText& text, const ResolvedPath& path, const Node& value);
Placement take_out_of_flow(const EditText& text, const ResolvedPath& path);

}  // namespace raykeep::document
