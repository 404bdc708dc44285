// SPDX-License-Identifier: Apache-2.0
#include "identity/throttle.h"

#include <algorithm>

namespace raykeep::identity {
namespace {

// A provider hands a customer a /64: its addresses are one.
std::string address_key(const IpAddress& from) {
  const auto* bytes = reinterpret_cast<const char*>(from.bytes().data());
  return std::string("a") + std::string(bytes, from.is_v4() ? 16 : 8);
}
std::string user_key(std::string_view user) { return "u" + std::string(user); }
std::string pair_key(std::string_view user, const IpAddress& from) { return "p" + address_key(from) + std::string(user); }

}  // namespace

std::chrono::seconds Throttle::wait_after(unsigned failures, unsigned free) const {
  if (failures < free) return std::chrono::seconds{0};
  const unsigned doublings = std::min(failures - free, 20U);
  return std::min(settings_.longest_wait, settings_.first_wait * (1L << doublings));
}

Throttle::Counter* Throttle::find(const std::string& key, Clock::time_point now) {
  const auto found = counters_.find(key);
  if (found == counters_.end()) return nullptr;
  if (now - found->second.last > settings_.forget_after) {
    counters_.erase(found);
    return nullptr;
  }
  return &found->second;
}

std::optional<std::chrono::seconds> Throttle::wait(std::string_view user, const IpAddress& from, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const Counter* pair = find(pair_key(user, from), now);
  const Counter* address = find(address_key(from), now);
  const Counter* whole_user = find(user_key(user), now);
  Clock::time_point until = now;
  if (pair != nullptr) until = std::max(until, pair->blocked_until);
  const bool known_good = pair != nullptr && pair->known_good;
  if (address != nullptr && !known_good) until = std::max(until, address->blocked_until);
  if (whole_user != nullptr && !known_good) until = std::max(until, whole_user->blocked_until);
  if (until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(until - now);
}

void Throttle::count(const std::string& key, unsigned free, Clock::time_point now) {
  Counter* counter = find(key, now);
  if (counter == nullptr) counter = &counters_[key];
  ++counter->failures;
  counter->last = now;
  const auto pause = wait_after(counter->failures, free);
  if (pause.count() > 0) counter->blocked_until = now + pause;
}

void Throttle::failed(std::string_view user, const IpAddress& from, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  make_room(now);
  count(pair_key(user, from), settings_.free_failures, now);
  count(address_key(from), settings_.address_failures, now);
  // The whole user is only ever slowed for a moment: a flood from elsewhere must not keep them out.
  count(user_key(user), settings_.user_failures, now);
  Counter& whole_user = counters_[user_key(user)];
  whole_user.blocked_until = std::min(whole_user.blocked_until, now + settings_.first_wait);
}

void Throttle::succeeded(std::string_view user, const IpAddress& from, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  make_room(now);
  Counter& pair = counters_[pair_key(user, from)];
  pair = Counter{0, true, now, {}};
}

// Forgets what is old; if that is not enough, those that block nobody; then everything.
void Throttle::make_room(Clock::time_point now) {
  if (counters_.size() + 3 < settings_.most) return;
  std::erase_if(counters_, [&](const auto& entry) { return now - entry.second.last > settings_.forget_after; });
  if (counters_.size() + 3 < settings_.most) return;
  std::erase_if(counters_, [&](const auto& entry) { return entry.second.blocked_until <= now && !entry.second.known_good; });
  if (counters_.size() + 3 >= settings_.most) counters_.clear();
}

}  // namespace raykeep::identity
