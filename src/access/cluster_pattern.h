// SPDX-License-Identifier: Apache-2.0
// Clusters by name: "<namespace>/<cluster>", where each part may hold '*' for any run of characters of that part.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace raykeep::access {

inline constexpr ErrorCode kBadClusterPattern{
    "bad-cluster-pattern", ErrorKind::kInput,
    "Write <namespace>/<cluster>; each part holds a-z, 0-9, '-', '.' and '*' (any run of characters): \"team-*/*\"."};

struct ClusterName {
  std::string_view kube_namespace;
  std::string_view cluster;
};

class ClusterPattern {
 public:
  static Result<ClusterPattern> parse(std::string_view text);
  bool matches(const ClusterName& name) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::size_t slash_ = 0;
};

// '*' matches any run of characters, also none; everything else itself. Linear for the patterns people write, at worst
// the product of the lengths; no recursion.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace raykeep::access
