// SPDX-License-Identifier: Apache-2.0
// A WebSocket between a raw client and an upstream that is played over a raw socket.
#include "http/websocket_relay.h"

#include <gtest/gtest.h>

#include <atomic>

#include "support/recording_service.h"

namespace raykeep::testing {
namespace {

using http::Awaitable;
using http::Exchange;
using http::FrameReader;
using http::Masking;
using http::Opcode;

constexpr std::string_view kHandshake = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr std::string_view kSwitching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

std::string client_frame(Opcode opcode, std::string_view payload, bool final = true) {
  std::string out = http::server_frame_header(opcode, final, payload.size());
  out[1] = static_cast<char>(static_cast<unsigned char>(out[1]) | 0x80U);
  return out.append(4, '\0').append(payload);
}

std::string close_frame(std::uint16_t code, std::string_view reason) {
  return http::server_frame(Opcode::kClose, http::close_payload(code, reason));
}

class Relay : public ::testing::Test {
 protected:
  Relay() {
    limits_.check_interval = std::chrono::milliseconds(20);
    limits_.client_message = 100;
    limits_.close_time = std::chrono::milliseconds(200);
  }

  Handler handler() {
    return [this](Exchange& exchange) -> Awaitable<void> {
      http::UpstreamPool pool(exchange.worker(), "127.0.0.1", std::to_string(upstream_listener_.port()), std::chrono::milliseconds(2000));
      auto lease = co_await pool.acquire_fresh();
      http::UpstreamConnection& upstream = *lease.connection;
      co_await upstream.write(kHandshake, {});
      co_await upstream.read_head("GET", std::chrono::milliseconds(10000));
      http::Response response;
      response.status = 101;
      co_await exchange.send(response, {}, false);
      http::WebSocketRelay relay(exchange, upstream, limits_, [this] { return std::string(allowed_ ? "" : "revoked"); });
      co_await relay.run();
      service_->note("ended");
    };
  }

