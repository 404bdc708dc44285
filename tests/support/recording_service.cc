// SPDX-License-Identifier: Apache-2.0
#include "support/recording_service.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace raykeep::testing {

http::Awaitable<void> RecordingService::handle(http::Exchange& exchange) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::string(exchange.request().method) + " " + std::string(exchange.request().target));
    peers_.push_back(exchange.peer().text);
  }
  changed_.notify_all();
  co_await handler_(exchange);
}

void RecordingService::refused(const http::Peer&, int status, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  refusals_.push_back(std::to_string(status) + " " + std::string(reason));
}

std::vector<std::string> RecordingService::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}
std::vector<std::string> RecordingService::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}
std::vector<std::string> RecordingService::peers() const {
  const std::lock_guard lock(mutex_);
  return peers_;
}
std::vector<std::string> RecordingService::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

void RecordingService::note(std::string text) {
  {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(text));
  }
  changed_.notify_all();
}

bool RecordingService::wait_for_notes(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(kDeadlineSeconds), [&] { return notes_.size() >= count; });
}

RunningListener::RunningListener(Handler handler, http::ListenerSettings settings) : service_(std::move(handler)), worker_(0) {
  ::signal(SIGPIPE, SIG_IGN);
  auto opened = http::Listener::open("127.0.0.1", 0, {&worker_}, {&service_},
                                     std::make_shared<const http::ListenerSettings>(std::move(settings)));
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().text().c_str());
    std::abort();
  }
  listener_ = std::move(*opened);
  worker_.on_sweep([this](auto) {
    const std::lock_guard lock(mutex_);
    ++sweeps_;
    swept_.notify_all();
  });
  listener_->start();
  worker_.start();
}

RunningListener::~RunningListener() {
  gate_.open();
  listener_->drain();
  worker_.stop();
}

void RunningListener::wait_for_sweeps(unsigned count) {
  std::unique_lock lock(mutex_);
  const unsigned until = sweeps_ + count;
  swept_.wait(lock, [&] { return sweeps_ >= until; });
}

bool RunningListener::wait_for_open(std::uint64_t count) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(kDeadlineSeconds);
  while (listener_->counters().open.load() != count) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

http::Awaitable<void> Gate::pass() {
  while (!open_) co_await timer_.async_wait(http::kNoThrow);
}

void Gate::open() {
  http::asio::post(worker_.executor(), [this] {
    open_ = true;
    timer_.cancel();
  });
}

http::Awaitable<http::BodyPiece::Status> read_all(http::Exchange& exchange, std::string& into, std::uint64_t limit) {
  exchange.limit_body(limit);
  for (;;) {
    const http::BodyPiece piece = co_await exchange.read_body();
    if (piece.status != http::BodyPiece::Status::kData) co_return piece.status;
    into.append(piece.data);
  }
}

http::Awaitable<void> answer(http::Exchange& exchange, std::string text, int status) {
  http::Response response;
  response.status = status;
  co_await exchange.send(response, text, true);
}

http::Awaitable<void> echo(http::Exchange& exchange) {
  std::string body;
  const auto status = co_await read_all(exchange, body, 1 << 20);
  if (status == http::BodyPiece::Status::kEnd) co_return co_await answer(exchange, std::move(body));
  exchange.close_after();
  co_await answer(exchange, "broken", 400);
}

}  // namespace raykeep::testing
