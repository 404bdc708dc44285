// SPDX-License-Identifier: Apache-2.0
// Edits inside brackets: flow mappings and flow lists of YAML, and all of JSON.
#include "document/edit_place.h"
#include "document/edit_render.h"

namespace raykeep::document {
namespace {

ResolvedPath without_last(const ResolvedPath& path) {
  ResolvedPath out = path;
  out.chain.pop_back();
  out.position.pop_back();
  return out;
}

Placement whole(const Node& node, std::string text) {
  return std::vector<Edit>{{node.span().begin, node.span().end - node.span().begin, std::move(text)}};
}

// Behind the last element, where its value says truly where it ends.
Placement append(const Node& last, const FlowLook& look, const std::string& element) {
  if (last.shared()) return refuse("ends with an anchor or an alias");
  const std::string separator = look.pretty ? "," + look.eol + look.indent : look.comma;
  return std::vector<Edit>{{last.span().end, 0, separator + element}};
}

std::size_t begin_of(const Node& holder, std::size_t index) {
  return holder.is_mapping() ? holder.members()[index].key.span().begin : holder.items()[index].span().begin;
}
const Node& value_of(const Node& holder, std::size_t index) {
  return holder.is_mapping() ? holder.members()[index].value : holder.items()[index];
}

}  // namespace

Placement place_value_in_flow(const EditText& text, const ResolvedPath& path, const Node& value) {
  const Node& old = path.deepest();
  FlowLook look = flow_look(text, path.depth() == 0 ? path : without_last(path));
  if (old.style() == Style::kSingleQuoted || old.style() == Style::kDoubleQuoted) look.strings = old.style();
  const std::string word = flow_value(value, look);
  if (path.depth() == 0 || !path.holder().is_mapping() || old.span().begin != old.span().end) return whole(old, word);
  const Member& member = path.holder().members()[path.position.back()];
  const std::size_t key_end = member.key.span().end;
  const std::string_view gap = text.between(key_end, old.span().begin);
  const std::size_t colon = gap.find(':');
  if (colon == std::string_view::npos) return std::vector<Edit>{{key_end, 0, look.colon + word}};
  return std::vector<Edit>{{key_end + colon + 1, 0, ' ' + word}};
}

Placement place_member_in_flow(const EditText& text, const ResolvedPath& path, std::string_view key, const Node& value) {
  const FlowLook look = flow_look(text, path);
  const Node& host = path.deepest();
  if (!host.members().empty()) return append(host.members().back().value, look, flow_member(key, value, look));
  Node mapping = Node::mapping();
  mapping.set(key, value);
  return place_value(text, path, mapping);
}

Placement place_item_in_flow(const EditText& text, const ResolvedPath& path, const Node& value) {
  const FlowLook look = flow_look(text, path);
  const Node& host = path.deepest();
  if (!host.items().empty()) return append(host.items().back(), look, flow_value(value, look));
  // Inside JSON the new list looks like its surroundings, in a line of YAML like "[word]".
  if (path.depth() > 0 && path.holder().style() == Style::kFlow) return place_value(text, path, Node::sequence({value}));
  return whole(host, '[' + flow_value(value, look) + ']');
}

Placement take_out_of_flow(const EditText& text, const ResolvedPath& path) {
  const Node& holder = path.holder();
  const std::size_t index = path.position.back();
  const std::size_t count = holder.is_mapping() ? holder.members().size() : holder.items().size();
  if (count == 1) return whole(holder, holder.is_mapping() ? "{}" : "[]");
  const std::size_t begin = begin_of(holder, index);
  if (index + 1 < count) return std::vector<Edit>{{begin, begin_of(holder, index + 1) - begin, {}}};
  const Node& before = value_of(holder, index - 1);
  if (before.shared()) return refuse("stands behind an anchor or an alias");
  const std::size_t from = before.span().end;
  // A null without any text ends where the next thing begins; the comma between must not stay.
  if (text.between(from, begin).find(',') == std::string_view::npos) return refuse("is written in a way that is not changed safely");
  return std::vector<Edit>{{from, path.deepest().span().end - from, {}}};
}

}  // namespace raykeep::document
