// SPDX-License-Identifier: Apache-2.0
#include "document/edit_text.h"

#include <algorithm>

namespace raykeep::document {
namespace {

constexpr std::string_view kBreaks = "\r\n";
constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kExampleNodes = 4000;  // looked at for examples of a style, so that huge documents stay quick

bool is_block_scalar(const Node& node) { return node.style() == Style::kLiteral || node.style() == Style::kFolded; }

// The last scalar or flow collection of a block value, whose end is the value's end.
const Node& last_part(const Node& node) {
  const Node* last = &node;
  while (last->style() == Style::kBlock && !last->shared()) {
    const Node* below = nullptr;
    if (!last->items().empty()) below = &last->items().back();
    if (!last->members().empty() && is_own(*last, last->members().back())) below = &last->members().back().value;
    if (below == nullptr || below->span().end != last->span().end) break;
    last = below;
  }
  return *last;
}

}  // namespace

bool is_own(const Node& mapping, const Member& member) {
  return member.key.span().begin >= mapping.span().begin && member.key.span().end <= mapping.span().end;
}

std::size_t EditText::line_start(std::size_t offset) const {
  if (offset == 0) return 0;
  // The first byte of CR LF still belongs to the line that it ends.
  const std::size_t from = at(offset) == '\n' && text_[offset - 1] == '\r' ? offset - 1 : offset;
  if (from == 0) return 0;
  const std::size_t found = text_.find_last_of(kBreaks, from - 1);
  return found == std::string_view::npos ? 0 : found + 1;
}

std::size_t EditText::line_end(std::size_t offset) const {
  const std::size_t found = text_.find_first_of(kBreaks, offset);
  return found == std::string_view::npos ? text_.size() : found;
}

std::size_t EditText::next_line(std::size_t offset) const {
  const std::size_t end = line_end(offset);
  if (end == text_.size()) return end;
  return text_.substr(end).starts_with("\r\n") ? end + 2 : end + 1;
}

bool EditText::is_first_on_line(std::size_t offset) const {
  return between(line_start(offset), offset).find_first_not_of(kBlanks) == std::string_view::npos;
}

std::string_view EditText::leading_space(std::size_t offset) const {
  const std::size_t start = line_start(offset);
  const std::size_t end = std::min(text_.find_first_not_of(kBlanks, start), text_.size());
  return between(start, end);
}

std::size_t EditText::skip_space(std::size_t offset) const {
  return std::min(text_.find_first_not_of(" \t\r\n", offset), text_.size());
}

std::string_view EditText::eol_near(std::size_t offset) const {
  std::size_t end = line_end(offset);
  if (end == text_.size()) end = line_end(0);
  return end == text_.size() ? eol_ : between(end, next_line(end));
}

bool EditText::ends_in_block_scalar(const Node& node) const {
  return node.span().end == text_.size() && !text_.ends_with('\n') && !text_.ends_with('\r') && is_block_scalar(last_part(node));
}

std::size_t EditText::content_end(const Node& node) const {
  const Node& last = last_part(node);
  const std::size_t begin = last.span().begin;
  const std::size_t end = node.span().end;
  const bool keeps = is_block_scalar(last) && between(begin, std::min(end, line_end(begin))).find('+') != std::string_view::npos;
  if (keeps || node.style() == Style::kFlow) return end;
  // The null of "? key" stands at the next token, too.
  const std::size_t content = between(node.span().begin, end).find_last_not_of(" \t\r\n");
  return content == std::string_view::npos ? end : node.span().begin + content + 1;
}

std::optional<std::size_t> EditText::line_behind(std::size_t content_end) const {
  if (content_end > 0 && content_end == line_start(content_end)) return content_end;
  const std::string_view rest = between(content_end, line_end(content_end));
  const std::size_t other = rest.find_first_not_of(kBlanks);
  if (other != std::string_view::npos && rest[other] != '#') return std::nullopt;
  return next_line(content_end);
}

std::optional<std::size_t> EditText::dash_of(const Node& item) const {
  const std::size_t start = line_start(item.span().begin);
  const std::size_t found = between(start, item.span().begin).find_last_not_of(kBlanks);
  if (found == std::string_view::npos || text_[start + found] != '-') return std::nullopt;
  return start + found;
}

std::optional<std::size_t> EditText::colon_end(const Member& member) const {
  const std::size_t begin = member.key.span().begin;
  const std::string_view before = between(line_start(begin), begin);
  if (before.find_first_not_of("- \t") != std::string_view::npos) return std::nullopt;
  const std::size_t colon = text_.find_first_not_of(kBlanks, member.key.span().end);
  if (at(colon) != ':') return std::nullopt;
  return colon + 1;
}

std::optional<std::size_t> EditText::key_column(const Node& mapping) const {
  for (const Member& member : mapping.members()) {
    if (is_own(mapping, member)) return column(member.key.span().begin);
  }
  return std::nullopt;
}

struct EditText::Examples {
  std::optional<std::size_t> step;
  std::optional<std::size_t> list_offset;
  std::size_t nodes = kExampleNodes;
  bool enough() const { return nodes == 0 || (step && list_offset); }
};

void EditText::find_examples(const Node& node, Examples& out) const {
  if (out.enough() || node.style() != Style::kBlock || node.shared()) return;
  --out.nodes;
  const std::optional<std::size_t> keys = key_column(node);
  for (const Member& member : node.members()) {
    const Node& value = member.value;
    if (value.style() != Style::kBlock || value.shared() || !keys) continue;
    const std::size_t own = column(value.span().begin);
    if (own >= *keys && value.is_sequence() && !out.list_offset) out.list_offset = own - *keys;
    if (own > *keys && value.is_mapping() && !out.step) out.step = own - *keys;
    find_examples(value, out);
  }
  for (const Node& item : node.items()) find_examples(item, out);
}

BlockLook EditText::look_near(const ResolvedPath& path) const {
  Examples found;
  for (auto node = path.chain.rbegin(); node != path.chain.rend() && !found.enough(); ++node) {
    find_examples(**node, found);
  }
  BlockLook out;
  out.eol = eol_near(path.deepest().span().end);
  // An indented list tells the step as well when there is nothing better.
  out.step = found.step.value_or(found.list_offset.value_or(0) > 0 ? *found.list_offset : out.step);
  out.list_offset = found.list_offset.value_or(out.list_offset);
  return out;
}

}  // namespace raykeep::document
