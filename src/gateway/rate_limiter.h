// SPDX-License-Identifier: Apache-2.0
// How many requests a second a key (an address, a user) may send, and how many at once. Shared by all workers.
#pragma once

#include <array>
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
    Place(ConcurrencyLimiter& limiter, std::string key) : limiter_(&limiter), key_(std::move(key)) {}
    Place(Place&& other) noexcept : limiter_(std::exchange(other.limiter_, nullptr)), key_(std::move(other.key_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (limiter_ != nullptr) limiter_->leave(key_);
    }
    explicit operator bool() const { return limiter_ != nullptr; }

   private:
    ConcurrencyLimiter* limiter_ = nullptr;
    std::string key_;
  };
  Place enter(std::string_view key);

 private:
  void leave(const std::string& key);
  std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> taken_;
};

}  // namespace raykeep::gateway
