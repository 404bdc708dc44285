// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol, versions 1 and 2, by which a load balancer says whose connection it passes on. Read only from peers
// that the configuration lists; from anyone else the same bytes are simply not HTTP.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/ip_network.h"

namespace raykeep::http {

struct ProxyHeader {
  enum class State { kIncomplete, kComplete, kBad };
  State state = State::kIncomplete;
  std::size_t length = 0;            // bytes of the header, once complete
  std::size_t missing = 0;           // while incomplete: how many more bytes certainly belong to it, at least 1
  std::optional<IpAddress> source{};  // absent for LOCAL and UNKNOWN: the connection is the balancer's own
};

inline constexpr std::size_t kLongestProxyHeader = 16 + 2048;

// `bytes` is all that has been received so far.
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace raykeep::http
