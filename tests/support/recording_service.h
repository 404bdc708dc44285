// SPDX-License-Identifier: Apache-2.0
// A service for tests that answers with a function and remembers what it was asked, and a listener that runs it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/listener.h"
#include "support/raw_socket.h"

namespace raykeep::testing {

using Handler = std::function<http::Awaitable<void>(http::Exchange&)>;

class RecordingService final : public http::Service {
 public:
  explicit RecordingService(Handler handler) : handler_(std::move(handler)) {}

  http::Awaitable<void> handle(http::Exchange& exchange) override;
  void refused(const http::Peer& peer, int status, std::string_view reason) override;

  // "GET /path", in the order they were handled.
  std::vector<std::string> requests() const;
  // "400 bare-lf".
  std::vector<std::string> refusals() const;
  std::vector<std::string> peers() const;
  // Free text from handlers.
  void note(std::string text);
  std::vector<std::string> notes() const;
  // Waits until so many notes are there; false past the deadline.
  bool wait_for_notes(std::size_t count) const;

 private:
  Handler handler_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> requests_, refusals_, peers_, notes_;
};

// Lets handlers of one worker wait for the test.
class Gate {
 public:
  explicit Gate(http::Worker& worker) : worker_(worker), timer_(worker.executor()) { timer_.expires_at(std::chrono::steady_clock::time_point::max()); }
  http::Awaitable<void> pass();  // on the worker
  void open();                   // from any other thread

 private:
  http::Worker& worker_;
  http::Timer timer_;
  bool open_ = false;
};

// One worker and one listener on a free loopback port, stopped in the right order.
class RunningListener {
 public:
  explicit RunningListener(Handler handler, http::ListenerSettings settings = {});
  ~RunningListener();

  RawSocket connect(const char* source = "127.0.0.1") const { return RawSocket::connect(port(), source); }
  std::uint16_t port() const { return listener_->port(); }
  RecordingService& service() { return service_; }
  http::Listener& listener() { return *listener_; }
  http::Worker& worker() { return worker_; }
  Gate& gate() { return gate_; }
  // Waits until so many sweeps of the worker have ended: what waits for the peer waits by then.
  void wait_for_sweeps(unsigned count);
  // Waits until so many connections are open; false past the deadline.
  bool wait_for_open(std::uint64_t count) const;

 private:
  RecordingService service_;
  http::Worker worker_;
  Gate gate_{worker_};
  std::mutex mutex_;
  std::condition_variable swept_;
  unsigned sweeps_ = 0;
  std::unique_ptr<http::Listener> listener_;
};

// Reads the body to its end, at most `limit` bytes; the status says how it ended.
http::Awaitable<http::BodyPiece::Status> read_all(http::Exchange& exchange, std::string& into, std::uint64_t limit);

// Answers with 200 and the text.
http::Awaitable<void> answer(http::Exchange& exchange, std::string text, int status = 200);

// The usual handler: answers with the request's own body.
http::Awaitable<void> echo(http::Exchange& exchange);

}  // namespace raykeep::testing
