// SPDX-License-Identifier: Apache-2.0
#include "ray/package.h"

#include <algorithm>

#include "core/encoding.h"
#include "ray/path.h"

namespace raykeep::ray {
namespace {

constexpr std::size_t kSha1Digits = 40;

}  // namespace

std::string owned_package_name(std::string_view submitter, std::string_view name) {
  constexpr std::size_t kDigits = 40;
  // Package names hold no NUL, so the parts cannot be shifted into each other.
  std::string hashed = "raykeep package";
  hashed.append(1, '\0').append(submitter).append(1, '\0').append(name);
  const auto ending = name.substr(std::min(name.find('.'), name.size()));
  return "_ray_pkg_" + hex_encode(as_text(sha256(hashed))).substr(0, kDigits) + std::string(ending);
}

std::optional<std::string_view> package_of_uri(std::string_view uri) {
  constexpr std::string_view kScheme = "gcs://";
  if (!uri.starts_with(kScheme)) return std::nullopt;
  const auto name = uri.substr(kScheme.size());
  if (!is_package_name(name)) return std::nullopt;
  return name;
}

PackageCheck::PackageCheck(std::string_view name) {
  constexpr std::size_t kPrefix = std::string_view("_ray_pkg_").size();
  const auto dot = name.find('.');
  if (is_package_name(name) && dot == kPrefix + kSha1Digits) digits_ = name.substr(kPrefix, kSha1Digits);
}

void PackageCheck::update(std::string_view bytes) {
  if (!digits_.empty()) hash_.update(bytes);
}

bool PackageCheck::matches() {
  if (digits_.empty()) return true;
  const auto digest = hash_.finish();
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()}) == digits_;
}

}  // namespace raykeep::ray
