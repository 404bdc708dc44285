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

std::string Finding::fingerprint() const {
  std::string all(rule->id);
  for (const std::string* piece : {&object, &part, &path}) all += '\0' + *piece;
  return hex_encode(as_text(sha256(all))).substr(0, kFingerprintLength);
}

}  // namespace raykeep::report
