// SPDX-License-Identifier: Apache-2.0
#include "gateway/recorder.h"

#include <memory>
#include <utility>

namespace raykeep::gateway {

Recorder::Recorder(http::Worker& worker, audit::Journal& journal, std::chrono::milliseconds summary_interval)
    : worker_(worker), journal_(journal), interval_(summary_interval), next_summary_(worker.coarse_now() + summary_interval) {
  worker.on_sweep([this](auto now) {
    if (now < next_summary_) return;
    next_summary_ = now + interval_;
    write_summary();
  });
}

Recorder::~Recorder() { write_summary(); }

void Recorder::write_summary() {
  for (audit::Event& event : summary_.drain()) journal_.append(std::move(event), audit::Durability::kBatched);
}

http::Awaitable<bool> Recorder::attempt(audit::Event event) {
  // The writer's thread answers; the waiting coroutine is woken on its own worker through a timer that never fires.
  struct Waiting {
    explicit Waiting(http::Executor executor) : wake(executor) { wake.expires_at(std::chrono::steady_clock::time_point::max()); }
    http::Timer wake;
    bool answered = false;
    bool stored = false;
  };
  const auto waiting = std::make_shared<Waiting>(worker_.executor());
  event.kind = audit::Kind::kAttempt;
  journal_.append(std::move(event), audit::Durability::kSynced, [waiting, executor = worker_.executor()](audit::Stored stored) {
    http::asio::post(executor, [waiting, stored] {
      waiting->answered = true;
      waiting->stored = stored == audit::Stored::kYes;
      waiting->wake.cancel();
    });
  });
  while (!waiting->answered) co_await waiting->wake.async_wait(http::kNoThrow);
  co_return waiting->stored;
}

void Recorder::done(audit::Event event) {
  const auto durability = event.allowed ? audit::Durability::kBatched : audit::Durability::kSynced;
  journal_.append(std::move(event), durability);
}

}  // namespace raykeep::gateway
