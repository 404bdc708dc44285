// SPDX-License-Identifier: Apache-2.0
// The current version of something that is replaced as a whole: configuration, users, tokens. Readers keep the version
// they took; a reload never changes a value under them. A mutex and not std::atomic<std::shared_ptr>, whose lock bit
// ThreadSanitizer cannot see through with this compiler's library.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace raykeep {

template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first) : current_(std::move(first)) {}

  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void set(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
};

}  // namespace raykeep
