// SPDX-License-Identifier: Apache-2.0
#include "gateway/target.h"

namespace raykeep::gateway {
namespace {

constexpr std::size_t kLongestLabel = 63;

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > kLongestLabel || text.front() == '-' || text.back() == '-') return false;
  for (const char c : text) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') return false;
  }
  return true;
}

}  // namespace

Target split_target(std::string_view path) {
  Target out;
  if (path == "/") {
    out.kind = Target::Kind::kLanding;
    return out;
  }
  if (path.starts_with("/-/")) {
    out.kind = Target::Kind::kOwn;
    out.rest = path.substr(2);
    return out;
  }
  const std::size_t second = path.find('/', 1);
  if (!path.starts_with('/') || second == std::string_view::npos) return out;
  const std::size_t third = path.find('/', second + 1);
  out.kube_namespace = path.substr(1, second - 1);
  out.cluster = path.substr(second + 1, third == std::string_view::npos ? third : third - second - 1);
  if (!is_label(out.kube_namespace) || !is_label(out.cluster)) return {};
  out.prefix = path.substr(0, third);
  out.kind = third == std::string_view::npos ? Target::Kind::kClusterRoot : Target::Kind::kCluster;
  if (third != std::string_view::npos) out.rest = path.substr(third);
  return out;
}

}  // namespace raykeep::gateway
