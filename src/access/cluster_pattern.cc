// SPDX-License-Identifier: Apache-2.0
#include "access/cluster_pattern.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/encoding.h"

namespace raykeep::access {
namespace {

// What Kubernetes allows in names of namespaces and of most objects (RFC 1123), and '*'.
bool is_pattern_part(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '*';
  });
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_star = std::string_view::npos;  // in the pattern
  std::size_t star_ends = 0;                        // in the text
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_ends = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      t = ++star_ends;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<ClusterPattern> ClusterPattern::parse(std::string_view text) {
  const auto slash = text.find('/');
  const bool whole = slash != std::string_view::npos && is_pattern_part(text.substr(0, slash)) &&
                     is_pattern_part(text.substr(slash + 1));
  if (!whole) return fail(kBadClusterPattern, fmt::format("{} is not a cluster pattern", json_quote(text)));
  ClusterPattern out;
  out.text_ = std::string(text);
  out.slash_ = slash;
  return out;
}

bool ClusterPattern::matches(const ClusterName& name) const {
  const std::string_view text = text_;
  return glob_matches(text.substr(0, slash_), name.kube_namespace) &&
         glob_matches(text.substr(slash_ + 1), name.cluster);
}

}  // namespace raykeep::access
