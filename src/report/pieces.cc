// SPDX-License-Identifier: Apache-2.0
#include "report/pieces.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "core/parallel.h"

namespace raykeep::report {
namespace {

constexpr std::size_t kPiece = 256;  // findings that are worth a thread's while

// Lets pieces through one after the other, whichever thread made them. A thread that fails lets all others through, so
// that none waits for a piece that never comes.
class Gate {
 public:
  // Calls `use` when it is the turn of piece `number`.
  template <typename Use>
  void pass(std::size_t number, const Use& use) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return next_ == number || failed_; });
    if (failed_) return;
    use();
    ++next_;
    turn_.notify_all();
  }
  void fail() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::size_t next_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<std::string_view> shown_line(const Report& report, const Finding& finding) {
  const std::string_view rule = finding.rule->id;
  if (rule.starts_with("credential-") || rule.starts_with("redis-password") || rule.starts_with("secret-")) return std::nullopt;
  if (finding.object != nullptr && finding.object->is("", "Secret")) return std::nullopt;
  const auto line = finding.source_line();
  if (line && report.hides_line && report.hides_line(*line)) return std::nullopt;
  return line;
}

void write_each(std::size_t count, const std::function<void(std::string& out, std::size_t i)>& add, const Sink& sink) {
  Gate gate;
  parallel_for((count + kPiece - 1) / kPiece, [&](std::size_t piece) {
    try {
      std::string out;
      for (std::size_t i = piece * kPiece; i < std::min((piece + 1) * kPiece, count); ++i) add(out, i);
      gate.pass(piece, [&] { sink(out); });
    } catch (...) {
      gate.fail();
      throw;
    }
  });
}

}  // namespace raykeep::report
