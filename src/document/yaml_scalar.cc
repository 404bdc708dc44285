// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "core/encoding.h"

namespace raykeep::document {
namespace {

using Resolved = tl::expected<Node, std::string>;

constexpr std::array<std::string_view, 11> kTrue{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotFinite{".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                                      "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

// Whether one of them or a number begins with this character.
constexpr std::array<bool, 256> kMeaningful = [] {
  std::array<bool, 256> out{};
  for (const char c : std::string_view("yYnNtTfFoO~.+-0123456789")) out[static_cast<unsigned char>(c)] = true;
  return out;
}();

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return text.size() <= 5 && std::find(words.begin(), words.end(), text) != words.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? as go-yaml has it.
bool looks_like_float(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - first;
  };
  const auto is_any = [&](std::string_view set) {
    return i < text.size() && set.find(text[i]) != std::string_view::npos;
  };
  if (is_any("-+")) ++i;
  const std::size_t whole = digits();
  if (is_any(".")) {
    ++i;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (is_any("eE")) {
    ++i;
    if (is_any("-+")) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

// Go's strconv.ParseInt and ParseUint with base 0: a sign, then 0x, 0o, 0b or a leading 0 for octal.
std::optional<std::string> integer_text(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(base != 8 || mark == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || stop != end || problem != std::errc()) return std::nullopt;
  if (negative && value > std::uint64_t{1} << 63U) return std::nullopt;
  return (negative && value != 0 ? "-" : "") + std::to_string(value);
}

// A double in the form of Go's encoding/json: an exponent only for the very small and large.
std::string double_text(double value) {
  if (value == 0) return "0";
  std::array<char, 512> buffer{};
  const double size = std::fabs(value);
  const bool exponent = size < 1e-6 || size >= 1e21;
  const auto [end, problem] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                            exponent ? std::chars_format::scientific : std::chars_format::fixed);
  if (problem != std::errc()) return "0";
  std::string out(buffer.data(), end);
  const std::size_t e = out.find('e');
  if (e != std::string::npos && out.size() == e + 4 && out[e + 1] == '-' && out[e + 2] == '0') out.erase(e + 2, 1);
  return out;
}

std::optional<double> parse_double(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (!looks_like_float(text)) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (stop != end) return std::nullopt;
  // Too small is zero, as in Go; too large is no number, and so a string.
  if (problem == std::errc::result_out_of_range)
    return std::isfinite(std::strtod(std::string(text).c_str(), nullptr)) ? std::optional(0.0) : std::nullopt;
  return problem == std::errc() ? std::optional(value) : std::nullopt;
}

Node from_double(double value) {
  return Node::number(double_text(value));
}

std::optional<Node> resolve_number(std::string_view text) {
  const char first = text.empty() ? '\0' : text.front();
  if (first == '.') {
    const std::optional<double> value = parse_double(text);
    return value ? std::optional(from_double(*value)) : std::nullopt;
  }
  if (!is_digit(first) && first != '+' && first != '-') return std::nullopt;
  std::string plain(text);
  std::erase(plain, '_');
  if (auto whole = integer_text(plain)) return Node::number(*whole);
  if (const std::optional<double> value = parse_double(plain)) return from_double(*value);
  return std::nullopt;
}

// Without the value, which may be a credential.
tl::unexpected<std::string> mismatch(std::string_view wanted) {
  return tl::make_unexpected("its tag says otherwise: this is not " + std::string(wanted));
}

}  // namespace

Resolved resolve_plain_scalar(std::string_view text) {
  // Most scalars are words that begin like none of those with a meaning.
  if (!text.empty() && !kMeaningful[static_cast<unsigned char>(text.front())]) return Node::string(text);
  if (is_one_of(kNull, text)) return Node();
  if (is_one_of(kTrue, text)) return Node::boolean(true);
  if (is_one_of(kFalse, text)) return Node::boolean(false);
  if (is_one_of(kNotFinite, text)) return tl::make_unexpected(std::string(text) + " has no meaning in Kubernetes");
  if (auto number = resolve_number(text)) return *std::move(number);
  return Node::string(text);
}

Resolved resolve_tagged_scalar(std::string_view tag, std::string_view text) {
  if (!tag.starts_with(kYamlTagPrefix)) return Node::string(text);
  const std::string_view name = tag.substr(kYamlTagPrefix.size());
  if (name == "binary") {
    std::string packed(text);
    std::erase_if(packed, [](char c) { return c == '\n' || c == '\r'; });
    const auto bytes = base64_decode(packed);
    return bytes && is_utf8(*bytes) ? Resolved(Node::string(*bytes)) : mismatch("base64 of UTF-8 text");
  }
  if (name != "int" && name != "float" && name != "bool" && name != "null") return Node::string(text);
  Resolved plain = resolve_plain_scalar(text);
  if (!plain) return plain;
  if (name == "int" && !plain->is_integer()) return mismatch("an integer");
  if (name == "float" && !plain->is_number()) return mismatch("a number");
  if (name == "bool" && !plain->is_boolean()) return mismatch("a boolean");
  if (name == "null" && !plain->is_null()) return mismatch("null");
  return plain;
}

tl::expected<std::string, std::string> key_text(const Node& scalar) {
  switch (scalar.kind()) {
    case Kind::kNull:
      return tl::make_unexpected("a key is missing");
    case Kind::kSequence:
    case Kind::kMapping:
      return tl::make_unexpected("a key must be a simple value");
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kNumber:
    case Kind::kString:
      return std::string(scalar.text());
  }
  return tl::make_unexpected("a key is missing");
}

}  // namespace raykeep::document
