// SPDX-License-Identifier: Apache-2.0
// How a text is laid out around a place: lines, indentation, where content ends, what its neighbours look like. Private
// to this folder. Positions are byte offsets in the text that the tree was read from.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "document/edit_tree.h"

namespace raykeep::document {

// How blocks look hereabouts.
struct BlockLook {
  std::string eol = "\n";
  std::size_t step = 2;         // from a key to the keys under it
  std::size_t list_offset = 0;  // from a key to the dashes under it; 0 for lists without indentation
};

class EditText {
 public:
  // `eol` is what to end lines with where the text has none; `json` when the text must stay JSON.
  EditText(std::string_view text, std::string_view eol, bool json = false) : text_(text), eol_(eol), json_(json) {}

  std::string_view all() const { return text_; }
  bool is_json() const { return json_; }
  std::string_view between(std::size_t begin, std::size_t end) const { return text_.substr(begin, end - begin); }
  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

  std::size_t line_start(std::size_t offset) const;
  std::size_t line_end(std::size_t offset) const;   // before the line break
  std::size_t next_line(std::size_t offset) const;  // behind the line break
  std::size_t column(std::size_t offset) const { return offset - line_start(offset); }
  // Only spaces and tabs stand before this on its line.
  bool is_first_on_line(std::size_t offset) const;
  // The white space that the line of this place begins with.
  std::string_view leading_space(std::size_t offset) const;
  // The first byte at or behind `offset` that is no space, tab or line break.
  std::size_t skip_space(std::size_t offset) const;
  std::string_view eol_near(std::size_t offset) const;

  // Nothing can follow without changing a value: the text ends inside a block scalar, which has no last line break.
  bool ends_in_block_scalar(const Node& node) const;

  // Behind the last byte of a block value's content. libyaml ends a block scalar at the next line with content; its
  // trailing empty lines count only when it keeps them ("|+").
  std::size_t content_end(const Node& node) const;
  // Whole lines may be put here, behind the line on which content ends; nothing if something else stands on that line.
  std::optional<std::size_t> line_behind(std::size_t content_end) const;

  // The dash of a list item that stands on the same line; nothing when it stands elsewhere.
  std::optional<std::size_t> dash_of(const Node& item) const;
  // Behind the colon of a member whose key is simple: "key:", not "? key".
  std::optional<std::size_t> colon_end(const Member& member) const;
  // The column of a block mapping's keys. Merged members stand elsewhere.
  std::optional<std::size_t> key_column(const Node& mapping) const;

  // The look of the nearest example, from the deepest node of the path upwards.
  BlockLook look_near(const ResolvedPath& path) const;

 private:
  struct Examples;
  void find_examples(const Node& node, Examples& out) const;

  std::string_view text_;
  std::string_view eol_;
  bool json_;
};

// A member that stands in this mapping's own text, not one that a merge key brought.
bool is_own(const Node& mapping, const Member& member);

}  // namespace raykeep::document
