// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <algorithm>
#include <cstring>

namespace raykeep::http {
namespace {

constexpr std::size_t kIdleConnections = 64;           // a worker and upstream
constexpr std::chrono::seconds kIdleTime{20};          // below the 75 s of Ray's aiohttp server
constexpr std::chrono::milliseconds kDownTime{1000};
constexpr std::chrono::milliseconds kSendTimeout{60000};
constexpr unsigned kInterimResponses = 8;              // a flood of 1xx is an attack, not information
constexpr HeadLimits kResponseLimits{Buffer::kSize, 8 * 1024, 100};

ClientStatus of_stream(StreamStatus status) {
  switch (status) {
    case StreamStatus::kDone: return ClientStatus::kOk;
    case StreamStatus::kTimeout: return ClientStatus::kTimeout;
    case StreamStatus::kCancelled: return ClientStatus::kCancelled;
    case StreamStatus::kClosed:
    case StreamStatus::kFailed: return ClientStatus::kGone;
  }
  return ClientStatus::kGone;
}

// `timeout` 0 is no limit, here as everywhere in the client.
Stream::Duration limit_of(std::chrono::milliseconds timeout) {
  return timeout.count() == 0 ? Stream::Duration::max() : Stream::Duration(timeout);
}

}  // namespace

UpstreamConnection::UpstreamConnection(UpstreamPool& pool, std::unique_ptr<Stream> stream) : pool_(pool), stream_(std::move(stream)) {}

void UpstreamConnection::begin_request() {
  reused_ = true;
  body_done_ = false;
}

bool UpstreamConnection::reusable() const {
  return usable_ && body_done_ && head_.keep_alive && head_.status != 101 && begin_ == end_ && !stream_->is_cancelled();
}

Awaitable<ClientStatus> UpstreamConnection::write(std::string_view head, std::string_view body) {
  if (stream_->write_now(head, body)) co_return ClientStatus::kOk;
  const StreamStatus status = co_await stream_->write_all(head, body, kSendTimeout);
  if (status != StreamStatus::kDone) usable_ = false;
  co_return of_stream(status);
}

bool UpstreamConnection::write_now(std::string_view& head) {
  std::string_view none;
  return stream_->write_now(head, none);
}

// Space for at least one more byte. False: the head fills a whole block.
bool UpstreamConnection::make_room() {
  if (head_in_received_) {
    head_block_ = std::move(received_);
    received_ = Buffer();
    head_in_received_ = false;
  }
  if (received_.empty()) {
    received_ = Buffer(stream_->worker());
    begin_ = end_ = 0;
  }
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < Buffer::kSize) return true;
  if (begin_ == 0) {
    usable_ = false;
    bad_reason_ = "head-too-large";
    return false;
  }
  std::memmove(received_.data(), received_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  return true;
}

ClientStatus UpstreamConnection::took(const ReadResult& got) {
  if (got.status == StreamStatus::kDone) end_ += got.size;
  if (got.status != StreamStatus::kDone) usable_ = false;
  ended_properly_ = got.status == StreamStatus::kClosed;
  return of_stream(got.status);
}

std::chrono::milliseconds UpstreamConnection::left_until(std::chrono::steady_clock::time_point until) const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - stream_->worker().coarse_now());
  return std::max(left, std::chrono::milliseconds(1));
}

ClientStatus UpstreamConnection::scan_head(std::string_view request_method, bool& complete) {
  complete = false;
  const HeadScanner::State state = scanner_.scan(unread(), kResponseLimits);
  if (state == HeadScanner::State::kIncomplete) return ClientStatus::kOk;
  HeadError error = scanner_.error();
  if (!error) error = parse_response_head(unread().substr(0, scanner_.length()), kResponseLimits, request_method, head_);
  if (error) {
    usable_ = false;
    bad_reason_ = error.reason;
    return ClientStatus::kBadResponse;
  }
  begin_ += scanner_.length();
  scanner_.reset();
  complete = true;
  return ClientStatus::kOk;
}

Awaitable<ClientStatus> UpstreamConnection::read_head(std::string_view request_method, std::chrono::milliseconds timeout) {
  const auto until = stream_->worker().coarse_now() + timeout;
  for (unsigned interim = 0; interim < kInterimResponses;) {
    bool complete = false;
    if (begin_ != end_) {
      const ClientStatus status = scan_head(request_method, complete);
      if (status != ClientStatus::kOk) co_return status;
    }
    if (!complete) {
      if (!make_room()) co_return ClientStatus::kBadResponse;
      const auto left = timeout.count() == 0 ? timeout : left_until(until);
      const ReadResult got = co_await stream_->read_some(received_.data() + end_, Buffer::kSize - end_, limit_of(left), true);
      const ClientStatus status = took(got);
      if (status != ClientStatus::kOk) co_return status;
      continue;
    }
    if (head_.status == 101 || head_.status >= 200) {
      head_in_received_ = true;
      body_left_ = head_.body.length;
      chunks_ = ChunkedDecoder();
      const bool empty_length = head_.body.kind == BodyFraming::Kind::kLength && body_left_ == 0;
      body_done_ = head_.body.kind == BodyFraming::Kind::kNone || empty_length;
      co_return ClientStatus::kOk;
    }
    ++interim;
  }
  usable_ = false;
  bad_reason_ = "interim-flood";
  co_return ClientStatus::kBadResponse;
}

