// SPDX-License-Identifier: Apache-2.0
#include "http/http1_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

namespace raykeep::http {
namespace {

constexpr std::uint64_t kDrainLimit = 64 * 1024;      // of an unread body, before giving the connection up
constexpr std::chrono::milliseconds kDrainTime{5000};
constexpr std::uint64_t kLingerLimit = 1024 * 1024;   // of bytes thrown away after our last word
constexpr std::chrono::milliseconds kLingerTime{2000};

bool has_no_body(int status) { return status == 204 || status == 304 || (status >= 100 && status < 200); }

}  // namespace

Http1Connection::Http1Connection(Stream& stream, Service& service, Peer peer, const ConnectionLimits& limits,
                                 const std::atomic<bool>& draining)
    : stream_(stream), service_(service), peer_(std::move(peer)), connected_(peer_.address), limits_(limits), draining_(draining) {}

Awaitable<void> Http1Connection::serve(std::string_view received) {
  if (!received.empty()) {
    received_ = Buffer(worker());
    std::memcpy(received_.data(), received.data(), received.size());
    end_ = received.size();
  }
  for (;;) {
    begin_request();
    if (unread().empty() && !co_await wait_for_request()) co_return;
    ReadHead read = take_head();
    if (read == ReadHead::kIncomplete) read = co_await read_head();
    if (read == ReadHead::kGone) co_return;
    if (read == ReadHead::kRefused) {
      co_await refuse(refusal_);
      break;
    }
    co_await service_.handle(*this);
    if (!responded_) co_await answer_nothing();
    if (ready_for_next()) continue;
    if (!co_await finish_request()) break;
  }
  co_await linger();
}

void Http1Connection::set_client(const IpAddress& address) {
  if (address == peer_.address) return;
  peer_.address = address;
  peer_.text = address.text();
}

void Http1Connection::begin_request() {
  set_client(connected_);
  head_block_ = Buffer();
  head_in_received_ = false;
  scanner_.reset();
  chunks_ = ChunkedDecoder();
  body_limit_ = 0;
  body_read_ = 0;
  continue_settled_ = responded_ = finished_ = chunked_out_ = until_close_out_ = false;
}

Awaitable<bool> Http1Connection::wait_for_request() {
  received_ = Buffer();
  begin_ = end_ = 0;
  stream_.set_idle(true);
  if (stream_.is_tls()) {
    // TLS itself takes so much memory that an idle connection keeps nothing else.
    out_ = std::string();
    StreamStatus came = StreamStatus::kDone;
    if (!stream_.has_pending()) came = co_await stream_.wait_readable(limits_.idle_timeout);
    stream_.set_idle(false);
    co_return came == StreamStatus::kDone;
  }
  if (!first_bytes_) first_bytes_ = std::make_unique<std::array<char, 1024>>();
  const ReadResult got = co_await stream_.read_some(first_bytes_->data(), first_bytes_->size(), limits_.idle_timeout, true);
  stream_.set_idle(false);
  if (got.status != StreamStatus::kDone) co_return false;
  received_ = Buffer(worker());
  std::memcpy(received_.data(), first_bytes_->data(), got.size);
  end_ = got.size;
  co_return true;
}

// Space for at least one more byte, by moving what is unread to the front. False: the block is full.
bool Http1Connection::make_room() {
  if (received_.empty()) {
    received_ = Buffer(worker());
    begin_ = end_ = 0;
  }
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == Buffer::kSize && begin_ > 0) {
    std::memmove(received_.data(), received_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return end_ < Buffer::kSize;
}

Http1Connection::ReadHead Http1Connection::take_head() {
  const HeadScanner::State state = scanner_.scan(unread(), limits_.head);
  if (state == HeadScanner::State::kIncomplete) return ReadHead::kIncomplete;
  refusal_ = scanner_.error();
  if (state == HeadScanner::State::kBad) return ReadHead::kRefused;
  refusal_ = parse_request_head(unread().substr(0, scanner_.length()), limits_.head, head_);
  begin_ += scanner_.length();
  if (refusal_) return ReadHead::kRefused;
  head_in_received_ = true;
  head_request_ = head_.method == "HEAD";
  keep_alive_ = head_.keep_alive;
  body_done_ = head_.body.kind == BodyFraming::Kind::kNone || (head_.body.kind == BodyFraming::Kind::kLength && head_.body.length == 0);
  return ReadHead::kComplete;
}

Awaitable<Http1Connection::ReadHead> Http1Connection::read_head() {
  const auto until = worker().coarse_now() + limits_.head_timeout;
  for (;;) {
    if (!make_room()) {
      refusal_ = {431, "head-too-large"};
      co_return ReadHead::kRefused;
    }
    const auto left = until - worker().coarse_now();
    const ReadResult got = co_await stream_.read_some(received_.data() + end_, Buffer::kSize - end_, left);
    if (got.status == StreamStatus::kTimeout) {
      refusal_ = {408, "head-timeout"};
      co_return ReadHead::kRefused;
    }
    if (got.status != StreamStatus::kDone) co_return ReadHead::kGone;
    end_ += got.size;
    const ReadHead state = take_head();
    if (state != ReadHead::kIncomplete) co_return state;
  }
}

Awaitable<void> Http1Connection::refuse(HeadError error) {
  service_.refused(peer_, error.status, error.reason);
  keep_alive_ = false;
  head_request_ = false;
  const std::string body = fmt::format("{}: {}\n", reason_phrase(error.status), error.reason);
  Response response;
  response.status = error.status;
  response.fields = {{"Content-Type", "text/plain; charset=utf-8"}};
  // RFC 9110 15.5.6 and 15.5.22, RFC 6455 4.4: these statuses say what would have been right.
  if (error.status == 405) response.fields.emplace_back("Allow", "GET, HEAD, POST, PUT, DELETE");
  if (error.status == 426) response.raw_fields = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  co_await send(response, body, true);
}

Awaitable<void> Http1Connection::answer_nothing() {
  Response response;
  response.status = 500;
  co_await send(response, {}, true);
}

bool Http1Connection::ready_for_next() const {
  return finished_ && keep_alive_ && body_done_ && !draining_.load(std::memory_order_relaxed);
}

Awaitable<bool> Http1Connection::finish_request() {
  if (!finished_) {
    // An end of the connection would look like the end of a body that has no other mark.
    if (until_close_out_) stream_.reset();
    stream_.cancel();
    co_return false;
  }
  if (!keep_alive_ || draining_.load(std::memory_order_relaxed)) co_return false;
  if (body_done_) co_return true;
  if (!worth_draining()) co_return false;
  body_limit_ = body_read_ + kDrainLimit;
  const auto until = worker().coarse_now() + kDrainTime;
  while (worker().coarse_now() < until) {
    const BodyPiece piece = co_await read_body();
    if (piece.status == BodyPiece::Status::kEnd) co_return true;
    if (piece.status != BodyPiece::Status::kData) co_return false;
  }
  co_return false;
}

// Whether what is left of the body may be read and thrown away so that the connection can go on. A client that waits to
// be asked for the body may send it or not.
bool Http1Connection::worth_draining() const {
  if (head_.expects_continue && !continue_settled_) return false;
  return head_.body.kind != BodyFraming::Kind::kLength || head_.body.length - body_read_ <= kDrainLimit;
}

Awaitable<void> Http1Connection::linger() {
  if (!stream_.socket().is_open()) co_return;
  stream_.finish_sending();
  if (received_.empty()) received_ = Buffer(worker());
  const auto until = worker().coarse_now() + kLingerTime;
  for (std::uint64_t thrown = 0; thrown < kLingerLimit && worker().coarse_now() < until;) {
    const ReadResult got = co_await stream_.read_some(received_.data(), Buffer::kSize, until - worker().coarse_now());
    if (got.status != StreamStatus::kDone) co_return;
    thrown += got.size;
  }
}

Awaitable<bool> Http1Connection::send_continue() {
  if (!head_.expects_continue || continue_settled_ || responded_) co_return true;
  continue_settled_ = true;
  // A client that has begun to send does not wait.
  if (begin_ != end_) co_return true;
  co_return co_await stream_.write_all("HTTP/1.1 100 Continue\r\n\r\n", {}, limits_.send_timeout) == StreamStatus::kDone;
}

Awaitable<BodyPiece> Http1Connection::read_body() {
  if (body_done_) co_return BodyPiece{};
  const bool too_long = head_.body.kind == BodyFraming::Kind::kLength && head_.body.length > body_limit_;
  if (too_long) co_return BodyPiece{BodyPiece::Status::kTooLarge, {}, "body-too-large"};
  if (!co_await send_continue()) co_return BodyPiece{BodyPiece::Status::kBroken, {}, "client-gone"};
  co_return co_await receive_body();
}

Awaitable<BodyPiece> Http1Connection::receive_body() {
  for (;;) {
    bool need_more = false;
    const BodyPiece piece = take_body(need_more);
    if (!need_more) {
      if (piece.status == BodyPiece::Status::kEnd) body_done_ = true;
      if (piece.status == BodyPiece::Status::kBroken) keep_alive_ = false;
      co_return piece;
    }
    if (head_in_received_) {
      head_block_ = std::move(received_);
      head_in_received_ = false;
      received_ = Buffer();
    }
    make_room();
    const ReadResult got = co_await stream_.read_some(received_.data() + end_, Buffer::kSize - end_, limits_.body_timeout);
    if (got.status == StreamStatus::kTimeout) co_return BodyPiece{BodyPiece::Status::kTimeout, {}, "body-timeout"};
    if (got.status != StreamStatus::kDone) co_return BodyPiece{BodyPiece::Status::kBroken, {}, "client-gone"};
    end_ += got.size;
  }
}

BodyPiece Http1Connection::take_body(bool& need_more) {
  if (head_.body.kind == BodyFraming::Kind::kLength) return take_length(need_more);
  return take_chunked(need_more);
}

BodyPiece Http1Connection::take_length(bool& need_more) {
  const std::uint64_t left = head_.body.length - body_read_;
  if (left == 0) return {};
  const std::string_view available = unread();
  need_more = available.empty();
  if (need_more) return {};
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left, available.size()));
  begin_ += take;
  body_read_ += take;
  return {BodyPiece::Status::kData, available.substr(0, take), {}};
}

