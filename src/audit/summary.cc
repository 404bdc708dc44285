// SPDX-License-Identifier: Apache-2.0
#include "audit/summary.h"

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace raykeep::audit {
namespace {

struct OwnedKey {
  std::string user, credential, method, peer, cluster, operation, reason;
  bool allowed;
  int status;

  explicit OwnedKey(const SummaryKey& key)
      : user(key.user),
        credential(key.credential),
        method(key.method),
        peer(key.peer),
        cluster(key.cluster),
        operation(key.operation),
        reason(key.reason),
        allowed(key.allowed),
        status(key.status) {}
  SummaryKey view() const { return {user, credential, method, peer, cluster, operation, reason, allowed, status}; }
};

SummaryKey view_of(const SummaryKey& key) {
  return key;
}
SummaryKey view_of(const OwnedKey& key) {
  return key.view();
}

struct KeyHash {
  using is_transparent = void;
  template <typename Key>
  std::size_t operator()(const Key& key) const {
    const SummaryKey k = view_of(key);
    std::size_t out = static_cast<std::size_t>(k.status) * 2 + (k.allowed ? 1 : 0);
    // The method follows from the credential, and the reason nearly so: leaving them out costs only rare collisions.
    for (const std::string_view part : {k.user, k.credential, k.peer, k.cluster, k.operation}) {
      out = (out ^ std::hash<std::string_view>{}(part)) * 0x9e3779b97f4a7c15ULL;
      out ^= out >> 29;
    }
    return out;
  }
};

struct KeyEqual {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    const SummaryKey x = view_of(a);
    const SummaryKey y = view_of(b);
    return x.user == y.user && x.credential == y.credential && x.method == y.method && x.peer == y.peer &&
           x.cluster == y.cluster && x.operation == y.operation && x.reason == y.reason && x.allowed == y.allowed &&
           x.status == y.status;
  }
};

struct Tally {
  std::uint64_t seen = 0;     // in this interval
  std::uint64_t counted = 0;  // of those, what no record of its own tells
  Time first;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds latency{0};

  void add(const Sample& sample) {
    if (counted++ == 0) first = sample.time;
    bytes_in += sample.bytes_in;
    bytes_out += sample.bytes_out;
    latency += sample.latency;
  }
};

using Tallies = std::unordered_map<OwnedKey, Tally, KeyHash, KeyEqual>;

Event event_of(const SummaryKey& key, const Tally& tally, Time now) {
  Event event;
  event.kind = Kind::kSummary;
  event.time = now;
  event.user = std::string(key.user);
  event.credential = std::string(key.credential);
  event.method = std::string(key.method);
  event.peer = std::string(key.peer);
  event.cluster = std::string(key.cluster);
  event.operation = std::string(key.operation);
  event.reason = std::string(key.reason);
  event.allowed = key.allowed;
  event.status = key.status;
  event.count = tally.counted;
  event.since = tally.first;
  event.bytes_in = tally.bytes_in;
  event.bytes_out = tally.bytes_out;
  event.latency = tally.latency / static_cast<std::chrono::microseconds::rep>(tally.counted);
  return event;
}

}  // namespace

struct Summary::State {
  std::mutex mutex;
  Tallies tallies;
  Tally more_allowed;  // beyond the limit
  Tally more_denied;
  std::size_t limit;
  std::uint64_t denials_each;

  // Null when the limit is reached.
  Tally* find(const SummaryKey& key) {
    const auto it = tallies.find(key);
    if (it != tallies.end()) return &it->second;
    if (tallies.size() >= limit) return nullptr;
    return &tallies.emplace(OwnedKey(key), Tally{}).first->second;
  }
};

Summary::Summary(std::size_t limit, std::uint64_t denials_each) : state_(std::make_unique<State>()) {
  state_->limit = limit;
  state_->denials_each = denials_each;
}
Summary::~Summary() = default;

void Summary::count(const SummaryKey& key, const Sample& sample) {
  const std::lock_guard lock(state_->mutex);
  Tally* tally = state_->find(key);
  (tally != nullptr ? *tally : state_->more_allowed).add(sample);
}

bool Summary::denial_stands_alone(const SummaryKey& key, const Sample& sample) {
  const std::lock_guard lock(state_->mutex);
  Tally* tally = state_->find(key);
  if (tally != nullptr && tally->seen++ < state_->denials_each) return true;
  (tally != nullptr ? *tally : state_->more_denied).add(sample);
  return false;
}

std::vector<Event> Summary::drain() {
  Tallies tallies;
  Tally more_allowed;
  Tally more_denied;
  {
    const std::lock_guard lock(state_->mutex);
    tallies.swap(state_->tallies);
    more_allowed = std::exchange(state_->more_allowed, {});
    more_denied = std::exchange(state_->more_denied, {});
  }
  const Time now = std::chrono::system_clock::now();
  std::vector<Event> out;
  for (const auto& [key, tally] : tallies) {
    if (tally.counted > 0) out.push_back(event_of(key.view(), tally, now));
  }
  SummaryKey rest{.user = "*",
                  .credential = "",
                  .method = "",
                  .peer = "*",
                  .cluster = "*",
                  .operation = "*",
                  .reason = "summary-limit",
                  .allowed = true,
                  .status = 0};
  if (more_allowed.counted > 0) out.push_back(event_of(rest, more_allowed, now));
  rest.allowed = false;
  if (more_denied.counted > 0) out.push_back(event_of(rest, more_denied, now));
  return out;
}

}  // namespace raykeep::audit
