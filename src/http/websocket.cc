// SPDX-License-Identifier: Apache-2.0
#include "http/websocket.h"

#include <algorithm>

#include "core/crypto.h"
#include "core/encoding.h"

namespace raykeep::http {
namespace {

constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
constexpr std::size_t kLargestControl = 125;

std::uint8_t byte_at(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }
bool is_control(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

bool is_known(unsigned opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

std::size_t length_bytes(std::uint8_t second) {
  const unsigned short_length = second & 0x7fU;
  return short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
}

// How many bytes the header has, as far as its first bytes tell.
std::size_t header_size(std::string_view header) {
  if (header.size() < 2) return 2;
  const std::uint8_t second = byte_at(header, 1);
  return 2 + length_bytes(second) + ((second & 0x80U) != 0 ? 4U : 0U);
}

std::uint64_t payload_length(std::string_view header) {
  const std::size_t extra = length_bytes(byte_at(header, 1));
  if (extra == 0) return byte_at(header, 1) & 0x7fU;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < extra; ++i) length = length << 8 | byte_at(header, 2 + i);
  return length;
}

// Nothing, or a code that may be sent (7.4) and a reason in UTF-8.
bool is_close_payload(std::string_view payload) {
  if (payload.empty()) return true;
  if (payload.size() < 2 || !is_utf8(payload.substr(2))) return false;
  const unsigned code = byte_at(payload, 0) * 256U + byte_at(payload, 1);
  const bool reserved = code == 1004 || code == 1005 || code == 1006;
  return (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const auto digest = sha1(std::string(key) + std::string(kAcceptSuffix));
  return base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string server_frame_header(Opcode opcode, bool final, std::uint64_t length) {
  std::string out;
  out += static_cast<char>((final ? 0x80U : 0U) | static_cast<unsigned>(opcode));
  if (length < 126) {
    out += static_cast<char>(length);
    return out;
  }
  const unsigned bytes = length <= 0xffff ? 2 : 8;
  out += static_cast<char>(bytes == 2 ? 126 : 127);
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(length >> (8 * i) & 0xffU);
  return out;
}

std::string server_frame(Opcode opcode, std::string_view payload) {
  return server_frame_header(opcode, true, payload.size()).append(payload);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string out;
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xffU);
  return out.append(reason.substr(0, kLargestControl - 2));
}

bool FrameReader::take_header(std::string_view& input, Event& event) {
  while (header_.size() < header_size(header_)) {
    if (input.empty()) return false;
    const std::size_t take = std::min(header_size(header_) - header_.size(), input.size());
    header_.append(input.substr(0, take));
    input.remove_prefix(take);
  }
  event.error = check_header();
  return true;
}

std::string_view FrameReader::check_header() const {
  const std::uint8_t first = byte_at(header_, 0);
  const std::uint8_t second = byte_at(header_, 1);
  const bool final = (first & 0x80U) != 0;
  const std::uint64_t length = payload_length(header_);
  if ((first & 0x70U) != 0) return "reserved-bits";
  if (!is_known(first & 15U)) return "opcode";
  if (((second & 0x80U) != 0) != (masking_ == Masking::kRequired)) return "masking";
  const auto opcode = static_cast<Opcode>(first & 15U);
  // The shortest form of the length is the only one allowed (5.2).
  const bool shortest = length_bytes(second) == 0 || (length_bytes(second) == 2 ? length > 125 : length > 0xffff);
  if (!shortest || length >> 63 != 0) return "length";
  if (is_control(opcode)) return !final || length > kLargestControl ? "control-frame" : std::string_view{};
  return (opcode == Opcode::kContinuation) != in_message_ ? "continuation" : std::string_view{};
}

FrameReader::Event FrameReader::begin_frame() {
  const std::uint8_t first = byte_at(header_, 0);
  opcode_ = static_cast<Opcode>(first & 15U);
  left_ = payload_length(header_);
  offset_ = 0;
  if (masking_ == Masking::kRequired) std::copy(header_.end() - 4, header_.end(), mask_);
  header_.clear();
  control_.clear();
  state_ = left_ == 0 ? State::kEnd : State::kPayload;
  const bool final = (first & 0x80U) != 0;
  Event event;
  if (is_control(opcode_)) return event;
  in_message_ = !final;
  event.kind = Event::Kind::kDataBegin;
  event.opcode = opcode_;
  event.final = final;
  event.length = left_;
  return event;
}

void FrameReader::unmask(std::string_view piece) {
  if (masking_ == Masking::kForbidden) return;
  auto* bytes = const_cast<char*>(piece.data());
  for (std::size_t i = 0; i < piece.size(); ++i) {
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ mask_[(offset_ + i) % 4]);
  }
}

FrameReader::Event FrameReader::take_payload(std::string_view& input) {
  Event event;
  const std::string_view piece = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  input.remove_prefix(piece.size());
  unmask(piece);
  offset_ += piece.size();
  left_ -= piece.size();
  if (left_ == 0) state_ = State::kEnd;
  if (is_control(opcode_)) {
    control_.append(piece);
    return event;
  }
  event.kind = Event::Kind::kData;
  event.data = piece;
  return event;
}

FrameReader::Event FrameReader::end_frame() {
  state_ = State::kHeader;
  Event event;
  event.kind = is_control(opcode_) ? Event::Kind::kControl : Event::Kind::kDataEnd;
  event.opcode = opcode_;
  event.data = control_;
  if (opcode_ == Opcode::kClose && !is_close_payload(control_)) {
    event.kind = Event::Kind::kError;
    event.error = "close-payload";
  }
  return event;
}

FrameReader::Event FrameReader::next(std::string_view& input) {
  for (;;) {
    Event event;
    switch (state_) {
      case State::kHeader:
        if (!take_header(input, event)) return event;
        if (!event.error.empty()) {
          event.kind = Event::Kind::kError;
          return event;
        }
        event = begin_frame();
        break;
      case State::kPayload:
        if (input.empty()) return event;
        event = take_payload(input);
        break;
      case State::kEnd: return end_frame();
    }
    if (event.kind != Event::Kind::kNeedMore) return event;
  }
}

}  // namespace raykeep::http