BodyPiece Http1Connection::take_chunked(bool& need_more) {
  const ChunkedDecoder::Step step = chunks_.decode(unread());
  begin_ += step.consumed;
  if (!step.error.empty()) return {BodyPiece::Status::kBroken, {}, step.error};
  if (step.done) return {};
  need_more = step.data.empty();
  if (need_more) return {};
  if (over_limit(step.data.size())) return {BodyPiece::Status::kTooLarge, {}, "body-too-large"};
  body_read_ += step.data.size();
  return {BodyPiece::Status::kData, step.data, {}};
}

void Http1Connection::write_head(const Response& response, bool last, std::size_t body_size) {
  out_.clear();
  out_.append("HTTP/1.1 ").append(fmt::format_int(response.status).c_str()).append(" ").append(reason_phrase(response.status));
  out_.append("\r\nDate: ").append(worker().date()).append("\r\n");
  for (const auto& [name, value] : response.fields) {
    out_.append(name).append(": ").append(value).append("\r\n");
  }
  out_ += response.raw_fields;
  // What comes after a WebSocket, or after one that was refused, are frames and never requests.
  if (head_.websocket || response.status == 101) keep_alive_ = false;
  if (response.status == 101) {
    out_ += "\r\n";
    return;
  }
  chunked_out_ = false;
  if (!has_no_body(response.status)) {
    if (response.length || last) {
      out_.append("Content-Length: ").append(fmt::format_int(response.length.value_or(body_size)).c_str()).append("\r\n");
    } else if (head_.minor_version == 1) {
      chunked_out_ = true;
      out_ += "Transfer-Encoding: chunked\r\n";
    } else {
      until_close_out_ = true;
      keep_alive_ = false;
    }
  }
  if (!body_done_ && !worth_draining()) keep_alive_ = false;
  if (draining_.load(std::memory_order_relaxed)) keep_alive_ = false;
  if (!keep_alive_) out_ += "Connection: close\r\n";
  if (keep_alive_ && head_.minor_version == 0) out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";
}

