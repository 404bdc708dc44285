// SPDX-License-Identifier: Apache-2.0
// Passes a WebSocket from an upstream to a client after both handshakes. Ray's log tail only ever sends, never reads and
// answers no ping, and is silent for as long as its job is: so frames of the client are read, checked and answered here,
// the client is pinged from here, and nothing has an idle limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "http/exchange.h"
#include "http/websocket.h"

namespace raykeep::http {

struct RelayLimits {
  std::chrono::milliseconds ping_interval{30000};  // a client that is silent for two of them is gone
  std::chrono::milliseconds check_interval{1000};  // how often `still_allowed` is asked
  std::uint64_t client_message = 64 * 1024;        // bytes of one message of the client
  unsigned client_frames_per_check = 200;          // more are a flood
  std::chrono::milliseconds close_time{2000};      // for a client to take the last frame, and to answer it
};

class WebSocketRelay {
 public:
  // `still_allowed` gives an empty text, or the reason to close with (1008).
  WebSocketRelay(Exchange& client, UpstreamConnection& upstream, const RelayLimits& limits,
                 std::function<std::string()> still_allowed);

  // Returns when both sides are closed or closing is pointless.
  Awaitable<void> run();
  std::uint64_t bytes_to_client() const { return bytes_to_client_; }

 private:
  Awaitable<void> upstream_loop();
  Awaitable<void> client_loop();
  Awaitable<void> read_client();
  Awaitable<void> tick_loop();
  Awaitable<void> child(Awaitable<void> work);
  Awaitable<bool> pass_on(std::string_view bytes);
  // The frames of the upstream as they go to the client, with what waits between them. Whoever calls it has the turn.
  std::string take_frames(std::string_view bytes);
  Awaitable<bool> on_client_event(const FrameReader::Event& event);
  // Puts a control frame between two data frames, now or when the current one ends.
  Awaitable<void> send_control(std::string frame);
  Awaitable<bool> flush_controls();
  // Only one coroutine writes to the client at a time. False: not in time, or everything stops.
  Awaitable<bool> take_turn(Stream::Duration limit);
  void give_turn();
  Awaitable<bool> write_client(std::string_view bytes, std::chrono::milliseconds timeout);
  Awaitable<void> say_goodbye();
  Awaitable<void> await_answer();
  void close_with(std::uint16_t code, std::string_view reason);
  void stop();

  Exchange& client_;
  UpstreamConnection& upstream_;
  const RelayLimits& limits_;
  std::function<std::string()> still_allowed_;
  FrameReader from_upstream_{Masking::kForbidden};
  FrameReader from_client_{Masking::kRequired};
  Timer ticker_;
  Timer child_ended_;
  int running_ = 0;
  bool ended_ = false;          // one of the loops has ended, and so all shall
  bool client_ended_ = false;   // it closed, left, or broke the rules
  std::vector<Timer*> waiters_; // for the turn
  std::string pending_;         // control frames that wait for their turn
  std::string close_frame_;     // the last frame, once decided
  bool writing_ = false;
  bool in_frame_ = false;       // the client has got the beginning of a data frame and not its end
  bool closed_ = false;         // nothing but the close frame goes to the client any more
  bool stopping_ = false;
  std::uint64_t client_message_ = 0;
  unsigned client_frames_ = 0;
  std::uint64_t bytes_to_client_ = 0;
  std::chrono::steady_clock::time_point heard_;
};

}  // namespace raykeep::http
