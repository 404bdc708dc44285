// SPDX-License-Identifier: Apache-2.0
#include "audit/writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace raykeep::audit {
namespace {

Event own_event(Kind kind, std::string_view detail) {
  Event event;
  event.kind = kind;
  event.time = std::chrono::system_clock::now();
  event.detail = std::string(detail);
  return event;
}

}  // namespace

Journal::Writer::Writer(JournalOptions options, ChainEnd end, FileDescriptor lock)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      chain_(options_.hmac_key, end.next_seq, end.head),
      first_segment_(std::move(end.segment)) {
  counters_.next_seq = chain_.next_seq();
}

Journal::Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> Journal::Writer::start(std::optional<Event> recovered) {
  const bool opened = first_segment_.empty() ? begin_segment() : (segment_ = SegmentFile::open(first_segment_)).valid();
  if (opened) {
    seal(own_event(Kind::kOpened, fmt::format("raykeep {}", RAYKEEP_VERSION)));
    if (recovered) seal(*recovered);
  }
  if (!opened || !write_pending() || !sync_now()) {
    return fail(kJournalUnusable, fmt::format("cannot write to it: {}", std::strerror(errno)),
                {options_.directory, 0, 0});
  }
  counters_.next_seq = chain_.next_seq();
  next_sync_ = next_retry_ = Clock::now();
  thread_ = std::thread([this] { run(); });
  return {};
}

void Journal::Writer::append(std::optional<Event> event, Durability durability, Done done) {
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    const bool full = queue_.size() >= options_.queue_limit;
    if (full && event) {
      ++counters_.dropped;
      ++dropped_unrecorded_;
    }
    refused = full || !healthy_.load(std::memory_order_relaxed);
    if (!full) queue_.push_back({std::move(event), durability, refused ? Done{} : std::move(done)});
  }
  wake_.notify_one();
  if (refused && done) done(Stored::kNo);
}

Journal::Counters Journal::Writer::counters() const {
  const std::lock_guard lock(mutex_);
  Counters out = counters_;
  out.queued = queue_.size();
  return out;
}

std::string Journal::Writer::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Journal::Writer::run() {
  for (;;) {
    std::deque<Item> batch;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return stopping_ || (healthy_ && !queue_.empty()); };
      if (healthy_ && !unsynced_) {
        wake_.wait(lock, ready);
      } else {
        wake_.wait_until(lock, healthy_ ? next_sync_ : next_retry_, ready);
      }
      stopping = stopping_;
    }
    if (!healthy_) recover_sink();
    if (healthy_) store(take_batch());
    if (stopping) return close();
  }
}

std::deque<Journal::Writer::Item> Journal::Writer::take_batch() {
  std::deque<Item> batch;
  const std::lock_guard lock(mutex_);
  batch.swap(queue_);
  if (dropped_unrecorded_ > 0) {
    Event gap = own_event(Kind::kGap, "records were lost because the queue was full");
    gap.count = dropped_unrecorded_;
    batch.push_back({std::move(gap), Durability::kBatched, {}});
    dropped_unrecorded_ = 0;
  }
  return batch;
}

void Journal::Writer::store(std::deque<Item> batch) {
  bool sync = unsynced_ && Clock::now() >= next_sync_;
  for (const Item& item : batch) {
    if (item.event) seal(*item.event);
    sync |= item.durability == Durability::kSynced;
  }
  // Lines that were sealed stay pending when the write fails, and are finished when the sink works again.
  const bool stored = write_pending() && (!sync || sync_now()) && rotate_if_full();
  for (Item& item : batch) {
    if (item.done) item.done(stored ? Stored::kYes : Stored::kNo);
  }
  if (!stored) answer_waiting_with_no();
}

void Journal::Writer::seal(const Event& event) {
  pending_ += chain_.seal(event);
  ++pending_lines_;
}

bool Journal::Writer::write_pending() {
  if (pending_.empty()) return true;
  const std::size_t bytes = pending_.size();
  const bool whole = segment_.write(pending_);
  if (!whole) fail_sink("write");
  if (!unsynced_) next_sync_ = Clock::now() + options_.sync_interval;
  unsynced_ = true;
  const std::lock_guard lock(mutex_);
  counters_.bytes += bytes - pending_.size();
  counters_.next_seq = chain_.next_seq();
  if (whole) counters_.written += std::exchange(pending_lines_, 0);
  return whole;
}

bool Journal::Writer::sync_now() {
  if (!segment_.sync()) {
    fail_sink("sync");
    return false;
  }
  unsynced_ = false;
  const std::lock_guard lock(mutex_);
  ++counters_.syncs;
  return true;
}

bool Journal::Writer::begin_segment() {
  SegmentFile next = SegmentFile::open(options_.directory + "/" + segment_name(chain_.next_seq()));
  if (!next.valid()) return false;
  segment_ = std::move(next);
  return true;
}

bool Journal::Writer::rotate_if_full() {
  if (segment_.size() < options_.segment_bytes) return true;
  if (!sync_now()) return false;
  if (!begin_segment()) {
    fail_sink("begin a new segment");
    return false;
  }
  return true;
}

void Journal::Writer::fail_sink(std::string_view step) {
  const int why = errno;
  next_retry_ = Clock::now() + options_.retry_interval;
  const std::lock_guard lock(mutex_);
  healthy_.store(false, std::memory_order_relaxed);
  ++counters_.failures;
  failure_ = fmt::format("cannot {} {}: {}", step, segment_.path(), std::strerror(why));
}

void Journal::Writer::recover_sink() {
  if (!write_pending() || !sync_now() || !rotate_if_full()) return answer_waiting_with_no();
  const std::lock_guard lock(mutex_);
  failure_.clear();
  healthy_.store(true, std::memory_order_relaxed);
}

void Journal::Writer::answer_waiting_with_no() {
  std::deque<Done> waiting;
  {
    const std::lock_guard lock(mutex_);
    for (Item& item : queue_) {
      if (item.done) waiting.push_back(std::exchange(item.done, {}));
    }
  }
  for (const Done& done : waiting) done(Stored::kNo);
}

void Journal::Writer::close() {
  if (healthy_) {
    seal(own_event(Kind::kClosed, ""));
    if (write_pending()) sync_now();
  }
  answer_waiting_with_no();
}

}  // namespace raykeep::audit
