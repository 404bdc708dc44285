// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 towards clients (RFC 9112): one connection, requests one after the other, pipelined ones answered in order.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "http/chunked.h"
#include "http/exchange.h"
#include "http/head_parser.h"
#include "http/stream.h"
#include "http/worker.h"

namespace raykeep::http {

struct ConnectionLimits {
  HeadLimits head;  // head.bytes is at most Buffer::kSize
  std::chrono::milliseconds head_timeout{10000};  // from the first byte of a request to the end of its head
  std::chrono::milliseconds idle_timeout{75000};  // between requests
  std::chrono::milliseconds body_timeout{30000};  // without any byte of the body arriving
  std::chrono::milliseconds send_timeout{60000};  // without the client taking any byte
};

class Http1Connection final : public Exchange {
 public:
  Http1Connection(Stream& stream, Service& service, Peer peer, const ConnectionLimits& limits,
                  const std::atomic<bool>& draining);

  // Serves until either side closes. `received` are bytes already read from the stream, at most Buffer::kSize.
  Awaitable<void> serve(std::string_view received);

  const RequestHead& request() const override { return head_; }
  const Peer& peer() const override { return peer_; }
  Worker& worker() override { return stream_.worker(); }
  void set_client(const IpAddress& address) override;
  Awaitable<BodyPiece> read_body() override;
  void limit_body(std::uint64_t bytes) override { body_limit_ = bytes; }
  Awaitable<SendStatus> send(const Response& response, std::string_view body, bool last) override;
  Awaitable<SendStatus> send_more(std::string_view body, bool last) override;
  bool responded() const override { return responded_; }
  void close_after() override { keep_alive_ = false; }
  void wake_when_client_leaves(Stream& upstream) override { upstream.watch(&stream_); }
  Stream& tunnel() override { return stream_; }
  std::string_view early_bytes() const override { return unread(); }

 private:
  enum class ReadHead { kComplete, kIncomplete, kRefused, kGone };
  // Takes the head off what was received; refusal_ says what is wrong with it.
  ReadHead take_head();
  // Reads until the head is complete.
  Awaitable<ReadHead> read_head();
  Awaitable<bool> wait_for_request();
  Awaitable<void> refuse(HeadError error);
  Awaitable<void> answer_nothing();
  // Whether the connection can take the next request as it is.
  bool ready_for_next() const;
  // Makes it so. False: it has to be closed.
  Awaitable<bool> finish_request();
  bool worth_draining() const;
  // Closes so that the client can still read what was sent: our side first, then a bounded wait for theirs.
  Awaitable<void> linger();

  void begin_request();
  bool make_room();
  BodyPiece take_body(bool& need_more);
  BodyPiece take_length(bool& need_more);
  BodyPiece take_chunked(bool& need_more);
  Awaitable<BodyPiece> receive_body();
  Awaitable<bool> send_continue();
  void write_head(const Response& response, bool last, std::size_t body_size);
  void write_chunk(std::string_view body, bool last);
  Awaitable<SendStatus> flush(std::string_view body);
  bool over_limit(std::uint64_t more) const { return body_read_ + more > body_limit_; }
  std::string_view unread() const { return {buffer_data(), end_ - begin_}; }
  const char* buffer_data() const { return received_.empty() ? nullptr : received_.data() + begin_; }

  Stream& stream_;
  Service& service_;
  Peer peer_;
  const IpAddress connected_;  // the peer's address for each new request
  const ConnectionLimits& limits_;
  const std::atomic<bool>& draining_;

  // Bytes received and not used up are [begin_, end_) of received_. While a body is read, the head it belongs to stays
  // valid in head_block_.
  Buffer received_;
  Buffer head_block_;
  // Where the first bytes of a request arrive without TLS, so that a waiting connection borrows no block.
  std::unique_ptr<std::array<char, 1024>> first_bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  RequestHead head_;
  HeadScanner scanner_;
  HeadError refusal_;
  bool head_in_received_ = false;
  ChunkedDecoder chunks_;
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_read_ = 0;
  bool body_done_ = true;
  bool continue_settled_ = false;  // asked for the body, or it came unasked

  std::string out_;  // the response head, reused
  bool responded_ = false;
  bool finished_ = false;
  bool chunked_out_ = false;
  bool until_close_out_ = false;  // the end of the connection ends the body (HTTP/1.0)
  bool head_request_ = false;
  bool keep_alive_ = true;
};

}  // namespace raykeep::http
