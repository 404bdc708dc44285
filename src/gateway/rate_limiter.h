// SPDX-License-Identifier: Apache-2.0
// How many requests a second a key (an address, a user) may send, and how many at once. Shared by all workers.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace raykeep::gateway {

struct RateLimit {
  double per_second = 0;  // 0: no limit
  double burst = 0;       // requests that may come at once after a pause
};

class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  explicit RateLimiter(RateLimit limit) : limit_(limit) {}

  // Nothing when the request may pass; otherwise how long to wait before the next attempt.
  std::optional<std::chrono::milliseconds> take(std::string_view key, Clock::time_point now);

 private:
  struct Bucket {
    double tokens;
    Clock::time_point at;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Bucket, Hash, std::equal_to<>> buckets;
  };
  void forget_full(Shard& shard, Clock::time_point now) const;

  RateLimit limit_;
  std::array<Shard, 16> shards_;
};

class ConcurrencyLimiter {
 public:
  explicit ConcurrencyLimiter(std::size_t most) : most_(most) {}

  // Holds one place until it dies. An empty place means that all are taken.
  class Place {
   public:
    Place() = default;
    explicit Place(std::atomic<std::size_t>& taken) : taken_(&taken) {}
    Place(Place&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (taken_ != nullptr) taken_->fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const { return taken_ != nullptr; }

   private:
    std::atomic<std::size_t>* taken_ = nullptr;
  };
  // Keys are names of authenticated users, so there are as many as there are people.
  Place enter(std::string_view key);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::atomic<std::size_t>, Hash, std::equal_to<>> taken_;
};

}  // namespace raykeep::gateway
