// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "document/edit_document.h"

namespace raykeep::document {
namespace {

bool is_inside_character(std::string_view text, std::size_t offset) {
  if (offset == 0 || offset >= text.size()) return false;
  const bool continuation = (static_cast<unsigned char>(text[offset]) & 0xc0U) == 0x80;
  return continuation || (text[offset - 1] == '\r' && text[offset] == '\n');
}

// Leaves out what the old and the new bytes begin and end with, whole characters of it.
Edit smallest(std::string_view first, Edit edit) {
  const std::string_view old = first.substr(edit.offset, edit.length);
  const std::string_view now = edit.text;
  const std::size_t shorter = std::min(old.size(), now.size());
  std::size_t front = 0;
  while (front < shorter && old[front] == now[front]) ++front;
  while (front > 0 && (is_inside_character(old, front) || is_inside_character(now, front))) --front;
  std::size_t back = 0;
  while (back < shorter - front && old[old.size() - 1 - back] == now[now.size() - 1 - back]) ++back;
  while (back > 0 && (is_inside_character(old, old.size() - back) || is_inside_character(now, now.size() - back))) --back;
  return {edit.offset + front, old.size() - front - back, std::string(now.substr(front, now.size() - front - back))};
}

}  // namespace

PieceTable::PieceTable(std::size_t size) { pieces_.push_back({0, size, {}, false}); }

void PieceTable::apply(const std::vector<Edit>& edits) {
  std::vector<Piece> out;
  std::size_t piece = 0;
  std::size_t used = 0;  // of that piece
  const auto advance = [&](std::size_t count, bool keep) {
    while (count > 0) {
      const Piece& from = pieces_[piece];
      const std::size_t length = std::min(count, from.length - used);
      if (keep && length > 0) {
        out.push_back({from.begin + used, length, from.is_new ? from.text.substr(used, length) : std::string(), from.is_new});
      }
      used += length;
      count -= length;
      if (used < from.length) continue;
      ++piece;
      used = 0;
    }
  };
  std::size_t size = 0;
  for (const Piece& each : pieces_) size += each.length;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    advance(edit.offset - at, true);
    advance(edit.length, false);
    if (!edit.text.empty()) out.push_back({0, edit.text.size(), edit.text, true});
    at = edit.offset + edit.length;
  }
  advance(size - at, true);
  pieces_ = std::move(out);
}

std::vector<Edit> PieceTable::edits_of(std::string_view first) const {
  std::vector<Edit> out;
  Edit open;
  const auto close = [&](std::size_t until) {
    open.length = until - open.offset;
    Edit edit = smallest(first, open);
    if (edit.length > 0 || !edit.text.empty()) out.push_back(std::move(edit));
  };
  for (const Piece& piece : pieces_) {
    if (piece.is_new) {
      open.text += piece.text;
      continue;
    }
    close(piece.begin);
    open = {piece.begin + piece.length, 0, {}};
  }
  close(first.size());
  return out;
}

}  // namespace raykeep::document
