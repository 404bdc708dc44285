// SPDX-License-Identifier: Apache-2.0
// What the configuration means to a running gateway: one immutable value, replaced as a whole by a reload.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/policy.h"
#include "core/ip_network.h"
#include "gateway/cluster.h"
#include "gateway/rate_limiter.h"

namespace raykeep::gateway {

struct Settings {
  std::vector<std::string> public_hosts;  // lower case, with a port where the port matters
  std::vector<IpNetwork> forwarded_from;  // peers whose X-Forwarded-For is believed
  std::vector<std::shared_ptr<const Cluster>> clusters;  // in the order of the configuration
  std::shared_ptr<const access::Policy> policy;
  RateLimit per_identity;
  RateLimit per_address;
  std::size_t concurrent_per_identity = 100;

  std::shared_ptr<const Cluster> cluster(std::string_view id) const;
  void index_clusters();
  // Whether a Host field names this gateway (RFC 9110 7.2), ignoring case and a trailing dot.
  bool serves_host(std::string_view host) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::shared_ptr<const Cluster>, Hash, std::equal_to<>> by_id_;
};

}  // namespace raykeep::gateway
