// SPDX-License-Identifier: Apache-2.0
// One worker's side of the audit record: polling reads are counted and summed up, everything else is one line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/journal.h"
#include "audit/summary.h"
#include "http/asio.h"
#include "http/worker.h"

namespace raykeep::gateway {

class Recorder {
 public:
  Recorder(http::Worker& worker, audit::Journal& journal, std::chrono::milliseconds summary_interval);
  // Writes the counts that are still open.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  bool admits_reads() const { return journal_.admits_reads(); }
  bool admits_writes() const { return journal_.admits_writes(); }

  // Records what is about to happen and waits until that is on the disk. False: it could not be stored.
  http::Awaitable<bool> attempt(audit::Event event);
  // Records what has happened.
  void done(audit::Event event);
  // Counts an allowed read.
  void count(const audit::SummaryKey& key, const audit::Sample& sample) { summary_.count(key, sample); }
  // True when this denial is to be recorded by itself; otherwise it was counted.
  bool denial_stands_alone(const audit::SummaryKey& key, const audit::Sample& sample) {
    return summary_.denial_stands_alone(key, sample);
  }

 private:
  void write_summary();

  http::Worker& worker_;
  audit::Journal& journal_;
  audit::Summary summary_;
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point next_summary_;
};

}  // namespace raykeep::gateway
