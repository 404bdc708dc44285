// SPDX-License-Identifier: Apache-2.0
#include "http/websocket.h"

#include <gtest/gtest.h>

#include <string>

namespace raykeep::http {
namespace {

using namespace std::string_view_literals;
using Kind = FrameReader::Event::Kind;

// A frame with a mask, as a client sends it.
std::string masked(unsigned char first, std::string_view payload, std::string_view mask = "\x37\xfa\x21\x3d") {
  std::string out = server_frame_header(Opcode::kText, true, payload.size());
  out[0] = static_cast<char>(first);
  out[1] = static_cast<char>(static_cast<unsigned char>(out[1]) | 0x80U);
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

// What a reader makes of the bytes, as text: "data(1,final,5)hello end ping()".
std::string read(std::string bytes, Masking masking, std::size_t step) {
  FrameReader reader(masking);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string piece = bytes.substr(at, step);
    std::string_view input = piece;
    for (auto event = reader.next(input); event.kind != Kind::kNeedMore; event = reader.next(input)) {
      switch (event.kind) {
        case Kind::kNeedMore: break;
        case Kind::kDataBegin:
          out += "begin(" + std::to_string(static_cast<int>(event.opcode)) + (event.final ? ",final," : ",more,") + std::to_string(event.length) + ")";
          break;
        case Kind::kData: out += event.data; break;
        case Kind::kDataEnd: out += " end "; break;
        case Kind::kControl: out += "control(" + std::to_string(static_cast<int>(event.opcode)) + "," + std::string(event.data) + ") "; break;
        case Kind::kError: return out + "error:" + std::string(event.error);
      }
    }
  }
  return out;
}

void expect_read(std::string_view name, const std::string& bytes, Masking masking, std::string_view expected) {
  for (std::size_t step = 1; step <= bytes.size(); ++step) EXPECT_EQ(read(bytes, masking, step), expected) << name << " in steps of " << step;
}

TEST(WebSocket, TheHandshakeAnswersTheExampleOfTheRfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, FramesAreReadWhereverTheBytesAreCut) {
  expect_read("text", masked(0x81, "Hello"), Masking::kRequired, "begin(1,final,5)Hello end ");
  expect_read("empty text", masked(0x81, ""), Masking::kRequired, "begin(1,final,0) end ");
  expect_read("from a server", server_frame(Opcode::kBinary, "abc"), Masking::kForbidden, "begin(2,final,3)abc end ");
  expect_read("ping", masked(0x89, "abc"), Masking::kRequired, "control(9,abc) ");
  expect_read("empty ping", masked(0x89, ""), Masking::kRequired, "control(9,) ");
  expect_read("a ping inside a message", masked(0x01, "Hel") + masked(0x89, "x") + masked(0x80, "lo"), Masking::kRequired,
              "begin(1,more,3)Hel end control(9,x) begin(0,final,2)lo end ");
  expect_read("close with a code", masked(0x88, "\x03\xe8" "bye"), Masking::kRequired, "control(8,\x03\xe8" "bye) ");
  expect_read("close without one", masked(0x88, ""), Masking::kRequired, "control(8,) ");
}

TEST(WebSocket, LengthsOfAllThreeFormsAreRead) {
  for (const std::size_t n : {125U, 126U, 127U, 65535U, 65536U}) {
    const std::string payload(n, 'x');
    const std::string expected = "begin(2,final," + std::to_string(n) + ")" + payload + " end ";
    EXPECT_EQ(read(masked(0x82, payload), Masking::kRequired, 1000), expected);
    EXPECT_EQ(read(server_frame(Opcode::kBinary, payload), Masking::kForbidden, 1000), expected);
  }
}

TEST(WebSocket, FramesThatRfc6455ForbidsAreErrors) {
  const struct {
    std::string_view name;
    std::string bytes;
    std::string_view error;
  } cases[] = {
      {"unmasked from a client", server_frame(Opcode::kText, "a"), "masking"},
      {"RSV1", masked(0xc1, "a"), "reserved-bits"},
      {"RSV2", masked(0xa1, "a"), "reserved-bits"},
      {"RSV3", masked(0x91, "a"), "reserved-bits"},
      {"opcode 3", masked(0x83, "a"), "opcode"},
      {"opcode 11", masked(0x8b, "a"), "opcode"},
      {"fragmented ping", masked(0x09, "a"), "control-frame"},
      {"ping too long", masked(0x89, std::string(126, 'a')), "control-frame"},
      {"continuation of nothing", masked(0x80, "a"), "continuation"},
      {"text inside a message", masked(0x01, "a") + masked(0x81, "b"), "continuation"},
      {"16-bit length of 5", std::string("\x81\xfe\x00\x05" "mask12345", 13), "length"},
      {"64-bit length of 5", std::string("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x05" "mask12345", 19), "length"},
      {"64-bit length with the top bit", std::string("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x05" "mask", 14), "length"},
      {"16-bit length of a ping", std::string("\x89\xfe\x00\x05" "mask12345", 13), "length"},
      {"64-bit length of a ping", std::string("\x89\xff\x00\x00\x00\x00\x00\x00\x00\x05" "mask12345", 19), "length"},
      {"close of one byte", masked(0x88, "\x03"), "close-payload"},
      {"close code 999", masked(0x88, "\x03\xe7"), "close-payload"},
      {"close code 1004", masked(0x88, "\x03\xec"), "close-payload"},
      {"close code 1005", masked(0x88, "\x03\xed"), "close-payload"},
      {"close code 1006", masked(0x88, "\x03\xee"), "close-payload"},
      {"close code 1015", masked(0x88, "\x03\xf7"), "close-payload"},
      {"close code 2999", masked(0x88, "\x0b\xb7"), "close-payload"},
      {"close code 5000", masked(0x88, "\x13\x88"), "close-payload"},
      {"close reason not UTF-8", masked(0x88, "\x03\xe8\xff"), "close-payload"},
  };
  for (const auto& c : cases) {
    const std::string out = read(c.bytes, Masking::kRequired, 1);
    EXPECT_TRUE(out.ends_with("error:" + std::string(c.error))) << c.name << ": " << out;
  }
  EXPECT_EQ(read(masked(0x81, "a"), Masking::kForbidden, 1), "error:masking") << "masked from a server";
}

TEST(WebSocket, CloseCodesInUseAreAccepted) {
  for (const unsigned code : {1000U, 1001U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U}) {
    EXPECT_TRUE(read(masked(0x88, close_payload(static_cast<std::uint16_t>(code), "x")), Masking::kRequired, 1).starts_with("control(8,")) << code;
  }
}

TEST(WebSocket, AFrameIsReadInPiecesHoweverLongItClaimsToBe) {
  FrameReader reader(Masking::kForbidden);
  const std::string header = server_frame_header(Opcode::kBinary, true, std::uint64_t{1} << 62);
  std::string bytes = header + "some";
  std::string_view input = bytes;
  EXPECT_EQ(reader.next(input).kind, Kind::kDataBegin);
  EXPECT_EQ(reader.next(input).data, "some");
  EXPECT_EQ(reader.next(input).kind, Kind::kNeedMore);
}

TEST(WebSocket, AClosePayloadFitsAControlFrame) {
  EXPECT_EQ(close_payload(1008, "why"), "\x03\xf0why");
  EXPECT_EQ(close_payload(1008, std::string(500, 'x')).size(), 125U);
}

}  // namespace
}  // namespace raykeep::http