  // Both sides after their handshakes. `early` goes with the client's handshake, `with_switch` with the upstream's answer.
  void open(std::string_view early = {}, std::string_view with_switch = {}, int receive_buffer = 0) {
    running_ = std::make_unique<RunningListener>(handler());
    service_ = &running_->service();
    client_ = std::make_unique<RawSocket>(RawSocket::connect(running_->port(), "127.0.0.1", receive_buffer));
    client_->send(std::string(kHandshake) + std::string(early));
    upstream_ = std::make_unique<RawSocket>(upstream_listener_.accept());
    upstream_->read_until("\r\n\r\n");
    upstream_->send(std::string(kSwitching) + std::string(with_switch));
    EXPECT_TRUE(client_->read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  }

  RawListener upstream_listener_;
  http::RelayLimits limits_;
  std::atomic<bool> allowed_{true};
  std::unique_ptr<RunningListener> running_;
  RecordingService* service_ = nullptr;  // of running_, also while that is being destroyed
  std::unique_ptr<RawSocket> client_;
  std::unique_ptr<RawSocket> upstream_;
};

TEST_F(Relay, PassesTheFramesOfTheUpstreamHoweverTheyAreCut) {
  const std::string frames = http::server_frame_header(Opcode::kText, false, 3) + "abc" + http::server_frame(Opcode::kContinuation, "de") +
                             http::server_frame(Opcode::kBinary, std::string(300, 'x'));
  open({}, frames.substr(0, 1));
  for (std::size_t i = 1; i < frames.size(); ++i) upstream_->send(frames.substr(i, 1));
  EXPECT_EQ(client_->read(frames.size()), frames);
}

TEST_F(Relay, AnswersPingsAndKeepsTheClientsFramesFromTheUpstream) {
  open(client_frame(Opcode::kPing, "early"));
  EXPECT_EQ(client_->read(7), http::server_frame(Opcode::kPong, "early")) << "frames sent before the 101 count too";
  client_->send(client_frame(Opcode::kText, "secret") + client_frame(Opcode::kPing, "x"));
  EXPECT_EQ(client_->read(3), http::server_frame(Opcode::kPong, "x"));
  client_->send(client_frame(Opcode::kClose, http::close_payload(1000, "bye")));
  EXPECT_EQ(client_->read_to_end(), http::server_frame(Opcode::kClose, http::close_payload(1000, "")));
  EXPECT_EQ(upstream_->read_to_end(), "");
}

TEST_F(Relay, PutsAControlFrameBetweenDataFramesOnly) {
  open();
  const std::string frame = http::server_frame(Opcode::kText, "0123456789");
  upstream_->send(frame.substr(0, 6));
  EXPECT_EQ(client_->read(6), frame.substr(0, 6));
  client_->send(client_frame(Opcode::kPing, "p"));
  running_->wait_for_sweeps(2);
  upstream_->send(frame.substr(6) + frame);
  EXPECT_EQ(client_->read(21), frame.substr(6) + http::server_frame(Opcode::kPong, "p") + frame);
}

TEST_F(Relay, ASlowClientGetsEveryFrameWholeWhateverItSendsMeanwhile) {
  limits_.client_frames_per_check = 100000;
  open({}, {}, 4096);
  const std::string frame = http::server_frame(Opcode::kBinary, std::string(5000, 'x'));
  constexpr std::size_t kFrames = 4000;
  std::size_t given = 0;
  // Until nothing fits any more the client does not read, and pings all the time.
  std::string rest;
  while (given < kFrames) {
    const std::size_t sent = upstream_->send_what_fits(frame, 300);
    client_->send_what_fits(client_frame(Opcode::kPing, "p"), 0);
    ++given;
    rest = frame.substr(sent);
    if (!rest.empty()) break;
  }
  EXPECT_LT(given, kFrames) << "what the client does not read is not taken from the upstream";
  std::size_t frames = 0;
  std::size_t pongs = 0;
  std::thread sender([&] { upstream_->send(rest + close_frame(1000, "end")); });
  std::string all = client_->read_to_end();
  sender.join();
  FrameReader reader(Masking::kForbidden);
  std::string_view input = all;
  std::string last;
  for (auto event = reader.next(input); event.kind != FrameReader::Event::Kind::kNeedMore; event = reader.next(input)) {
    ASSERT_NE(event.kind, FrameReader::Event::Kind::kError) << event.error;
    if (event.kind == FrameReader::Event::Kind::kDataEnd) ++frames;
    if (event.kind == FrameReader::Event::Kind::kControl && event.opcode == Opcode::kPong) ++pongs;
    if (event.kind == FrameReader::Event::Kind::kControl) last = event.data;
  }
  EXPECT_EQ(frames, given);
  EXPECT_GT(pongs, 0U);
  EXPECT_EQ(last, http::close_payload(1000, "end"));
}

TEST_F(Relay, TellsAClientThatBreaksTheRulesWhy) {
  limits_.client_frames_per_check = 10;
  std::string flood;
  for (int i = 0; i < 11; ++i) flood += client_frame(Opcode::kPing, "");
  std::string pongs;
  for (int i = 0; i < 10; ++i) pongs += http::server_frame(Opcode::kPong, "");
  limits_.check_interval = std::chrono::milliseconds(5000);
  const struct {
    std::string_view name;
    std::string sent;
    std::string got;
  } cases[] = {
      {"unmasked", http::server_frame(Opcode::kText, "a"), close_frame(1002, "masking")},
      {"reserved bits", "\xc1" + client_frame(Opcode::kText, "a").substr(1), close_frame(1002, "reserved-bits")},
      {"fragmented ping", client_frame(Opcode::kPing, "", false), close_frame(1002, "control-frame")},
      {"one message too big", client_frame(Opcode::kText, std::string(101, 'x')), close_frame(1009, "message too big")},
      {"many parts too big", client_frame(Opcode::kText, std::string(60, 'x'), false) + client_frame(Opcode::kContinuation, std::string(60, 'x')),
       close_frame(1009, "message too big")},
      {"flood", flood, pongs + close_frame(1008, "too many frames")},
  };
  for (const auto& c : cases) {
    open();
    // More of it is already on its way; the close frame must not be lost to a reset.
    client_->send(c.sent + std::string(300000, 'x'));
    EXPECT_EQ(client_->read_to_end(), c.got) << c.name;
    EXPECT_EQ(client_->end(), RawSocket::End::kClosed) << c.name;
    EXPECT_EQ(upstream_->read_to_end(), "") << c.name;
  }
}

TEST_F(Relay, TellsTheClientHowTheUpstreamEnded) {
  const struct {
    std::string_view name;
    std::string sent;
    std::string got;
  } cases[] = {
      {"its close", http::server_frame(Opcode::kText, "a") + close_frame(1000, "done") + "ignored", http::server_frame(Opcode::kText, "a") + close_frame(1000, "done")},
      {"its end", "", close_frame(1011, "the cluster ended the connection")},
      {"masked frame", client_frame(Opcode::kText, "a"), close_frame(1011, "the cluster broke the protocol")},
      {"a good frame and a bad one", http::server_frame(Opcode::kText, "a") + "\xff\x01x", http::server_frame(Opcode::kText, "a") + close_frame(1011, "the cluster broke the protocol")},
      {"inside a frame", http::server_frame(Opcode::kText, "abc").substr(0, 4), http::server_frame(Opcode::kText, "abc").substr(0, 4)},
  };
  for (const auto& c : cases) {
    open();
    upstream_->send(c.sent);
    upstream_->half_close();
    EXPECT_EQ(client_->read_to_end(), c.got) << c.name;
  }
}

TEST_F(Relay, KeepsTheConnectionUntilTheClientHasAnsweredTheClose) {
  limits_.close_time = std::chrono::seconds(kDeadlineSeconds);
  open();
  upstream_->send(close_frame(1000, "end"));
  EXPECT_EQ(client_->read(close_frame(1000, "end").size()), close_frame(1000, "end"));
  running_->wait_for_sweeps(2);
  client_->send(client_frame(Opcode::kText, "on its way already"));
  client_->send(client_frame(Opcode::kPing, "x"));
  running_->wait_for_sweeps(2);
  EXPECT_TRUE(service_->notes().empty()) << "its answer is still awaited";
  client_->send(client_frame(Opcode::kClose, http::close_payload(1000, "")));
  EXPECT_EQ(client_->read_to_end(), "") << "nothing follows a close frame";
}

TEST_F(Relay, EndsWhenTheClientIsNoLongerAllowed) {
  open();
  allowed_ = false;
  EXPECT_EQ(client_->read_to_end(), close_frame(1008, "revoked"));
  EXPECT_EQ(upstream_->read_to_end(), "");
}

TEST_F(Relay, EndsWhenTheClientIsNoLongerAllowedEvenIfItDoesNotRead) {
  open({}, {}, 4096);
  const std::string block = http::server_frame(Opcode::kBinary, std::string(60000, 'x'));
  while (upstream_->send_what_fits(block, 300) == block.size()) {
  }
  const auto begun = std::chrono::steady_clock::now();
  allowed_ = false;
  EXPECT_TRUE(running_->service().wait_for_notes(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(Relay, LetsTheUpstreamGoWhenTheClientLeaves) {
  open();
  client_->reset();
  EXPECT_EQ(upstream_->read_to_end(), "");
  EXPECT_TRUE(running_->service().wait_for_notes(1));
}

TEST_F(Relay, PingsASilentClientAndGivesItUp) {
  limits_.ping_interval = std::chrono::milliseconds(100);
  open();
  EXPECT_EQ(client_->read(2), http::server_frame(Opcode::kPing, ""));
  client_->send(client_frame(Opcode::kPong, ""));
  EXPECT_EQ(client_->read(2), http::server_frame(Opcode::kPing, "")) << "an answer keeps it";
  client_->read_to_end();
  EXPECT_EQ(client_->end(), RawSocket::End::kClosed);
  EXPECT_EQ(upstream_->read_to_end(), "");
}

TEST_F(Relay, StopsWithItsWorker) {
  open();
  running_.reset();
  client_->read_to_end();
  EXPECT_NE(client_->end(), RawSocket::End::kOpen);
}

}  // namespace
}  // namespace raykeep::testing
