// SPDX-License-Identifier: Apache-2.0
#include "document/text.h"

#include <algorithm>
#include <cstring>

#include "core/encoding.h"

namespace raykeep::document {
namespace {

// Length of the ASCII run from `at`, eight bytes at a time.
std::size_t skip_ascii(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  while (at + 8 <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & kHighBits) != 0) break;
    at += 8;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

std::size_t sequence_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xf0) return 4;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc0 ? 2 : 1;
}

bool ends_line(std::string_view text, std::size_t at) {
  return text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n'));
}

}  // namespace

std::size_t first_wrong_byte(std::string_view text) {
  std::size_t at = skip_ascii(text, 0);
  while (at < text.size()) {
    const std::size_t length = sequence_length(text[at]);
    if (!is_utf8(text.substr(at, length))) return at;
    at = skip_ascii(text, at + length);
  }
  return text.size();
}

bool is_ascii(std::string_view text) { return skip_ascii(text, 0) == text.size(); }

LineColumn line_column(std::string_view text, std::size_t offset) {
  LineColumn out;
  std::size_t start = 0;
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (!ends_line(text, i)) continue;
    ++out.line;
    start = i + 1;
  }
  out.column = offset - start + 1;
  return out;
}

LineIndex::LineIndex(std::string_view text) : starts_{0} {
  const bool only_line_feeds = text.find('\r') == std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (only_line_feeds) i = std::min(text.find('\n', i), text.size() - 1);
    if (ends_line(text, i)) starts_.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

LineColumn LineIndex::at(std::size_t offset) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return {static_cast<std::size_t>(next - starts_.begin()), offset - *(next - 1) + 1};
}

}  // namespace raykeep::document
