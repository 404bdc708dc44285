// SPDX-License-Identifier: Apache-2.0
// WebSocket framing (RFC 6455 section 5), read strictly and incrementally.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace raykeep::http {

enum class Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseTooBig = 1009;
inline constexpr std::uint16_t kCloseInternal = 1011;

// The Sec-WebSocket-Accept value for a Sec-WebSocket-Key (RFC 6455 4.2.2).
std::string websocket_accept(std::string_view key);

// A whole unmasked frame, as a server sends it.
std::string server_frame(Opcode opcode, std::string_view payload);
// The header of an unmasked frame whose payload follows in pieces.
std::string server_frame_header(Opcode opcode, bool final, std::uint64_t length);
// The payload of a close frame.
std::string close_payload(std::uint16_t code, std::string_view reason);

// Whether frames carry a mask: those of clients must, those of servers must not (5.1).
enum class Masking : std::uint8_t { kRequired, kForbidden };

class FrameReader {
 public:
  explicit FrameReader(Masking masking) : masking_(masking) {}

  struct Event {
    enum class Kind : std::uint8_t {
      kNeedMore,   // all input is used up
      kDataBegin,  // a data frame begins: opcode, final, length
      kData,       // a piece of its payload, unmasked
      kDataEnd,
      kControl,    // a whole control frame: opcode, data
      kError,      // the peer breaks the protocol: close with kCloseProtocolError
    };
    Kind kind = Kind::kNeedMore;
    Opcode opcode = Opcode::kContinuation;
    bool final = true;
    std::uint64_t length = 0;
    std::string_view data;  // valid until the next call
    std::string_view error;
  };
  // Takes bytes off the front of `input`, whose masked payload is unmasked in place.
  Event next(std::string_view& input);

 private:
  bool take_header(std::string_view& input, Event& event);
  std::string_view check_header() const;
  Event begin_frame();
  Event take_payload(std::string_view& input);
  Event end_frame();
  void unmask(std::string_view piece);

  Masking masking_;
  enum class State : std::uint8_t { kHeader, kPayload, kEnd } state_ = State::kHeader;
  std::string header_;
  std::string control_;
  Opcode opcode_ = Opcode::kContinuation;
  std::uint64_t left_ = 0;
  std::uint64_t offset_ = 0;
  unsigned char mask_[4] = {};
  bool in_message_ = false;
};

}  // namespace raykeep::http
