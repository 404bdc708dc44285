// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 towards an upstream: pooled connections of one worker to one endpoint, and one exchange on each.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/chunked.h"
#include "http/head_parser.h"
#include "http/stream.h"
#include "http/worker.h"

namespace raykeep::http {

enum class ClientStatus : std::uint8_t {
  kOk,
  kConnectFailed,   // refused, unreachable or timed out while connecting
  kGone,            // the connection ended before or inside the response
  kTimeout,         // connected, but no answer in time
  kBadResponse,     // an answer that is not strict HTTP/1.1
  kCancelled,       // this side is shutting down, or its own client has gone
};

struct ClientTimeouts {
  std::chrono::milliseconds connect{2000};
  std::chrono::milliseconds response{120000};  // from the end of the request to the response head
  std::chrono::milliseconds body{120000};      // without any byte of the body; some streams are silent for as long as a job
};

class UpstreamPool;

// One connection to the upstream, lent by the pool for one request.
class UpstreamConnection {
 public:
  UpstreamConnection(UpstreamPool& pool, std::unique_ptr<Stream> stream);

  // One attempt without waiting; otherwise `head` is what remains for write.
  bool write_now(std::string_view& head);
  Awaitable<ClientStatus> write(std::string_view head, std::string_view body);
  // Reads the response head, skipping interim ones (1xx but not 101). A 101 is the caller's to judge; a connection that
  // said it is never used again.
  Awaitable<ClientStatus> read_head(std::string_view request_method, std::chrono::milliseconds timeout);
  const ResponseHead& head() const { return head_; }

  struct Piece {
    ClientStatus status = ClientStatus::kOk;
    std::string_view data;  // valid until the next call
    bool last = false;
  };
  // The next piece of the body. The last one may be empty.
  Awaitable<Piece> read_body(std::chrono::milliseconds timeout);
  // True when the response is complete as it stands, without waiting for more.
  bool body_done() const { return body_done_; }
  // What of the body is already here, without waiting; the piece says whether it is all.
  Piece buffered_body();

  Stream& stream() { return *stream_; }
  // Bytes received beyond the response head; for a tunnel.
  std::string_view unread() const { return received_.empty() ? std::string_view{} : std::string_view{received_.data() + begin_, end_ - begin_}; }
  bool reused() const { return reused_; }
  std::string_view bad_reason() const { return bad_reason_; }

 private:
  friend class UpstreamPool;
  bool make_room();
  ClientStatus took(const ReadResult& got);
  Piece take();
  void begin_request();
  std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point until) const;
  bool reusable() const;
  ClientStatus scan_head(std::string_view request_method, bool& complete);

  UpstreamPool& pool_;
  std::unique_ptr<Stream> stream_;
  Buffer received_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  HeadScanner scanner_;
  ResponseHead head_;
  Buffer head_block_;
  bool head_in_received_ = false;
  ChunkedDecoder chunks_;
  std::uint64_t body_left_ = 0;
  bool body_done_ = false;
  bool usable_ = true;
  bool ended_properly_ = false;  // the last read met the end of the connection and no error
  bool reused_ = false;
  std::string_view bad_reason_;
  std::chrono::steady_clock::time_point idle_since_;
};

// Lives on one worker. The address is resolved at each new connection, so a service that moves is followed.
class UpstreamPool {
 public:
  UpstreamPool(Worker& worker, std::string host, std::string port, std::chrono::milliseconds connect_timeout);

  struct Lease {
    ClientStatus status = ClientStatus::kOk;
    std::unique_ptr<UpstreamConnection> connection;
  };
  // A connection that has served before, or null. The upstream may close it at any moment.
  std::unique_ptr<UpstreamConnection> take_idle();
  // A new connection.
  Awaitable<Lease> acquire_fresh();
  // Takes the connection back; keeps it when its response was read to the end and both sides want to go on.
  void release(std::unique_ptr<UpstreamConnection> connection);

  // Called by the worker's sweep.
  void close_stale(std::chrono::steady_clock::time_point now);
  Worker& worker() { return worker_; }

 private:
  friend class UpstreamConnection;
  Awaitable<std::unique_ptr<Stream>> connect();
  Worker& worker_;
  std::string host_;
  std::string port_;
  std::chrono::milliseconds connect_timeout_;
  std::vector<std::unique_ptr<UpstreamConnection>> idle_;
  // After a failed connect, others are told at once for a moment instead of waiting for the same.
  std::chrono::steady_clock::time_point down_until_{};
};

}  // namespace raykeep::http
