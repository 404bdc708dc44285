// SPDX-License-Identifier: Apache-2.0
#include "identity/throttle.h"

#include <algorithm>
#include <utility>
#include <vector>

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

bool Throttle::is_over(const Counter& counter, Clock::time_point now) const {
  return now - counter.last > settings_.forget_after && !(counter.good && now - *counter.good <= settings_.trust_for);
}

Throttle::Counter* Throttle::find(const std::string& key, Clock::time_point now) {
  const auto found = counters_.find(key);
  if (found == counters_.end()) return nullptr;
  Counter& counter = found->second;
  if (is_over(counter, now)) {
    counters_.erase(found);
    return nullptr;
  }
  if (now - counter.last > settings_.forget_after) counter = Counter{0, now, {}, counter.good};
  return &counter;
}

std::optional<std::chrono::seconds> Throttle::wait(std::string_view user, const IpAddress& from, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const Counter* pair = find(pair_key(user, from), now);
  const Counter* address = find(address_key(from), now);
  const Counter* whole_user = find(user_key(user), now);
  Clock::time_point until = now;
  if (pair != nullptr) until = std::max(until, pair->blocked_until);
  const bool known_good = pair != nullptr && pair->good;
  if (address != nullptr && !known_good) until = std::max(until, address->blocked_until);
  if (whole_user != nullptr && !known_good) until = std::max(until, whole_user->blocked_until);
  if (until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(until - now);
}

unsigned Throttle::count(const std::string& key, unsigned free, Clock::time_point now) {
  Counter* counter = find(key, now);
  if (counter == nullptr) counter = &counters_[key];
  ++counter->failures;
  counter->last = now;
  const auto pause = wait_after(counter->failures, free);
  if (pause.count() > 0) counter->blocked_until = now + pause;
  return counter->failures;
}

void Throttle::failed(std::string_view user, const IpAddress& from, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  make_room(now);
  const unsigned of_pair = count(pair_key(user, from), settings_.free_failures, now);
  count(address_key(from), settings_.address_failures, now);
  // One address alone must not slow the user down elsewhere, however long it goes on.
  if (of_pair > settings_.free_failures) return;
  // The whole user is only ever slowed for a moment: a flood from elsewhere must not keep them out.
  count(user_key(user), settings_.user_failures, now);
  Counter& whole_user = counters_[user_key(user)];
  whole_user.blocked_until = std::min(whole_user.blocked_until, now + settings_.first_wait);
}

void Throttle::succeeded(std::string_view user, const IpAddress& from, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  make_room(now);
  counters_[pair_key(user, from)] = Counter{0, now, {}, now};
}

// Forgets what is over; if that is not enough, a quarter of the rest: first what has not moved for longest, and what blocks
// somebody or is trusted last. So a flood of addresses neither frees the blocked nor makes each failure cost a walk.
void Throttle::make_room(Clock::time_point now) {
  if (counters_.size() + 3 < settings_.most) return;
  std::erase_if(counters_, [&](const auto& entry) { return is_over(entry.second, now); });
  if (counters_.size() + 3 < settings_.most) return;
  using Rank = std::pair<bool, Clock::time_point>;
  std::vector<std::pair<Rank, const std::string*>> order;
  order.reserve(counters_.size());
  for (const auto& [key, counter] : counters_) order.push_back({{counter.good || counter.blocked_until > now, counter.last}, &key});
  const auto cut = order.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(order.size() / 4, std::min<std::size_t>(order.size(), 3)));
  if (cut != order.end()) std::nth_element(order.begin(), cut, order.end());
  for (auto oldest = order.begin(); oldest != cut; ++oldest) counters_.erase(counters_.find(*oldest->second));
}

}  // namespace raykeep::identity