void Http1Connection::write_chunk(std::string_view body, bool last) {
  if (!body.empty()) {
    fmt::format_to(std::back_inserter(out_), "{:x}\r\n", body.size());
    out_.append(body).append("\r\n");
  }
  if (last) out_ += kLastChunk;
}

Awaitable<SendStatus> Http1Connection::flush(std::string_view body) {
  std::string_view head = out_;
  if (stream_.write_now(head, body)) co_return SendStatus::kOk;
  const StreamStatus status = co_await stream_.write_all(head, body, limits_.send_timeout);
  if (status == StreamStatus::kDone) co_return SendStatus::kOk;
  finished_ = false;
  co_return SendStatus::kPeerGone;
}

Awaitable<SendStatus> Http1Connection::send(const Response& response, std::string_view body, bool last) {
  responded_ = true;
  write_head(response, last, body.size());
  const bool no_body = head_request_ || has_no_body(response.status);
  finished_ = last || no_body;
  if (no_body) body = {};
  if (chunked_out_ && !no_body) {
    write_chunk(body, last);
    body = {};
  }
  return flush(body);
}

Awaitable<SendStatus> Http1Connection::send_more(std::string_view body, bool last) {
  if (finished_) co_return SendStatus::kOk;
  finished_ = last;
  out_.clear();
  if (chunked_out_) {
    write_chunk(body, last);
    body = {};
  }
  co_return co_await flush(body);
}

}  // namespace raykeep::http
