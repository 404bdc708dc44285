// SPDX-License-Identifier: Apache-2.0
#include "gateway/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace raykeep::gateway {
namespace {

constexpr std::size_t kBucketsPerShard = 8192;

}  // namespace

// A full bucket says nothing that a new one would not. When none is full the oldest knowledge is given up: a limiter
// that grows without bound would be the easier target.
void RateLimiter::forget_full(Shard& shard, Clock::time_point now) const {
  const auto full_after = std::chrono::duration<double>(limit_.burst / limit_.per_second);
  std::erase_if(shard.buckets, [&](const auto& entry) { return now - entry.second.at >= full_after; });
  if (shard.buckets.size() >= kBucketsPerShard) shard.buckets.clear();
}

std::optional<std::chrono::milliseconds> RateLimiter::take(std::string_view key, Clock::time_point now) {
  if (limit_.per_second <= 0) return std::nullopt;
  Shard& shard = shards_[Hash{}(key) % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  auto found = shard.buckets.find(key);
  if (found == shard.buckets.end()) {
    if (shard.buckets.size() >= kBucketsPerShard) forget_full(shard, now);
    found = shard.buckets.emplace(std::string(key), Bucket{limit_.burst, now}).first;
  }
  Bucket& bucket = found->second;
  const double gained = std::chrono::duration<double>(now - bucket.at).count() * limit_.per_second;
  bucket.tokens = std::min(limit_.burst, bucket.tokens + std::max(0.0, gained));
  bucket.at = std::max(bucket.at, now);
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  const double wait_seconds = (1 - bucket.tokens) / limit_.per_second;
  return std::chrono::milliseconds(static_cast<long>(std::ceil(wait_seconds * 1000)));
}

ConcurrencyLimiter::Place ConcurrencyLimiter::enter(std::string_view key) {
  const std::lock_guard lock(mutex_);
  auto found = taken_.find(key);
  if (found == taken_.end()) found = taken_.try_emplace(std::string(key), 0).first;
  if (found->second.load(std::memory_order_relaxed) >= most_) return {};
  found->second.fetch_add(1, std::memory_order_relaxed);
  return Place(found->second);
}

}  // namespace raykeep::gateway
