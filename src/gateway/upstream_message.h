// SPDX-License-Identifier: Apache-2.0
// What crosses between a client and a Ray dashboard: request fields that Ray needs, response fields that a client needs,
// and nothing else. Both are allow-lists, so no spelling of an identity, forwarding or credential field gets through.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "http/message.h"

namespace raykeep::gateway {

struct UpstreamTarget {
  std::string authority;  // "10.0.0.5:8265", the Host field
  Secret token;           // empty: the cluster runs without token authentication
};

struct UpstreamBody {
  enum class Kind { kNone, kLength, kChunked } kind = Kind::kNone;
  std::uint64_t length = 0;
  std::string_view content_type;  // empty: no field
};

// Writes the request head for Ray into `out`, which is cleared first. `rest` is the path below the cluster's prefix.
void write_upstream_head(const http::RequestHead& request, std::string_view rest, const UpstreamTarget& target,
                         const UpstreamBody& body, std::string& out);

// The head of a request of the gateway's own, without a body.
std::string own_request_head(std::string_view method, const std::string& path, const UpstreamTarget& target);

using FieldViews = std::vector<std::pair<std::string_view, std::string_view>>;

// Picks the fields of Ray's answer that are passed on, without Location.
void pick_response_fields(const http::ResponseHead& response, FieldViews& out);

// Ray's Location under the gateway's prefix. Nothing when it leads away from the cluster.
std::optional<std::string> rewrite_location(std::string_view location, std::string_view prefix, const UpstreamTarget& target);

}  // namespace raykeep::gateway
