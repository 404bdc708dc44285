// SPDX-License-Identifier: Apache-2.0
// Slows and locks guessing. Failures are counted for a user from one address, for one address over all users, and for one
// user over all addresses. One address can lock itself out, of one user or of all; it can never lock a user out elsewhere:
// failures of a user from many addresses only slow down addresses that this user has not come from before, and each address
// adds no more than its free failures to them.
// Safe from any thread; memory is bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/ip_network.h"

namespace raykeep::identity {

struct ThrottleSettings {
  unsigned free_failures = 5;                      // of a user from one address, before it waits
  std::chrono::seconds first_wait{2};              // doubled with each further failure
  std::chrono::seconds longest_wait{900};
  unsigned address_failures = 50;                  // of one address over all users, before it waits
  unsigned user_failures = 100;                    // of one user over all addresses, before new addresses wait
  std::chrono::seconds forget_after{3600};         // without a failure
  std::chrono::seconds trust_for{30 * 86400};      // an address that the user has signed in from, since the last time
  std::size_t most = 100000;                       // counters kept
};

class Throttle {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Throttle(ThrottleSettings settings) : settings_(settings) {}

  // How long this attempt has to wait; nothing when it may be checked now.
  std::optional<std::chrono::seconds> wait(std::string_view user, const IpAddress& from, Clock::time_point now);
  void failed(std::string_view user, const IpAddress& from, Clock::time_point now);
  void succeeded(std::string_view user, const IpAddress& from, Clock::time_point now);

 private:
  struct Counter {
    unsigned failures = 0;
    Clock::time_point last{};               // failure or sign-in
    Clock::time_point blocked_until{};
    std::optional<Clock::time_point> good;  // when this user last signed in from this address
  };
  Counter* find(const std::string& key, Clock::time_point now);
  // How many failures it has now.
  unsigned count(const std::string& key, unsigned free, Clock::time_point now);
  bool is_over(const Counter& counter, Clock::time_point now) const;
  void make_room(Clock::time_point now);
  std::chrono::seconds wait_after(unsigned failures, unsigned free) const;

  ThrottleSettings settings_;
  std::mutex mutex_;
  std::unordered_map<std::string, Counter> counters_;
};

}  // namespace raykeep::identity
