// SPDX-License-Identifier: Apache-2.0
#include "gateway/settings.h"

#include <algorithm>

#include "http/message.h"

namespace raykeep::gateway {

std::shared_ptr<const Cluster> Settings::cluster(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void Settings::index_clusters() {
  for (const auto& cluster : clusters) by_id_.emplace(cluster->id, cluster);
}

bool Settings::serves_host(std::string_view host) const {
  const std::size_t colon = host.front() == '[' ? host.find(':', host.find(']')) : host.find(':');
  std::string_view name = host.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? std::string_view{} : host.substr(colon);
  if (name.ends_with('.')) name.remove_suffix(1);
  return std::any_of(public_hosts.begin(), public_hosts.end(), [&](std::string_view known) {
    if (http::equals_ignoring_case(known, name)) return true;
    return known.size() == name.size() + port.size() && known.ends_with(port) &&
           http::equals_ignoring_case(known.substr(0, name.size()), name);
  });
}

}  // namespace raykeep::gateway
