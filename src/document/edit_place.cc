// SPDX-License-Identifier: Apache-2.0
#include "document/edit_place.h"

#include <algorithm>
#include <optional>

#include "document/edit_render.h"

namespace raykeep::document {
namespace {

bool any_below(const Node& node, bool (Node::*property)() const) {
  if ((node.*property)()) return true;
  return std::any_of(node.items().begin(), node.items().end(), [&](const Node& item) { return any_below(item, property); }) ||
         std::any_of(node.members().begin(), node.members().end(),
                     [&](const Member& member) { return any_below(member.value, property); });
}

constexpr std::string_view kShared = "is shared with other places through an anchor, an alias or a merge key";

// What has to be true of a collection in which something is put or from which something is taken.
std::optional<std::string_view> why_not_within(const EditText& text, const Node& collection) {
  if (collection.shared()) return kShared;
  if (collection.tagged()) return "has an explicit tag";
  const auto is_merged = [&](const Member& member) { return !is_own(collection, member); };
  if (std::any_of(collection.members().begin(), collection.members().end(), is_merged)) return "takes keys from a merge key";
  const char first = text.at(collection.span().begin);
  if (collection.style() == Style::kFlow && first != '{' && first != '[') return "is a pair without braces";
  return std::nullopt;
}

// What has to be true of a value that goes away.
std::optional<std::string_view> why_not_away(const EditText& text, const Node& node) {
  if (any_below(node, &Node::shared)) return kShared;
  if (any_below(node, &Node::tagged)) return "has an explicit tag";
  if (node.style() == Style::kLiteral || node.style() == Style::kFolded) return "is a block scalar";
  if (text.between(node.span().begin, node.span().end).find("{{") != std::string_view::npos) return "is a template";
  return std::nullopt;
}

bool is_in_flow(const ResolvedPath& path) {
  return path.depth() == 0 ? path.deepest().style() == Style::kFlow : path.holder().style() == Style::kFlow;
}

}  // namespace

Placement place_value(const EditText& text, const ResolvedPath& path, const Node& value) {
  if (path.depth() > 0) {
    if (const auto why = why_not_within(text, path.holder())) return refuse(*why);
  }
  if (const auto why = why_not_away(text, path.deepest())) return refuse(*why);
  if (is_in_flow(path)) return place_value_in_flow(text, path, value);
  if (path.depth() == 0) return refuse("would be replaced as a whole");
  return place_value_in_block(text, path, value);
}

Placement place_member(const EditText& text, const ResolvedPath& path, std::string_view key, const Node& value) {
  const Node& host = path.deepest();
  if (const auto why = why_not_within(text, host)) return refuse(*why);
  if (host.is_null() || (host.members().empty() && !is_in_flow(path))) {
    Node mapping = Node::mapping();
    mapping.set(key, value);
    return place_value(text, path, mapping);
  }
  if (host.style() == Style::kFlow) return place_member_in_flow(text, path, key, value);
  return place_member_in_block(text, path, key, value);
}

Placement place_item(const EditText& text, const ResolvedPath& path, const Node& value) {
  const Node& host = path.deepest();
  if (const auto why = why_not_within(text, host)) return refuse(*why);
  // "drop: []" takes a word in its brackets; a mapping would be hard to read there.
  const bool opens_block = host.items().empty() && !is_in_flow(path) && is_filled(value);
  if (host.is_null() || opens_block) return place_value(text, path, Node::sequence({value}));
  if (host.style() == Style::kFlow) return place_item_in_flow(text, path, value);
  return place_item_in_block(text, path, value);
}

Placement take_out(const EditText& text, const ResolvedPath& path) {
  if (path.depth() == 0) return refuse("would leave nothing");
  if (const auto why = why_not_within(text, path.holder())) return refuse(*why);
  const Node& node = path.deepest();
  // A block scalar may go away as a whole.
  const bool block_scalar = node.style() == Style::kLiteral || node.style() == Style::kFolded;
  if (const auto why = why_not_away(text, node); why && !(block_scalar && *why == "is a block scalar")) return refuse(*why);
  return path.holder().style() == Style::kFlow ? take_out_of_flow(text, path) : take_out_of_block(text, path);
}

}  // namespace raykeep::document
