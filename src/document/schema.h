// SPDX-License-Identifier: Apache-2.0
// A configuration's keys, declared one a line. Validation, the JSON Schema and the documentation derive from the list.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::document {

inline constexpr ErrorCode kUnknownKey{"config-unknown-key", ErrorKind::kInput, ""};
inline constexpr ErrorCode kWrongValue{"config-value", ErrorKind::kInput, ""};
inline constexpr ErrorCode kMissingKey{"config-missing-key", ErrorKind::kInput, ""};

enum class ValueType : std::uint8_t {
  kObject,    // with the keys whose paths begin with this one
  kMap,       // any keys; their values are described by "<path>.*"
  kList,      // items are described by "<path>[]"
  kString,
  kBoolean,
  kInteger,   // not negative
  kSigned,    // an integer of any sign
  kDuration,  // "30s", "15m"; core/time_text.h
  kSize,      // bytes: an integer, or "64KiB", "100MiB", "1GiB"
  kNetwork,   // core/ip_network.h
  kChoice,    // one of `choices`
  kSame,      // what the key named in `choices` is, with everything below it
  kAny,       // anything; nothing below it is described
};

enum class Reload : std::uint8_t { kLive, kRestart };

struct Key {
  std::string_view path;  // "listeners[].tls.certificate", "groups.*[]"
  ValueType type;
  std::string_view fallback;  // the default, as it would be written; empty for none
  std::string_view text;      // a sentence
  // "a|b|c" for kChoice; "min..max" for kInteger, kDuration and kSize, written as values are; a path for kSame.
  std::string_view choices = {};
  bool required = false;      // in the object that holds it
  bool secret = false;
  Reload reload = Reload::kLive;
};

// One thing that is wrong: kUnknownKey at the key, kWrongValue at the value, kMissingKey at the object that lacks it.
struct Mistake {
  const ErrorCode* code = nullptr;
  std::string message;
  const Node* where = nullptr;
};
// Of a mapping.
std::vector<Mistake> find_mistakes(const Node& root, std::span<const Key> keys);

// Everything that is wrong with `root`: unknown keys with a suggestion, wrong types and values, missing keys, each at its
// place in `file`.
std::vector<Error> validate(const Node& root, std::span<const Key> keys, const std::string& file);

// JSON Schema, draft 2020-12.
std::string json_schema(std::span<const Key> keys, std::string_view title);
// A Markdown table.
std::string markdown_table(std::span<const Key> keys);

// "64KiB", "100MiB", "1GiB" or a number of bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace raykeep::document
