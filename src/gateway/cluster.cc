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

ClusterStatus::UploadPlace ClusterStatus::begin_upload(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!uploads_.insert(name).second) return {};
  return {*this, name};
}

ClusterStatus::UploadPlace::~UploadPlace() {
  if (status_ == nullptr) return;
  const std::lock_guard lock(status_->mutex_);
  status_->uploads_.erase(name_);
}

}  // namespace raykeep::gateway
