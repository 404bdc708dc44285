// SPDX-License-Identifier: Apache-2.0
#include "http/websocket_relay.h"

#include <utility>

namespace raykeep::http {
namespace {

constexpr std::chrono::milliseconds kSendTimeout{60000};
constexpr auto kForever = Stream::Duration::max();
constexpr std::size_t kMostPending = 4096;             // bytes of control frames that wait

}  // namespace

WebSocketRelay::WebSocketRelay(Exchange& client, UpstreamConnection& upstream, const RelayLimits& limits,
                               std::function<std::string()> still_allowed)
    : client_(client),
      upstream_(upstream),
      limits_(limits),
      still_allowed_(std::move(still_allowed)),
      ticker_(client.worker().executor()),
      child_ended_(client.worker().executor()),
      heard_(client.worker().coarse_now()) {
  child_ended_.expires_at(std::chrono::steady_clock::time_point::max());
}

Awaitable<void> WebSocketRelay::child(Awaitable<void> work) {
  co_await std::move(work);
  --running_;
  ended_ = true;
  child_ended_.cancel();
}

Awaitable<void> WebSocketRelay::run() {
  running_ = 3;
  const Executor executor = client_.worker().executor();
  asio::co_spawn(executor, child(read_client()), asio::detached);
  asio::co_spawn(executor, child(tick_loop()), asio::detached);
  asio::co_spawn(executor, child(upstream_loop()), asio::detached);
  while (!ended_) co_await child_ended_.async_wait(kNoThrow);
  co_await say_goodbye();
  stop();
  while (running_ > 0) co_await child_ended_.async_wait(kNoThrow);
}

// The close frame, if one is due. A frame that was cut cannot be followed by another; the client then sees the
// connection end.
Awaitable<void> WebSocketRelay::say_goodbye() {
  closed_ = true;
  if (close_frame_.empty()) co_return;
  const bool mine = co_await take_turn(limits_.close_time);
  if (!mine) co_return;
  bool sent = true;
  if (!in_frame_) sent = co_await write_client(close_frame_, limits_.close_time);
  // A client that did not take it is not waited for.
  if (!sent) co_return;
  give_turn();
  if (!in_frame_) co_await await_answer();
}

// The connection ends after both close frames (RFC 6455 7.1.1). Ended before, a client that cannot write its own any more
// takes that for an abnormal end: aiohttp, and so `ray job submit`, reports 1006.
Awaitable<void> WebSocketRelay::await_answer() {
  child_ended_.expires_after(limits_.close_time);
  while (!client_ended_) {
    const auto [cancelled] = co_await child_ended_.async_wait(kNoThrow);
    if (!cancelled) break;
  }
  child_ended_.expires_at(std::chrono::steady_clock::time_point::max());
}

// Wakes the loops so that they end.
void WebSocketRelay::stop() {
  stopping_ = true;
  ticker_.cancel();
  for (Timer* waiter : waiters_) waiter->cancel();
  upstream_.stream().cancel();
  // The connection may still read away what the client sends, so that the close frame is not lost to a reset.
  if (writing_) client_.tunnel().cancel();
  client_.tunnel().interrupt();
}

Awaitable<bool> WebSocketRelay::take_turn(Stream::Duration limit) {
  Timer waiter(client_.worker().executor());
  waiter.expires_at(std::chrono::steady_clock::time_point::max());
  if (limit != kForever) waiter.expires_after(limit);
  while (writing_ && !stopping_) {
    waiters_.push_back(&waiter);
    const auto [error] = co_await waiter.async_wait(kNoThrow);
    std::erase(waiters_, &waiter);
    if (!error) break;
  }
  if (writing_ || stopping_) co_return false;
  writing_ = true;
  co_return true;
}

void WebSocketRelay::give_turn() {
  writing_ = false;
  for (Timer* waiter : waiters_) waiter->cancel();
}

Awaitable<bool> WebSocketRelay::write_client(std::string_view bytes, std::chrono::milliseconds timeout) {
  bytes_to_client_ += bytes.size();
  const StreamStatus status = co_await client_.tunnel().write_all(bytes, {}, timeout);
  co_return status == StreamStatus::kDone;
}

Awaitable<bool> WebSocketRelay::flush_controls() {
  while (!pending_.empty() && !closed_) {
    const std::string now = std::exchange(pending_, {});
    const bool sent = co_await write_client(now, kSendTimeout);
    if (!sent) co_return false;
  }
  co_return true;
}

Awaitable<void> WebSocketRelay::send_control(std::string frame) {
  // Of pings that could not be answered in time, only the latest need be (RFC 6455 5.5.3).
  if (pending_.size() > kMostPending) pending_.clear();
  pending_ += frame;
  if (writing_ || in_frame_ || closed_) co_return;
  writing_ = true;
  co_await flush_controls();
  give_turn();
}

std::string WebSocketRelay::take_frames(std::string_view bytes) {
  std::string out;
  for (;;) {
    const FrameReader::Event event = from_upstream_.next(bytes);
    switch (event.kind) {
      case FrameReader::Event::Kind::kNeedMore: return out;
      case FrameReader::Event::Kind::kError: close_with(kCloseInternal, "the cluster broke the protocol"); return out;
      case FrameReader::Event::Kind::kDataBegin:
        in_frame_ = true;
        out += server_frame_header(event.opcode, event.final, event.length);
        break;
      case FrameReader::Event::Kind::kData: out += event.data; break;
      case FrameReader::Event::Kind::kDataEnd:
        in_frame_ = false;
        out += std::exchange(pending_, {});
        break;
      case FrameReader::Event::Kind::kControl:
        if (event.opcode != Opcode::kClose) break;
        if (close_frame_.empty()) close_frame_ = server_frame(Opcode::kClose, event.data);
        return out;
    }
  }
}

Awaitable<bool> WebSocketRelay::pass_on(std::string_view bytes) {
  const bool mine = co_await take_turn(kForever);
  if (!mine) co_return false;
  bool sent = !closed_;
  if (sent) {
    const std::string out = take_frames(bytes);
    if (!out.empty()) sent = co_await write_client(out, kSendTimeout);
  }
  if (sent && !in_frame_) sent = co_await flush_controls();
  give_turn();
  co_return sent && close_frame_.empty();
}

void WebSocketRelay::close_with(std::uint16_t code, std::string_view reason) {
  if (close_frame_.empty()) close_frame_ = server_frame(Opcode::kClose, close_payload(code, reason));
}

Awaitable<void> WebSocketRelay::upstream_loop() {
  bool open = true;
  if (!upstream_.unread().empty()) open = co_await pass_on(upstream_.unread());
  Buffer buffer(client_.worker());
  while (open && !stopping_) {
    const ReadResult got = co_await upstream_.stream().read_some(buffer.data(), Buffer::kSize, kForever);
    if (got.status != StreamStatus::kDone) {
      close_with(kCloseInternal, "the cluster ended the connection");
      co_return;
    }
    open = co_await pass_on({buffer.data(), got.size});
  }
}

Awaitable<bool> WebSocketRelay::on_client_event(const FrameReader::Event& event) {
  const bool begins = event.kind == FrameReader::Event::Kind::kDataBegin || event.kind == FrameReader::Event::Kind::kControl;
  if (begins && ++client_frames_ > limits_.client_frames_per_check) {
    close_with(kClosePolicy, "too many frames");
    co_return false;
  }
  switch (event.kind) {
    case FrameReader::Event::Kind::kNeedMore:
    case FrameReader::Event::Kind::kData:
    case FrameReader::Event::Kind::kDataEnd: co_return true;
    case FrameReader::Event::Kind::kError: close_with(kCloseProtocolError, event.error); co_return false;
    case FrameReader::Event::Kind::kDataBegin:
      if (event.opcode != Opcode::kContinuation) client_message_ = 0;
      // Each length is below 2^63, so the sum of an allowed message and one more cannot overflow.
      client_message_ += event.length;
      if (client_message_ <= limits_.client_message) co_return true;
      close_with(kCloseTooBig, "message too big");
      co_return false;
    case FrameReader::Event::Kind::kControl: break;
  }
  if (event.opcode == Opcode::kClose) {
    if (close_frame_.empty()) close_frame_ = server_frame(Opcode::kClose, event.data.substr(0, 2));
    co_return false;
  }
  if (event.opcode == Opcode::kPing) co_await send_control(server_frame(Opcode::kPong, event.data));
  co_return true;
}

Awaitable<void> WebSocketRelay::client_loop() {
  std::string early(client_.early_bytes());
  Buffer buffer(client_.worker());
  std::string_view input = early;
  bool open = true;
  while (open && !stopping_) {
    while (open && !input.empty()) {
      const FrameReader::Event event = from_client_.next(input);
      open = co_await on_client_event(event);
    }
    if (!open) co_return;
    const ReadResult got = co_await client_.tunnel().read_some(buffer.data(), Buffer::kSize, kForever);
    if (got.status != StreamStatus::kDone) co_return;
    heard_ = client_.worker().coarse_now();
    input = {buffer.data(), got.size};
  }
}

Awaitable<void> WebSocketRelay::read_client() {
  co_await client_loop();
  client_ended_ = true;
}

Awaitable<void> WebSocketRelay::tick_loop() {
  auto last_ping = client_.worker().coarse_now();
  while (!stopping_) {
    ticker_.expires_after(limits_.check_interval);
    co_await ticker_.async_wait(kNoThrow);
    if (stopping_) co_return;
    const auto now = client_.worker().coarse_now();
    const std::string refusal = still_allowed_();
    if (!refusal.empty()) close_with(kClosePolicy, refusal);
    if (!close_frame_.empty() || now - heard_ > 2 * limits_.ping_interval) co_return;
    client_frames_ = 0;
    if (now - last_ping > limits_.ping_interval) {
      last_ping = now;
      co_await send_control(server_frame(Opcode::kPing, {}));
    }
  }
}

}  // namespace raykeep::http
