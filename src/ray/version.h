// SPDX-License-Identifier: Apache-2.0
// Versions of Ray, and the answer of GET /api/version.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace raykeep::ray {

// "ray_version" of the answer; empty when it is not what Ray answers.
std::string version_of_answer(std::string_view body);

struct Version {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  auto operator<=>(const Version&) const = default;
  std::string text() const;
};
// "2.52.0", "v2.9", "2.52.0-py310-gpu", "2.52.0.ab12cd": the numbers at the beginning, at least two. Nothing for "nightly".
std::optional<Version> parse_version(std::string_view text);

}  // namespace raykeep::ray
