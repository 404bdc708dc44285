// SPDX-License-Identifier: Apache-2.0
// Counts alike requests so that polling costs one line an interval. One Summary a worker thread: `count` takes an
// uncontended lock and allocates only for the first of its kind; `drain` may be called by another thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "audit/event.h"

namespace raykeep::audit {

// What makes two requests alike. Views are copied when first seen.
struct SummaryKey {
  std::string_view user;
  std::string_view credential;
  std::string_view method;
  std::string_view peer;
  std::string_view cluster;
  std::string_view operation;
  std::string_view reason;
  bool allowed = true;
  int status = 200;
};

struct Sample {
  Time time;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds latency{0};
};

class Summary {
 public:
  // At most `limit` different keys are kept; the rest of an interval is counted together, with user and peer "*".
  // Of alike denials the first `denials_each` of an interval are for the caller to record one by one.
  explicit Summary(std::size_t limit = 4096, std::uint64_t denials_each = 10);
  ~Summary();
  Summary(const Summary&) = delete;
  Summary& operator=(const Summary&) = delete;

  // Counts an allowed read.
  void count(const SummaryKey& key, const Sample& sample);
  // True when the caller is to record this denial itself; otherwise it was counted. Bounds what a flood can write.
  bool denial_stands_alone(const SummaryKey& key, const Sample& sample);

  // The counts since the last drain, one kSummary event a key, and begins anew.
  std::vector<Event> drain();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace raykeep::audit
