// SPDX-License-Identifier: Apache-2.0
#include "http/websocket.h"

#include <gtest/gtest.h>

#include <string>

namespace raykeep::http {
namespace {

std::string masked(unsigned char first, const std::string& payload) {
  const unsigned char mask[4] = {1, 2, 3, 4};
  std::string out;
  out += static_cast<char>(first);
  out += static_cast<char>(0x80U | payload.size());
  for (const unsigned char m : mask) out += static_cast<char>(m);
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
  return out;
}

using Kind = FrameReader::Event::Kind;

FrameReader::Event first_event(std::string bytes, Masking masking, std::string& keep) {
  keep = std::move(bytes);
  std::string_view input = keep;
  FrameReader reader(masking);
  return reader.next(input);
}

TEST(WebSocket, AcceptIsThatOfTheRfc) { EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); }

TEST(FrameReader, UnmasksControlFrames) {
  std::string keep;
  const auto event = first_event(masked(0x89, "hey"), Masking::kRequired, keep);
  EXPECT_EQ(event.kind, Kind::kControl);
  EXPECT_EQ(event.opcode, Opcode::kPing);
  EXPECT_EQ(event.data, "hey");
}

TEST(FrameReader, RefusesWhatTheProtocolForbids) {
  std::string keep;
  EXPECT_EQ(first_event(std::string("\x81\x01x", 3), Masking::kRequired, keep).error, "masking");
  EXPECT_EQ(first_event(masked(0x81, "x"), Masking::kForbidden, keep).error, "masking");
  EXPECT_EQ(first_event(masked(0xc1, "x"), Masking::kRequired, keep).error, "reserved-bits");
  EXPECT_EQ(first_event(masked(0x09, "x"), Masking::kRequired, keep).error, "control-frame");
  EXPECT_EQ(first_event(masked(0x83, "x"), Masking::kRequired, keep).error, "opcode");
  EXPECT_EQ(first_event(masked(0x80, "x"), Masking::kRequired, keep).error, "continuation");
  EXPECT_EQ(first_event(std::string("\x82\x7e\x00\x05", 4), Masking::kForbidden, keep).error, "length");
}

TEST(FrameReader, GivesTheSameWhateverThePieces) {
  const std::string text = server_frame(Opcode::kText, std::string(300, 'a')) + server_frame(Opcode::kClose, close_payload(1000, "bye"));
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 400U}) {
    FrameReader reader(Masking::kForbidden);
    std::string data;
    std::string closed;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      const std::string part = text.substr(at, piece);
      std::string_view input = part;
      for (auto event = reader.next(input); event.kind != Kind::kNeedMore; event = reader.next(input)) {
        ASSERT_NE(event.kind, Kind::kError);
        if (event.kind == Kind::kData) data += event.data;
        if (event.kind == Kind::kControl) closed = event.data;
      }
    }
    EXPECT_EQ(data, std::string(300, 'a'));
    EXPECT_EQ(closed, close_payload(1000, "bye"));
  }
}

}  // namespace
}  // namespace raykeep::http
