// SPDX-License-Identifier: Apache-2.0
// Edits among lines: block mappings and block lists.
#include <algorithm>

#include "document/edit_place.h"
#include "document/edit_render.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kUnknownForm = "is written in a way that is not changed safely";
constexpr std::string_view kOpenEnd = "ends with a block scalar that has no last line break";
constexpr std::size_t kWidestGap = 7;

bool has_last_break(const EditText& text) {
  return text.all().ends_with('\n') || text.all().ends_with('\r');
}

// Whole lines put at `offset`, which is the start of a line or the end of the text.
Edit insert_lines(const EditText& text, std::size_t offset, const std::vector<std::string>& lines, const std::string& eol) {
  const std::string block = join_lines(lines, eol);
  const bool open_end = offset == text.all().size() && offset > 0 && !has_last_break(text);
  return {offset, 0, open_end ? eol + block : block + eol};
}

// Whole lines [begin, end). A text without a last line break keeps having none, though empty lines stood before it.
Edit delete_lines(const EditText& text, std::size_t begin, std::size_t end) {
  if (end == text.all().size() && begin > 0 && !has_last_break(text)) {
    while (begin > 0 && (text.at(begin - 1) == '\n' || text.at(begin - 1) == '\r')) --begin;
  }
  return {begin, end - begin, {}};
}

// Behind the colon or dash that the deepest node of the path belongs to.
std::optional<std::size_t> head_end(const EditText& text, const ResolvedPath& path) {
  const Node& holder = path.holder();
  if (holder.is_mapping()) return text.colon_end(holder.members()[path.position.back()]);
  const auto dash = text.dash_of(path.deepest());
  return dash ? std::optional(*dash + 1) : std::nullopt;
}

// The column in which the keys or dashes of a new value stand.
std::optional<std::size_t> value_column(const EditText& text, const ResolvedPath& path, const Node& value,
                                        const BlockLook& look) {
  const Node& old = path.deepest();
  if (old.style() == Style::kBlock && old.kind() == value.kind()) return text.column(old.span().begin);
  const Node& holder = path.holder();
  if (!holder.is_mapping()) return text.column(old.span().begin);
  const auto keys = text.key_column(holder);
  return keys ? std::optional(*keys + (value.is_mapping() ? look.step : look.list_offset)) : std::nullopt;
}

Style quotes_of(const Node& old) {
  return old.style() == Style::kSingleQuoted || old.style() == Style::kDoubleQuoted ? old.style() : Style::kPlain;
}

// A scalar or an empty collection in the place of whatever stands there.
Placement place_inline(const EditText& text, const ResolvedPath& path, std::size_t head, const Node& value) {
  const Node& old = path.deepest();
  const std::string word = scalar_text(value, quotes_of(old), false);
  const std::size_t begin = old.span().begin;
  if (begin == old.span().end) return std::vector<Edit>{{head, 0, ' ' + word}};
  const std::size_t end = text.content_end(old);
  if (old.style() != Style::kBlock || text.line_start(begin) == text.line_start(head)) {
    return std::vector<Edit>{{begin, end - begin, word}};
  }
  const auto behind = text.line_behind(end);
  if (!behind || !text.is_first_on_line(begin)) return refuse(kUnknownForm);
  return std::vector<Edit>{{head, 0, ' ' + word}, delete_lines(text, text.line_start(begin), *behind)};
}

// A filled collection behind "- ", whose first line begins there.
Placement place_behind_dash(const EditText& text, const ResolvedPath& path, std::size_t head, const Node& value,
                            const BlockLook& look) {
  const Node& old = path.deepest();
  const bool empty = old.span().begin == old.span().end;
  const std::size_t column = empty ? text.column(head) + 1 : text.column(old.span().begin);
  std::string block = join_lines(block_value(value, column, look), look.eol).substr(column);
  if (empty) return std::vector<Edit>{{head, 0, ' ' + block}};
  const std::size_t end = text.content_end(old);
  if (end == text.line_start(end)) block += look.eol;
  return std::vector<Edit>{{old.span().begin, end - old.span().begin, std::move(block)}};
}

