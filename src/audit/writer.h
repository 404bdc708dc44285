// SPDX-License-Identifier: Apache-2.0
// The journal's one writing thread. It owns the chain and the open segment; everybody else only queues.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "audit/chain.h"
#include "audit/journal.h"
#include "audit/recovery.h"
#include "audit/segment.h"

namespace raykeep::audit {

class Journal::Writer {
 public:
  using Done = std::function<void(Stored)>;

  // `lock` holds the directory for as long as the writer lives.
  Writer(JournalOptions options, ChainEnd end, FileDescriptor lock);
  ~Writer();
  // Opens the first segment and writes the opening record; then starts the thread.
  Result<void> start(std::optional<Event> recovered);

  // Without an event, `done` only waits for what is before it.
  void append(std::optional<Event> event, Durability durability, Done done);

  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
  OnFailure on_failure() const { return options_.on_failure; }
  Counters counters() const;
  std::string failure() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Item {
    std::optional<Event> event;
    Durability durability = Durability::kBatched;
    Done done;
  };

  void run();
  std::deque<Item> take_batch();
  void store(std::deque<Item> batch);
  void seal(const Event& event);
  bool write_pending();
  bool sync_now();
  bool begin_segment();
  bool rotate_if_full();
  void fail_sink(std::string_view step);
  void recover_sink();
  void answer_waiting_with_no();
  void close();

  JournalOptions options_;
  FileDescriptor lock_;
  Chain chain_;
  std::string first_segment_;

  // The thread's own.
  SegmentFile segment_;
  std::string pending_;  // sealed lines that are not yet in the file
  std::uint64_t pending_lines_ = 0;
  bool unsynced_ = false;
  Clock::time_point next_sync_;
  Clock::time_point next_retry_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  Counters counters_;
  std::uint64_t dropped_unrecorded_ = 0;
  std::string failure_;
  bool stopping_ = false;
  std::atomic<bool> healthy_{true};
  std::thread thread_;
};

}  // namespace raykeep::audit
