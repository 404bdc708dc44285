// SPDX-License-Identifier: Apache-2.0
// A connected byte stream, plain or TLS, on one worker. Reads and writes are tried at once and wait only when the kernel
// says so. Each wait has a deadline, kept by the worker's sweep: past it, the wait ends as kTimeout.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "http/asio.h"
#include "http/tls.h"

namespace raykeep::http {

class Worker;

enum class StreamStatus { kDone, kClosed, kFailed, kTimeout, kCancelled };

struct ReadResult {
  StreamStatus status;
  std::size_t size = 0;  // bytes read, more than 0 when kDone
};

class Stream {
 public:
  using Duration = std::chrono::steady_clock::duration;

  Stream(Worker& worker, Socket socket);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Makes this a TLS server connection; call before any read or write.
  Awaitable<StreamStatus> accept_tls(const TlsServer& server, Duration timeout);

  // Some bytes into [into, into + size). `wait_first` says that nothing can be there yet, as after sending a request.
  Awaitable<ReadResult> read_some(char* into, std::size_t size, Duration timeout, bool wait_first = false);
  // Waits until the socket has something, the end included; what has_pending() tells is not waited for.
  Awaitable<StreamStatus> wait_readable(Duration timeout);
  // Whether TLS holds bytes that were received and not read yet.
  bool has_pending() const { return tls_ && tls_->has_pending(); }
  // One attempt to send all of both without waiting. True when nothing is left; otherwise the views are what remains for
  // write_all, which also meets again whatever failed.
  bool write_now(std::string_view& head, std::string_view& body);
  // All of `head` and then all of `body`, in one system call where possible.
  Awaitable<StreamStatus> write_all(std::string_view head, std::string_view body, Duration timeout);

  // Ends all waits, now and later, with kCancelled. Callable from this worker only.
  void cancel();
  // Ends the waits of this moment with kFailed; later ones are as ever.
  void interrupt();
  // True once the peer has closed or reset, as the kernel tells without reading.
  bool peer_is_gone() const;
  // True while the peer has neither sent anything that is still to be read nor closed.
  bool is_quiet() const;
  bool is_cancelled() const { return cancelled_; }
  // While set, the sweep cancels this stream once the other one's peer is gone: an answer nobody waits for is not awaited.
  // The other stream must outlive the watch.
  void watch(const Stream* other) { watched_ = other; }
  // An idle stream is closed first when the server drains.
  void set_idle(bool on) { idle_ = on; }
  void close();
  // Tells the peer that nothing follows, in TLS too; reading goes on.
  void finish_sending();
  // Closes so that the peer sees an error and not an end.
  void reset();

  Socket& socket() { return socket_; }
  Worker& worker() { return worker_; }
  bool is_tls() const { return tls_.has_value(); }
  std::string_view tls_version() const { return tls_ ? tls_->version() : std::string_view{}; }

 private:
  friend class Worker;
  Awaitable<StreamStatus> wait(Socket::wait_type what, Duration timeout);
  Awaitable<ReadResult> read_tls(char* into, std::size_t size, Duration timeout, bool wait_first);
  Awaitable<ReadResult> read_plain(char* into, std::size_t size, Duration timeout, bool wait_first);
  void arm(Duration timeout);
  StreamStatus disarm(bool failed);
  IoStatus try_write(std::string_view head, std::string_view body, std::size_t& sent);
  // Called by the sweep with the coarse time.
  void sweep(std::chrono::steady_clock::time_point now);

  Worker& worker_;
  Socket socket_;
  std::optional<TlsSession> tls_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  bool timed_out_ = false;
  bool cancelled_ = false;
  const Stream* watched_ = nullptr;
  bool idle_ = false;
  // The worker's list of streams, intrusive so that registering costs nothing.
  Stream* next_ = nullptr;
  Stream* previous_ = nullptr;
};

}  // namespace raykeep::http
