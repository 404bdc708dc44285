// SPDX-License-Identifier: Apache-2.0
#include "report/finding.h"

#include <array>

#include "core/crypto.h"
#include "core/encoding.h"

namespace raykeep::report {
namespace {

constexpr std::array<std::string_view, 5> kNames{"info", "low", "medium", "high", "critical"};
constexpr std::size_t kFingerprintLength = 32;  // hexadecimal digits

}  // namespace

std::string_view severity_name(Severity severity) { return kNames[static_cast<std::size_t>(severity)]; }

std::optional<Severity> parse_severity(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Severity>(i);
  }
  return std::nullopt;
}

std::string Finding::title() const { return object == nullptr ? "comment" : object->title(); }

std::string Finding::path() const { return object == nullptr ? std::string() : document::json_pointer(document::path_to(*object->root, place)); }

SourcePosition Finding::at() const { return {std::string(file_name()), place.span.line, place.span.column}; }

std::optional<std::string_view> Finding::source_line() const {
  if (file == nullptr || !place.in_text()) return std::nullopt;
  const std::size_t begin = place.span.begin - (place.span.column - 1);
  if (begin >= file->text.size()) return std::nullopt;
  const std::string_view rest = std::string_view(file->text).substr(begin);
  return rest.substr(0, rest.find_first_of("\r\n"));
}

std::string Finding::fingerprint() const {
  std::string all(rule->id);
  for (const std::string& piece : {title(), part, path()}) all += '\0' + piece;
  return hex_encode(as_text(sha256(all))).substr(0, kFingerprintLength);
}

}  // namespace raykeep::report
