// SPDX-License-Identifier: Apache-2.0
// The tamper-evident record: a directory of segment files, one JSON line an event, each line carrying the hash of the
// line before it. Any thread appends; one writer thread formats, chains, writes and syncs, many events at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "core/result.h"
#include "core/secret.h"

namespace raykeep::audit {

inline constexpr ErrorCode kJournalUnusable{"audit-unusable", ErrorKind::kEnvironment,
                                            "Check that the directory exists, is writable and has free space."};
inline constexpr ErrorCode kJournalInUse{"audit-in-use", ErrorKind::kEnvironment,
                                         "Give each gateway its own audit directory."};

// What happens to requests while records cannot be stored.
enum class OnFailure : std::uint8_t { kRefuseWrites, kRefuseAll, kContinue };
// "refuse-writes", "refuse-all", "continue".
std::optional<OnFailure> parse_on_failure(std::string_view text);

struct JournalOptions {
  std::string directory;
  OnFailure on_failure = OnFailure::kRefuseWrites;
  Secret hmac_key;                                // empty: plain SHA-256
  std::uint64_t segment_bytes = 64ULL << 20;      // a new segment begins after this many bytes
  std::size_t queue_limit = 65536;                // events waiting for the writer
  std::chrono::milliseconds sync_interval{1000};  // for events that do not ask for more
  std::chrono::milliseconds retry_interval{500};  // while the sink fails
};

enum class Durability : std::uint8_t {
  kBatched,  // written soon, synced within sync_interval
  kSynced,   // on the disk before `done` is called
};
enum class Stored : std::uint8_t { kYes, kNo };

class Journal {
 public:
  // Opens or creates the directory, recovers what a crash left, and continues the chain.
  static Result<std::unique_ptr<Journal>> open(JournalOptions options);
  // Writes what is queued, a closing record, and syncs.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Queues an event. `done`, if any, is called once, on the writer thread, and must not block or throw; with kNo when
  // the queue is full (then at once, on this thread) or the sink fails. An event that was answered with kNo and still
  // fits the queue is written when the sink works again.
  void append(Event event, Durability durability, std::function<void(Stored)> done = {});

  // Whether a request may go on, by the sink's state and the configured rule. Cheap: one atomic load.
  bool admits_reads() const;
  bool admits_writes() const;
  bool healthy() const;
  OnFailure on_failure() const;

  struct Counters {
    std::uint64_t written = 0;   // events stored since open
    std::uint64_t dropped = 0;   // events lost because the queue was full
    std::uint64_t failures = 0;  // failed writes and syncs
    std::uint64_t bytes = 0;
    std::uint64_t syncs = 0;  // of the segment to the disk
    std::uint64_t next_seq = 0;
    std::size_t queued = 0;
  };
  Counters counters() const;
  // What is wrong with the sink, or empty.
  std::string failure() const;

  // Waits until everything appended before is written and synced, or has failed.
  Stored flush();

 private:
  class Writer;
  explicit Journal(std::unique_ptr<Writer> writer);
  std::unique_ptr<Writer> writer_;
};

}  // namespace raykeep::audit