UpstreamConnection::Piece UpstreamConnection::take() {
  if (body_done_) return {ClientStatus::kOk, {}, true};
  const std::string_view available = unread();
  switch (head_.body.kind) {
    case BodyFraming::Kind::kNone: return {ClientStatus::kOk, {}, true};
    case BodyFraming::Kind::kUntilClose: begin_ = end_; return {ClientStatus::kOk, available, false};
    case BodyFraming::Kind::kLength: {
      const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, available.size()));
      begin_ += take;
      body_left_ -= take;
      body_done_ = body_left_ == 0;
      return {ClientStatus::kOk, available.substr(0, take), body_done_};
    }
    case BodyFraming::Kind::kChunked: {
      const ChunkedDecoder::Step step = chunks_.decode(available);
      begin_ += step.consumed;
      if (!step.error.empty()) {
        usable_ = false;
        bad_reason_ = step.error;
        return {ClientStatus::kBadResponse, {}, false};
      }
      body_done_ = step.done;
      return {ClientStatus::kOk, step.data, step.done};
    }
  }
  return {ClientStatus::kBadResponse, {}, false};
}

UpstreamConnection::Piece UpstreamConnection::buffered_body() {
  if (!body_done_ && begin_ == end_) return {ClientStatus::kOk, {}, false};
  return take();
}

Awaitable<UpstreamConnection::Piece> UpstreamConnection::read_body(std::chrono::milliseconds timeout) {
  for (;;) {
    if (body_done_ || begin_ != end_) {
      const Piece piece = take();
      if (piece.status != ClientStatus::kOk || piece.last || !piece.data.empty()) co_return piece;
    }
    if (!make_room()) co_return Piece{ClientStatus::kBadResponse, {}, false};
    const ReadResult got = co_await stream_->read_some(received_.data() + end_, Buffer::kSize - end_, limit_of(timeout), false);
    const ClientStatus status = took(got);
    if (status == ClientStatus::kOk) continue;
    const bool ended_by_close = ended_properly_ && head_.body.kind == BodyFraming::Kind::kUntilClose;
    if (ended_by_close) {
      body_done_ = true;
      co_return Piece{ClientStatus::kOk, {}, true};
    }
    co_return Piece{status, {}, false};
  }
}

UpstreamPool::UpstreamPool(Worker& worker, std::string host, std::string port, std::chrono::milliseconds connect_timeout)
    : worker_(worker), host_(std::move(host)), port_(std::move(port)), connect_timeout_(connect_timeout) {}

std::unique_ptr<UpstreamConnection> UpstreamPool::take_idle() {
  while (!idle_.empty()) {
    std::unique_ptr<UpstreamConnection> out = std::move(idle_.back());
    idle_.pop_back();
    // Bytes that nobody asked for would be read as the answer to the next request.
    if (!out->stream_->is_quiet()) continue;
    out->begin_request();
    return out;
  }
  return nullptr;
}

Awaitable<UpstreamPool::Lease> UpstreamPool::acquire_fresh() {
  if (worker_.coarse_now() < down_until_) co_return Lease{ClientStatus::kConnectFailed, nullptr};
  std::unique_ptr<Stream> stream = co_await connect();
  if (!stream) {
    down_until_ = worker_.coarse_now() + kDownTime;
    co_return Lease{ClientStatus::kConnectFailed, nullptr};
  }
  down_until_ = {};
  co_return Lease{ClientStatus::kOk, std::make_unique<UpstreamConnection>(*this, std::move(stream))};
}

Awaitable<std::unique_ptr<Stream>> UpstreamPool::connect() {
  asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(worker_.executor());
  auto [resolve_error, endpoints] = co_await resolver.async_resolve(host_, port_, kNoThrow);
  if (resolve_error) co_return nullptr;
  for (const auto& entry : endpoints) {
    Socket socket(worker_.executor());
    Timer timer(worker_.executor());
    timer.expires_after(connect_timeout_);
    timer.async_wait([&socket](boost::system::error_code error) {
      boost::system::error_code ignored;
      if (!error) socket.close(ignored);
    });
    const auto [error] = co_await socket.async_connect(entry.endpoint(), kNoThrow);
    // A timer that has fired already may still have its call queued: the socket outlives it only when it did not fire.
    const bool in_time = timer.cancel() > 0;
    if (!error && in_time) co_return std::make_unique<Stream>(worker_, std::move(socket));
    if (!in_time) co_await asio::post(worker_.executor(), kNoThrow);
  }
  co_return nullptr;
}

void UpstreamPool::release(std::unique_ptr<UpstreamConnection> connection) {
  if (!connection->reusable() || idle_.size() >= kIdleConnections) return;
  connection->received_ = Buffer();
  connection->head_block_ = Buffer();
  connection->begin_ = connection->end_ = 0;
  connection->head_in_received_ = false;
  connection->idle_since_ = worker_.coarse_now();
  connection->stream_->watch(nullptr);
  idle_.push_back(std::move(connection));
}

void UpstreamPool::close_stale(std::chrono::steady_clock::time_point now) {
  std::erase_if(idle_, [now](const auto& connection) {
    return now - connection->idle_since_ > kIdleTime || connection->stream_->peer_is_gone();
  });
}

}  // namespace raykeep::http
