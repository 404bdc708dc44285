// SPDX-License-Identifier: Apache-2.0
// Text as bytes: where characters go wrong, and which line and column a byte stands in.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace raykeep::document {

// Spans hold 32 bits, so no text is longer.
inline constexpr std::size_t kLargestText = 0xffffffffU;

// The offset of the first byte that is not part of a well-formed UTF-8 character, or the size of the text.
std::size_t first_wrong_byte(std::string_view text);
bool is_ascii(std::string_view text);

struct LineColumn {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // in bytes, from 1
};
// Lines end with LF, CR or CR LF. Linear in the text; for one place, in an error.
LineColumn line_column(std::string_view text, std::size_t offset);

// The same for many places: finds line starts once.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  LineColumn at(std::size_t offset) const;
  std::size_t lines() const { return starts_.size(); }
  std::size_t start_of(std::size_t line) const { return starts_[line - 1]; }

 private:
  std::vector<std::uint32_t> starts_;
};

}  // namespace raykeep::document
