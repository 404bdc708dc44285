// SPDX-License-Identifier: Apache-2.0
// Where a request path leads: the gateway's own pages, or the dashboard of a cluster under /<namespace>/<cluster>/.
#pragma once

#include <cstdint>
#include <string_view>

namespace raykeep::gateway {

struct Target {
  enum class Kind : std::uint8_t {
    kLanding,       // "/"
    kOwn,           // "/-/...": sign in, sign out, assets; `rest` is what follows "/-"
    kCluster,       // `rest` is the path at the dashboard and begins with '/'
    kClusterRoot,   // "/<namespace>/<cluster>" without the slash that the dashboard's relative links need
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  std::string_view kube_namespace;
  std::string_view cluster;
  std::string_view prefix;  // "/<namespace>/<cluster>"
  std::string_view rest;
};

// Namespace and cluster must be DNS labels (RFC 1123), which rules out every escape, dot segment and empty segment in
// the part that selects a cluster. The rest is ray::operation_of's to judge.
Target split_target(std::string_view path);

}  // namespace raykeep::gateway
