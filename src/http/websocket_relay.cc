// SPDX-License-Identifier: Apache-2.0
#include "http/websocket_relay.h"

#include <utility>

namespace raykeep::http {
namespace {

constexpr std::chrono::milliseconds kSendTimeout{60000};
constexpr auto kForever = Stream::Duration::max();

}  // namespace

WebSocketRelay::WebSocketRelay(Exchange& client, UpstreamConnection& upstream, const RelayLimits& limits,
                               std::function<std::string()> still_allowed)
    : client_(client),
      upstream_(upstream),
      limits_(limits),
      still_allowed_(std::move(still_allowed)),
      ticker_(client.worker().executor()),
      all_done_(client.worker().executor()),
      heard_(client.worker().coarse_now()) {
  all_done_.expires_at(std::chrono::steady_clock::time_point::max());
}

Awaitable<void> WebSocketRelay::child(Awaitable<void> work) {
  co_await std::move(work);
  stop();
  if (--running_ == 0) all_done_.cancel();
}

Awaitable<void> WebSocketRelay::run() {
  running_ = 3;
  const Executor executor = client_.worker().executor();
  asio::co_spawn(executor, child(client_loop()), asio::detached);
  asio::co_spawn(executor, child(tick_loop()), asio::detached);
  asio::co_spawn(executor, child(upstream_loop()), asio::detached);
  while (running_ > 0) co_await all_done_.async_wait(kNoThrow);
}

// Wakes the other loops so that they end. The close frame, if one is due, was written before.
void WebSocketRelay::stop() {
  if (stopping_) return;
  stopping_ = true;
  ticker_.cancel();
  upstream_.stream().cancel();
  client_.tunnel().cancel();
}

Awaitable<bool> WebSocketRelay::write_client(std::string_view head, std::string_view body) {
  bytes_to_client_ += head.size() + body.size();
  const StreamStatus status = co_await client_.tunnel().write_all(head, body, kSendTimeout);
  co_return status == StreamStatus::kDone;
}

Awaitable<void> WebSocketRelay::send_control(std::string frame) {
  pending_ += frame;
  if (writing_ || in_frame_ || closed_) co_return;
  writing_ = true;
  while (!pending_.empty()) {
    const std::string now = std::exchange(pending_, {});
    if (!co_await write_client(now, {})) break;
  }
  writing_ = false;
}

Awaitable<bool> WebSocketRelay::pass_on(std::string_view bytes) {
  // Whoever writes holds the turn; a control frame that comes meanwhile waits in pending_.
  std::string out;
  bool last = false;
  while (!last) {
    const FrameReader::Event event = from_upstream_.next(bytes);
    switch (event.kind) {
      case FrameReader::Event::Kind::kNeedMore: last = true; break;
      case FrameReader::Event::Kind::kError: close_with(kCloseInternal, "the cluster broke the protocol"); co_return false;
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
        close_frame_ = server_frame(Opcode::kClose, event.data);
        last = true;
        break;
    }
  }
  if (!out.empty()) {
    writing_ = true;
    const bool sent = co_await write_client(out, {});
    writing_ = false;
    if (!sent) co_return false;
  }
  if (!in_frame_ && !pending_.empty()) co_await send_control({});
  co_return close_frame_.empty();
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
      if (!stopping_) close_with(kCloseInternal, "the cluster ended the connection");
      break;
    }
    open = co_await pass_on({buffer.data(), got.size});
  }
  // A frame that was cut cannot be followed by another; the client then sees the connection end.
  if (!close_frame_.empty() && !in_frame_ && !closed_ && !writing_) {
    closed_ = true;
    co_await write_client(close_frame_, {});
  }
}

Awaitable<bool> WebSocketRelay::on_client_event(const FrameReader::Event& event) {
  switch (event.kind) {
    case FrameReader::Event::Kind::kNeedMore: co_return true;
    case FrameReader::Event::Kind::kError: close_with(kCloseProtocolError, event.error); co_return false;
    case FrameReader::Event::Kind::kDataBegin:
      client_message_ = (event.opcode == Opcode::kContinuation ? client_message_ : 0) + event.length;
      ++client_frames_;
      if (client_message_ > limits_.client_message) close_with(kCloseTooBig, "message too big");
      co_return close_frame_.empty();
    case FrameReader::Event::Kind::kData:
    case FrameReader::Event::Kind::kDataEnd: co_return true;
    case FrameReader::Event::Kind::kControl: break;
  }
  ++client_frames_;
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
    while (open && !input.empty()) open = co_await on_client_event(from_client_.next(input));
    if (!open) break;
    const ReadResult got = co_await client_.tunnel().read_some(buffer.data(), Buffer::kSize, kForever);
    if (got.status != StreamStatus::kDone) co_return;
    heard_ = client_.worker().coarse_now();
    input = {buffer.data(), got.size};
  }
  if (close_frame_.empty() || closed_ || in_frame_ || writing_) co_return;
  closed_ = true;
  co_await write_client(close_frame_, {});
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
    if (client_frames_ > limits_.client_frames_per_check) close_with(kClosePolicy, "too many frames");
    client_frames_ = 0;
    if (now - heard_ > 2 * limits_.ping_interval) co_return;
    if (!close_frame_.empty()) {
      if (!closed_ && !in_frame_ && !writing_) {
        closed_ = true;
        co_await write_client(close_frame_, {});
      }
      co_return;
    }
    if (now - last_ping > limits_.ping_interval) {
      last_ping = now;
      co_await send_control(server_frame(Opcode::kPing, {}));
    }
  }
}

}  // namespace raykeep::http
