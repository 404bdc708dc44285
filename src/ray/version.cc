// SPDX-License-Identifier: Apache-2.0
#include "ray/version.h"

#include <array>
#include <charconv>
#include <fmt/format.h>

#include "document/json.h"

namespace raykeep::ray {
namespace {

constexpr document::JsonLimits kLimits{.bytes = 64 * 1024, .nodes = 1000, .depth = 8};

}  // namespace

std::string version_of_answer(std::string_view body) {
  const auto answer = document::read_json(body, kLimits);
  const document::Node* version = answer ? answer->find("ray_version") : nullptr;
  return version != nullptr && version->is_string() ? std::string(version->text()) : std::string();
}

std::string Version::text() const { return fmt::format("{}.{}.{}", major, minor, patch); }

std::optional<Version> parse_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  std::array<unsigned, 3> parts{};
  std::size_t count = 0;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (count < parts.size()) {
    const auto [next, problem] = std::from_chars(at, end, parts[count]);
    if (problem != std::errc()) break;
    ++count;
    at = next;
    if (at == end || *at != '.') break;
    ++at;
  }
  if (count < 2) return std::nullopt;
  return Version{parts[0], parts[1], parts[2]};
}

}  // namespace raykeep::ray