// A filled collection on the lines under "key:".
Placement place_under_key(const EditText& text, const ResolvedPath& path, std::size_t head, const Node& value,
                          const BlockLook& look) {
  const Node& old = path.deepest();
  const auto column = value_column(text, path, value, look);
  if (!column) return refuse(kUnknownForm);
  const auto lines = block_value(value, *column, look);
  const std::size_t end = text.content_end(old);
  if (old.style() == Style::kBlock) {
    const std::size_t begin = text.line_start(old.span().begin);
    if (!text.is_first_on_line(old.span().begin)) return refuse(kUnknownForm);
    std::string block = join_lines(lines, look.eol);
    if (end == text.line_start(end)) block += look.eol;
    return std::vector<Edit>{{begin, end - begin, std::move(block)}};
  }
  const bool empty = old.span().begin == old.span().end;
  const auto behind = text.line_behind(empty ? head : end);
  if (!behind) return refuse(kUnknownForm);
  std::vector<Edit> out;
  if (!empty) out.push_back({head, end - head, {}});
  out.push_back(insert_lines(text, *behind, lines, look.eol));
  return out;
}

// A key or item that shares its first line with the dash of an outer list: what follows moves to that dash.
Placement take_out_behind_dash(const EditText& text, std::size_t begin, std::size_t end) {
  const auto behind = text.line_behind(end);
  const std::size_t next = behind ? text.skip_space(*behind) : text.all().size();
  if (next == text.all().size()) return refuse(kUnknownForm);
  return std::vector<Edit>{{begin, next - begin, {}}};
}

}  // namespace

Placement place_value_in_block(const EditText& text, const ResolvedPath& path, const Node& value) {
  const auto head = head_end(text, path);
  if (!head) return refuse(kUnknownForm);
  if (!is_filled(value)) return place_inline(text, path, *head, value);
  const BlockLook look = text.look_near(path);
  return path.holder().is_mapping() ? place_under_key(text, path, *head, value, look)
                                    : place_behind_dash(text, path, *head, value, look);
}

Placement place_member_in_block(const EditText& text, const ResolvedPath& path, std::string_view key, const Node& value) {
  const Node& host = path.deepest();
  const auto column = text.key_column(host);
  const std::size_t end = text.content_end(host);
  const auto behind = text.line_behind(end);
  if (!column || !behind) return refuse(kUnknownForm);
  if (text.ends_in_block_scalar(host)) return refuse(kOpenEnd);
  BlockLook look = text.look_near(path);
  look.eol = text.eol_near(end == *behind && end > 0 ? end - 1 : end);
  return std::vector<Edit>{insert_lines(text, *behind, block_member(key, value, *column, look), look.eol)};
}

Placement place_item_in_block(const EditText& text, const ResolvedPath& path, const Node& value) {
  const Node& host = path.deepest();
  const std::size_t dash = host.span().begin;
  const std::size_t end = text.content_end(host);
  const auto behind = text.line_behind(end);
  if (text.at(dash) != '-' || !behind) return refuse(kUnknownForm);
  if (text.ends_in_block_scalar(host)) return refuse(kOpenEnd);
  const Node& last = host.items().back();
  std::size_t gap = 1;
  if (const auto last_dash = text.dash_of(last); last_dash && last.span().begin > *last_dash + 1) {
    gap = std::min<std::size_t>(last.span().begin - *last_dash - 1, kWidestGap);
  }
  BlockLook look = text.look_near(path);
  look.eol = text.eol_near(end == *behind && end > 0 ? end - 1 : end);
  const auto lines = block_item(value, text.column(dash), gap, quotes_of(last), look);
  return std::vector<Edit>{insert_lines(text, *behind, lines, look.eol)};
}

Placement take_out_of_block(const EditText& text, const ResolvedPath& path) {
  const Node& holder = path.holder();
  const Node& node = path.deepest();
  if (holder.items().size() + holder.members().size() == 1) {
    ResolvedPath above = path;
    above.chain.pop_back();
    above.position.pop_back();
    return place_value(text, above, holder.is_mapping() ? Node::mapping() : Node::sequence());
  }
  const auto head = head_end(text, path);
  if (!head) return refuse(kUnknownForm);
  const std::size_t begin = holder.is_mapping() ? holder.members()[path.position.back()].key.span().begin : *head - 1;
  const std::size_t end = std::max(*head, text.content_end(node));
  if (!text.is_first_on_line(begin)) return take_out_behind_dash(text, begin, end);
  const auto behind = text.line_behind(end);
  if (!behind) return refuse(kUnknownForm);
  return std::vector<Edit>{delete_lines(text, text.line_start(begin), *behind)};
}

}  // namespace raykeep::document
