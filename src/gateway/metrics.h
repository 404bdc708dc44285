// SPDX-License-Identifier: Apache-2.0
// What the gateway counts, and its text for Prometheus (exposition format 0.0.4). Each worker counts for itself.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "audit/journal.h"
#include "gateway/call.h"
#include "gateway/settings.h"
#include "http/listener.h"

namespace raykeep::gateway {

// Upper bounds of the request duration histogram, in seconds.
inline constexpr std::array<double, 10> kDurationBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 60};

class Metrics {
 public:
  explicit Metrics(std::size_t workers) : by_worker_(workers) {}

  void count_request(std::size_t worker, const Call& call);
  void count_refused_head(int status, std::string_view reason);
  void count_sign_in(std::string_view result);
  void count_reload(bool good);
  void set_certificate_end(std::string listener, long long seconds_since_epoch);

  struct Sources {
    const Settings& settings;
    audit::Journal::Counters audit;
    bool audit_healthy;
    std::vector<std::pair<std::string, const http::ListenerCounters*>> listeners;
    std::size_t pool_queued;
  };
  std::string text(const Sources& sources) const;

 private:
  struct alignas(64) Worker {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> duration_microseconds{0};
    std::array<std::atomic<std::uint64_t>, kDurationBounds.size() + 1> durations{};
  };
  using Counted = std::map<std::string, std::uint64_t, std::less<>>;
  static void add(Counted& counted, std::string_view key);

  std::vector<Worker> by_worker_;
  mutable std::mutex mutex_;  // of the rare counts below
  Counted refused_heads_;
  Counted sign_ins_;
  std::map<std::string, long long> certificates_;
  std::uint64_t reloads_good_ = 0;
  std::uint64_t reloads_bad_ = 0;
};

}  // namespace raykeep::gateway
