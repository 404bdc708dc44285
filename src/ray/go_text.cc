// SPDX-License-Identifier: Apache-2.0
#include "ray/go_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <vector>

#include "document/json.h"

namespace raykeep::ray {
namespace {

using document::Node;

// Members sorted, numbers as Go prints them.
Node as_go_holds(const Node& node) {
  if (node.is_sequence()) {
    Node out = Node::sequence();
    for (const Node& item : node.items()) out.append(as_go_holds(item));
    return out;
  }
  if (node.is_number() && !node.is_integer()) return Node::number(go_number(node.as_double().value_or(0)));
  if (!node.is_mapping()) return node;
  std::vector<const document::Member*> members;
  for (const document::Member& member : node.members()) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->name() < b->name(); });
  Node out = Node::mapping();
  for (const document::Member* member : members) out.set(member->name(), as_go_holds(member->value));
  return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) text.replace(at, what.size(), with);
}

struct Range {
  char32_t first, last;
};
// What strconv.IsPrint refuses beyond ASCII, as far as texts of people hold it: controls, spaces, formatting, private use.
constexpr std::array kUnprintable{Range{0x80, 0xA0}, Range{0xAD, 0xAD}, Range{0x2000, 0x200F}, Range{0x2028, 0x202F}, Range{0x205F, 0x206F}, Range{0x3000, 0x3000}, Range{0xE000, 0xF8FF}, Range{0xFEFF, 0xFEFF},
                                  Range{0xFFF0, 0xFFFB}};

// The character at the beginning of a text that is valid UTF-8, and its length.
std::pair<char32_t, std::size_t> first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (length == 1 || length > text.size()) return {byte(0), 1};
  char32_t out = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) out = (out << 6U) | (byte(i) & 0x3FU);
  return {out, length};
}

std::string quoted_control(unsigned char c) {
  switch (c) {
    case '\a': return "\\a";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\v': return "\\v";
    default: return fmt::format("\\x{:02x}", c);
  }
}

}  // namespace

std::string go_json(const Node& value) {
  std::string out = document::write_json(as_go_holds(value));
  // These stand in texts alone.
  for (const auto& [what, with] : {std::pair("<", "\\u003c"), std::pair(">", "\\u003e"), std::pair("&", "\\u0026"), std::pair("\u2028", "\\u2028"), std::pair("\u2029", "\\u2029")}) replace_all(out, what, with);
  return out;
}

std::string go_number(double value) {
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  const double size = std::fabs(value);
  std::array<char, 400> digits{};
  const bool with_exponent = size < 1e-6 || size >= 1e21;
  const auto [end, problem] = std::to_chars(digits.data(), digits.data() + digits.size(), value, with_exponent ? std::chars_format::scientific : std::chars_format::fixed);
  std::string out(digits.data(), problem == std::errc{} ? end : digits.data());
  const std::size_t exponent = out.find("e-0");
  if (exponent != std::string::npos) out.erase(exponent + 2, 1);
  return out;
}

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto [character, length] = first_character(text);
    const bool printable = std::none_of(kUnprintable.begin(), kUnprintable.end(), [c = character](const Range& range) { return c >= range.first && c <= range.last; });
    if (character == '"' || character == '\\') out += fmt::format("\\{}", static_cast<char>(character));
    else if (character < 0x20 || character == 0x7F) out += quoted_control(static_cast<unsigned char>(character));
    else if (!printable) out += fmt::format("\\u{:04x}", static_cast<unsigned>(character));
    else out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out + "\"";
}

}  // namespace raykeep::ray
