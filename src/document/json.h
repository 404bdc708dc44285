// SPDX-License-Identifier: Apache-2.0
// JSON as RFC 8259 writes it and not a byte more: UTF-8 without a byte order mark, no duplicate keys, no comments,
// trailing commas, NaN or text after the value. What two readers could understand differently is refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::document {

inline constexpr ErrorCode kJsonMalformed{"json-malformed", ErrorKind::kInput, ""};
inline constexpr ErrorCode kJsonTooLarge{"json-too-large", ErrorKind::kInput, ""};

// A \u escape of half a surrogate pair stands for no character. Python writes one for a byte that was not UTF-8.
enum class LoneSurrogate : std::uint8_t {
  kRefuse,
  kReplace,  // by U+FFFD
};

struct JsonLimits {
  std::size_t bytes = 64U << 20;  // of text; at most 4 GiB - 1
  std::size_t nodes = 4'000'000;  // values and keys; one takes some 60 bytes of memory
  unsigned depth = 100;           // lists and objects inside each other
  LoneSurrogate lone_surrogate = LoneSurrogate::kRefuse;
};

// Reads one value. `file` names the text in the error's position.
Result<Node> read_json(std::string_view text, const JsonLimits& limits = {}, std::string_view file = {});

// The value as compact JSON on one line: keys in their order, numbers as they were read, only what must be escaped is.
// A number that was read from YAML stands as JSON writes it. Strings that are not UTF-8 get U+FFFD for each wrong byte.
std::string write_json(const Node& value);
void append_json(std::string& out, const Node& value);
void append_json_string(std::string& out, std::string_view text);

// The same over many lines, `indent` spaces a level, for people.
std::string write_json_pretty(const Node& value, unsigned indent = 2);

}  // namespace raykeep::document
