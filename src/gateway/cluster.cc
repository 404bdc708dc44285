// SPDX-License-Identifier: Apache-2.0
#include "gateway/cluster.h"

namespace raykeep::gateway {

ClusterHealth ClusterStatus::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

void ClusterStatus::set_health(ClusterHealth health) {
  const std::lock_guard lock(mutex_);
  if (health.state == health_.state) health.since = health_.since;
  health_ = std::move(health);
}

}  // namespace raykeep::gateway
