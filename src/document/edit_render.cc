// SPDX-License-Identifier: Apache-2.0
#include "document/edit_render.h"

#include <algorithm>
#include <utility>

#include "document/json.h"
#include "document/yaml_writer.h"

namespace raykeep::document {
namespace {

bool can_be_single_quoted(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

// Joins elements between brackets, on one line or an element a line.
std::string bracketed(char open, char close, const std::vector<std::string>& elements, const FlowLook& look) {
  std::string out(1, open);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += look.pretty ? "," : look.comma;
    if (look.pretty) out += look.eol + look.indent;
    out += elements[i];
  }
  if (look.pretty) out += look.eol + look.indent.substr(0, look.indent.size() - look.unit.size());
  return out + close;
}

struct Element {
  std::size_t begin;
  std::size_t end;
};
std::vector<Element> elements_of(const Node& node) {
  std::vector<Element> out;
  for (const Node& item : node.items()) out.push_back({item.span().begin, item.span().end});
  for (const Member& member : node.members()) out.push_back({member.key.span().begin, member.value.span().end});
  return out;
}

// Spaces that a line has more than the one of the bracket which closes the collection.
std::string unit_of(const EditText& text, const Node& collection, std::string_view indent) {
  const std::size_t close = collection.span().end - 1;
  const std::string_view base = text.leading_space(close);
  if (!text.is_first_on_line(close) || !indent.starts_with(base) || indent.size() <= base.size()) return "  ";
  return std::string(indent.substr(base.size()));
}

void look_at_lines(const EditText& text, const ResolvedPath& path, FlowLook& out) {
  const Node& node = path.deepest();
  out.eol = text.eol_near(node.span().begin);
  if (const auto elements = elements_of(node); !elements.empty()) {
    out.pretty = text.is_first_on_line(elements.back().begin);
    out.indent = text.leading_space(elements.back().begin);
    out.unit = unit_of(text, node, out.indent);
    return;
  }
  if (path.depth() == 0 || path.holder().style() != Style::kFlow) return;
  const Node& holder = path.holder();
  out.pretty = text.is_first_on_line(elements_of(holder).back().begin);
  const std::string_view indent = text.leading_space(node.span().begin);
  out.unit = unit_of(text, holder, indent);
  out.indent = std::string(indent) + out.unit;
}

}  // namespace

FlowLook flow_look(const EditText& text, const ResolvedPath& path) {
  FlowLook out;
  bool colon = false;
  bool comma = false;
  for (auto node = path.chain.rbegin(); node != path.chain.rend() && (*node)->style() == Style::kFlow; ++node) {
    if (!colon && !(*node)->members().empty()) {
      const Member& last = (*node)->members().back();
      out.keys = last.key.style();
      const bool tight = text.between(last.key.span().end, last.value.span().begin) == ":";
      out.colon = tight && out.keys != Style::kPlain ? ":" : ": ";
      colon = true;
    }
    const auto elements = elements_of(**node);
    if (comma || elements.size() < 2) continue;
    out.comma = text.between(elements[elements.size() - 2].end, elements.back().begin) == "," ? "," : ", ";
    comma = true;
  }
  if (!comma && out.colon == ":") out.comma = ",";
  if (text.is_json()) out.keys = Style::kDoubleQuoted;
  out.strings = out.keys;
  const Node& node = path.deepest();
  if (!node.items().empty() && node.items().back().is_string()) out.strings = node.items().back().style();
  look_at_lines(text, path, out);
  return out;
}

std::string scalar_text(const Node& value, Style quotes, bool in_flow) {
  if (!value.is_string() || quotes == Style::kPlain || quotes == Style::kBuilt) {
    const std::string plain = yaml_scalar(value);
    const bool quoted = plain.starts_with('"') || !value.is_string();
    return quoted || !in_flow || plain.find_first_of(",[]{}:?") == std::string::npos ? plain : write_json(value);
  }
  if (quotes == Style::kSingleQuoted && can_be_single_quoted(value.text())) return single_quoted(value.text());
  return write_json(value);
}

bool is_filled(const Node& value) { return !value.items().empty() || !value.members().empty(); }

std::string join_lines(const std::vector<std::string>& lines, std::string_view eol) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += eol;
    out += lines[i];
  }
  return out;
}

std::vector<std::string> block_member(std::string_view key, const Node& value, std::size_t column,
                                      const BlockLook& look) {
  const std::string name = yaml_scalar(Node::string(key));
  std::string head = std::string(column, ' ') + (key == "<<" ? "\"<<\"" : name) + ':';
  if (!is_filled(value)) return {head + ' ' + scalar_text(value, Style::kPlain, false)};
  auto lines = block_value(value, column + (value.is_mapping() ? look.step : look.list_offset), look);
  lines.insert(lines.begin(), std::move(head));
  return lines;
}

std::vector<std::string> block_value(const Node& value, std::size_t column, const BlockLook& look) {
  std::vector<std::string> out;
  const auto add = [&out](std::vector<std::string> lines) {
    out.insert(out.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  };
  for (const Member& member : value.members()) add(block_member(member.name(), member.value, column, look));
  for (const Node& item : value.items()) add(block_item(item, column, 1, Style::kPlain, look));
  return out;
}

std::vector<std::string> block_item(const Node& value, std::size_t column, std::size_t gap, Style quotes,
                                    const BlockLook& look) {
  const std::string head = std::string(column, ' ') + '-' + std::string(gap, ' ');
  if (!is_filled(value)) return {head + scalar_text(value, quotes, false)};
  auto lines = block_value(value, head.size(), look);
  lines.front().replace(0, head.size(), head);
  return lines;
}

std::string flow_member(std::string_view key, const Node& value, const FlowLook& look) {
  return scalar_text(Node::string(key), key == "<<" ? Style::kDoubleQuoted : look.keys, true) + look.colon +
         flow_value(value, look);
}

std::string flow_value(const Node& value, const FlowLook& look) {
  if (!is_filled(value)) return scalar_text(value, look.strings, true);
  // Where an element stands on each line, JSON's printers go on like that; people's YAML stays on the line.
  FlowLook inner = look;
  inner.pretty = look.pretty && look.keys == Style::kDoubleQuoted;
  inner.indent = look.indent + look.unit;
  std::vector<std::string> elements;
  for (const Member& member : value.members()) elements.push_back(flow_member(member.name(), member.value, inner));
  for (const Node& item : value.items()) elements.push_back(flow_value(item, inner));
  return bracketed(value.is_mapping() ? '{' : '[', value.is_mapping() ? '}' : ']', elements, inner);
}

}  // namespace raykeep::document
