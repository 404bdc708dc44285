// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>

namespace raykeep::document {
namespace {

// YAML 1.1 (yaml.org/type/bool.html, null.html), as Go's yaml.v2, which the API server uses, takes them.
constexpr std::array<std::string_view, 11> kTrue{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotFinite{".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                                      "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};
constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool has_number_form(std::string_view text) {
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t whole = at;
  at = skip_digits(text, at);
  const bool has_whole = at > whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(text, fraction);
    if (!has_whole && at == fraction) return false;
  } else if (!has_whole) {
    return false;
  }
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  return at < text.size() && skip_digits(text, at) == text.size();
}

// RFC 8259 section 6, for text that has_number_form: no plus, no leading zeros, digits on both sides of the point.
bool is_json_number(std::string_view text) {
  if (text.starts_with('+')) return false;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && is_digit(text[1])) return false;
  const std::size_t point = text.find('.');
  return point == std::string_view::npos || (point > 0 && point + 1 < text.size() && is_digit(text[point + 1]));
}

struct Based {
  std::string_view digits;
  int base = 10;
};

// A number's base from its prefix: 0x, 0b, 0o, or 0 alone for octal (YAML 1.1).
Based based(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return {text, 10};
  switch (text[1]) {
    case 'x':
    case 'X':
      return {text.substr(2), 16};
    case 'o':
    case 'O':
      return {text.substr(2), 8};
    case 'b':
    case 'B':
      return {text.substr(2), 2};
    default:
      return {text.substr(1), 8};
  }
}

// An integer of 64 bits, signed or not, in decimal.
std::optional<std::string> read_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const Based number = based(text);
  std::uint64_t value = 0;
  const char* const last = number.digits.data() + number.digits.size();
  const auto [end, problem] = std::from_chars(number.digits.data(), last, value, number.base);
  constexpr std::uint64_t kLeast = 1ULL << 63;
  if (end != last || problem != std::errc() || (negative && value > kLeast)) return std::nullopt;
  return fmt::format("{}{}", negative && value != 0 ? "-" : "", value);
}

std::string without_underscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

// A number that has the form of one and is not an integer of 64 bits. Nothing when it is beyond what a double holds.
std::optional<Node> read_fraction(const std::string& text) {
  const double value = std::strtod(text.c_str(), nullptr);
  if (!std::isfinite(value)) return std::nullopt;
  if (is_json_number(text)) return Node::number(text);
  return Node::number(fmt::format("{}", value));
}

// After a leading point, underscores may stand only between digits.
std::string without_inner_underscores(std::string_view text) {
  for (std::size_t i = text.find('_'); i != std::string_view::npos; i = text.find('_', i + 1)) {
    if (!is_digit(text[i - 1]) || i + 1 == text.size() || !is_digit(text[i + 1])) return std::string(text);
  }
  return without_underscores(text);
}

}  // namespace

bool is_integer_text(std::string_view text) {
  return read_integer(without_underscores(text)).has_value();
}

tl::expected<Node, std::string> resolve_plain(std::string_view text) {
  if (one_of(text, kNull)) return Node();
  if (one_of(text, kTrue)) return Node::boolean(true);
  if (one_of(text, kFalse)) return Node::boolean(false);
  if (one_of(text, kNotFinite)) return tl::make_unexpected(fmt::format("{} is a number that JSON does not have", text));
  const char first = text.front();
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return Node::string(std::string(text));
  const std::string plain = first == '.' ? without_inner_underscores(text) : without_underscores(text);
  if (first != '.') {
    if (auto integer = read_integer(plain)) return Node::number(std::move(*integer));
  }
  if (has_number_form(plain)) {
    if (auto number = read_fraction(plain)) return std::move(*number);
  }
  return Node::string(std::string(text));
}

tl::expected<Node, std::string> resolve_tagged(std::string_view tag, std::string_view text) {
  if (tag == "!") return Node::string(std::string(text));
  if (!tag.starts_with(kStandardTag)) return tl::make_unexpected(fmt::format("the tag {} has no meaning here", tag));
  const std::string_view name = tag.substr(kStandardTag.size());
  if (name == "str") return Node::string(std::string(text));
  auto value = resolve_plain(text);
  if (!value) return value;
  const bool fits = (name == "null" && value->is_null()) || (name == "bool" && value->is_boolean()) ||
                    (name == "int" && value->is_integer()) || (name == "float" && value->is_number());
  if (fits) return value;
  if (name == "null" || name == "bool" || name == "int" || name == "float") {
    return tl::make_unexpected(
        fmt::format("this is {}, not the !!{} it is said to be", kind_name(value->kind()), name));
  }
  return tl::make_unexpected(fmt::format("the tag !!{} has no meaning here", name));
}

std::string unquote_single(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\n') {
      out += raw[i];
      if (raw.substr(i, 2) == "''") ++i;
      continue;
    }
    // One line end is a space, each further one stays; blanks around them go.
    while (out.ends_with(' ') || out.ends_with('\t')) out.pop_back();
    const std::size_t next = std::min(raw.find_first_not_of(" \t\n", i), raw.size());
    const std::string_view between = raw.substr(i, next - i);
    const auto ends = static_cast<std::size_t>(std::count(between.begin(), between.end(), '\n'));
    if (ends == 1) out += ' ';
    out.append(ends - 1, '\n');
    i = next - 1;
  }
  return out;
}

}  // namespace raykeep::document
