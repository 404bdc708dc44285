// SPDX-License-Identifier: Apache-2.0
// Who may connect, how many, and what a drain does.
#include "http/listener.h"

#include <gtest/gtest.h>

#include "support/recording_service.h"

namespace raykeep::testing {
namespace {

using http::Awaitable;
using http::Exchange;
using http::ListenerSettings;
using Strings = std::vector<std::string>;
using namespace std::string_view_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetOnce = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

Awaitable<void> say_ok(Exchange& exchange) { return answer(exchange, "ok"); }

// What a connection from `source` gets for these bytes.
std::string reply(const RunningListener& running, std::string_view bytes, const char* source = "127.0.0.1") {
  RawSocket client = running.connect(source);
  client.send(bytes);
  return client.read_to_end();
}

bool served(const std::string& reply) { return reply.starts_with("HTTP/1.1 200 OK\r\n"); }

TEST(Listener, ServesOnlyTheNetworksItAllows) {
  ListenerSettings settings;
  settings.allow = {*IpNetwork::parse("127.0.0.0/30")};
  settings.deny = {*IpNetwork::parse("127.0.0.2")};
  RunningListener running(say_ok, settings);
  EXPECT_TRUE(served(reply(running, kGetOnce, "127.0.0.1")));
  EXPECT_EQ(reply(running, kGetOnce, "127.0.0.2"), "") << "denied wins";
  EXPECT_EQ(reply(running, kGetOnce, "127.0.0.9"), "") << "not allowed";
  EXPECT_EQ(running.listener().counters().refused_by_network.load(), 2U);
  EXPECT_EQ(running.service().requests().size(), 1U);
}

TEST(Listener, LimitsConnectionsAnAddressAndAltogether) {
  ListenerSettings settings;
  settings.max_connections = 3;
  settings.max_connections_per_address = 2;
  RunningListener running(say_ok, settings);
  RawSocket one = running.connect("127.0.0.2");
  RawSocket two = running.connect("127.0.0.2");
  ASSERT_TRUE(running.wait_for_open(2));
  EXPECT_EQ(reply(running, kGetOnce, "127.0.0.2"), "") << "the third of one address";
  RawSocket other = running.connect("127.0.0.3");
  ASSERT_TRUE(running.wait_for_open(3));
  EXPECT_EQ(reply(running, kGetOnce, "127.0.0.4"), "") << "the fourth of all";
  EXPECT_EQ(running.listener().counters().refused_by_limit.load(), 2U);
  one.close();
  ASSERT_TRUE(running.wait_for_open(2));
  EXPECT_TRUE(served(reply(running, kGetOnce, "127.0.0.2"))) << "a place is free again";
}

TEST(Listener, NewSettingsHoldForNewConnectionsOnly) {
  RunningListener running(say_ok);
  RawSocket old = running.connect("127.0.0.2");
  old.send(kGet);
  EXPECT_TRUE(served(old.read_until("ok")));
  auto settings = std::make_shared<ListenerSettings>();
  settings->deny = {*IpNetwork::parse("127.0.0.2")};
  running.listener().set_settings(settings);
  EXPECT_EQ(reply(running, kGetOnce, "127.0.0.2"), "");
  old.send(kGet);
  EXPECT_TRUE(served(old.read_until("ok")));
}

TEST(Listener, BelievesTheProxyHeaderOfABalancerOnly) {
  ListenerSettings settings;
  settings.proxy_protocol_from = {*IpNetwork::parse("127.0.0.2")};
  settings.deny = {*IpNetwork::parse("192.0.2.66")};
  RunningListener running(say_ok, settings);
  const std::string v1 = "PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n";
  EXPECT_TRUE(served(reply(running, v1 + std::string(kGetOnce), "127.0.0.2")));
  const std::string v2 = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x02\xc6\x33\x64\x01\x04\xd2\x01\xbb"sv);
  EXPECT_TRUE(served(reply(running, v2 + std::string(kGetOnce), "127.0.0.2")));
  EXPECT_TRUE(served(reply(running, "PROXY UNKNOWN\r\n" + std::string(kGetOnce), "127.0.0.2")));
  EXPECT_EQ(running.service().peers(), (Strings{"192.0.2.1", "192.0.2.2", "127.0.0.2"}));
  EXPECT_EQ(reply(running, kGetOnce, "127.0.0.2"), "") << "a balancer must send the header";
  EXPECT_EQ(reply(running, "PROXY TCP4 192.0.2.66 198.51.100.1 1 443\r\n" + std::string(kGetOnce), "127.0.0.2"), "") << "denied address behind it";
  EXPECT_TRUE(reply(running, v1 + std::string(kGetOnce), "127.0.0.1").starts_with("HTTP/1.1 400 ")) << "from anybody else it is not HTTP";
  EXPECT_TRUE(reply(running, v2 + std::string(kGetOnce), "127.0.0.1").starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(running.service().requests().size(), 3U);
}

TEST(Listener, CountsTheClientsBehindABalancerAndNotTheBalancer) {
  ListenerSettings settings;
  settings.proxy_protocol_from = {*IpNetwork::parse("127.0.0.2")};
  settings.max_connections_per_address = 1;
  RunningListener running(say_ok, settings);
  const auto open_for = [&](std::string_view address) {
    RawSocket client = running.connect("127.0.0.2");
    client.send("PROXY TCP4 " + std::string(address) + " 198.51.100.1 1234 443\r\n" + std::string(kGet));
    return client;
  };
  RawSocket one = open_for("192.0.2.1");
  EXPECT_TRUE(served(one.read_until("ok")));
  RawSocket two = open_for("192.0.2.2");
  EXPECT_TRUE(served(two.read_until("ok"))) << "another client of the same balancer";
  RawSocket again = open_for("192.0.2.1");
  EXPECT_EQ(again.read_to_end(), "") << "the same client again";
  EXPECT_EQ(running.listener().counters().refused_by_limit.load(), 1U);
}

TEST(Listener, ADrainFinishesWhatIsUnderWayAndClosesWhatIsIdle) {
  RunningListener* self = nullptr;
  RunningListener running([&](Exchange& exchange) -> Awaitable<void> {
    if (exchange.request().path == "/slow") {
      self->service().note("waiting");
      co_await self->gate().pass();
    }
    co_await answer(exchange, "ok");
  });
  self = &running;
  RawSocket idle = running.connect();
  idle.send(kGet);
  EXPECT_TRUE(served(idle.read_until("ok")));
  RawSocket busy = running.connect();
  busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(running.service().wait_for_notes(1));
  running.listener().drain();
  running.worker().close_idle();
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_EQ(idle.end(), RawSocket::End::kClosed);
  running.gate().open();
  const std::string last = busy.read_to_end();
  EXPECT_TRUE(served(last));
  EXPECT_NE(last.find("Connection: close\r\n"), std::string::npos);
}

TEST(Listener, LooksWhetherASilentPeerIsStillThere) {
  int keep_alive = 0;
  RunningListener running([&](Exchange& exchange) -> Awaitable<void> {
    socklen_t size = sizeof keep_alive;
    ::getsockopt(exchange.tunnel().socket().native_handle(), SOL_SOCKET, SO_KEEPALIVE, &keep_alive, &size);
    co_await answer(exchange, "ok");
  });
  EXPECT_TRUE(served(reply(running, kGetOnce)));
  EXPECT_EQ(keep_alive, 1);
}

TEST(Listener, SaysWhatIsWrongWithAnAddress) {
  RunningListener running(say_ok);
  RecordingService service(say_ok);
  http::Worker worker(1);
  const auto settings = std::make_shared<const ListenerSettings>();
  const auto taken = http::Listener::open("127.0.0.1", running.port(), {&worker}, {&service}, settings);
  ASSERT_FALSE(taken.has_value());
  EXPECT_NE(taken.error().text().find("127.0.0.1:" + std::to_string(running.port())), std::string::npos);
  const auto name = http::Listener::open("localhost", 0, {&worker}, {&service}, settings);
  ASSERT_FALSE(name.has_value());
  EXPECT_NE(name.error().text().find("\"localhost\" is not an IP address"), std::string::npos);
}

// What flows through the gateway must not pile up in it, in either direction.
constexpr std::size_t kLarge = 100 * 1024 * 1024;
constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::size_t kInTheKernel = 32 * 1024 * 1024;  // more than the sockets of both sides hold
constexpr std::size_t kAllowedGrowth = 48 * 1024 * 1024;

TEST(Backpressure, AnUploadWaitsUntilSomebodyReadsIt) {
  RunningListener* self = nullptr;
  RunningListener running([&](Exchange& exchange) -> Awaitable<void> {
    co_await self->gate().pass();
    exchange.limit_body(kLarge);
    std::size_t total = 0;
    for (;;) {
      const http::BodyPiece piece = co_await exchange.read_body();
      if (piece.status != http::BodyPiece::Status::kData) break;
      total += piece.data.size();
    }
    co_await answer(exchange, std::to_string(total));
  });
  self = &running;
  const std::size_t before = resident_memory();
  RawSocket client = running.connect();
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " + std::to_string(kLarge) + "\r\n\r\n");
  const std::string piece(kPiece, 'x');
  std::size_t sent = 0;
  std::size_t fits = kPiece;
  while (fits == kPiece && sent < kLarge) sent += fits = client.send_what_fits(piece, 300);
  EXPECT_LT(sent, kInTheKernel);
  running.gate().open();
  while (sent < kLarge) {
    const std::size_t now = std::min(kPiece, kLarge - sent);
    ASSERT_TRUE(client.send(std::string_view(piece).substr(0, now)));
    sent += now;
  }
  EXPECT_TRUE(client.read_to_end().ends_with("\r\n\r\n" + std::to_string(kLarge)));
  EXPECT_LT(resident_memory(), before + kAllowedGrowth);
}

TEST(Backpressure, AnAnswerWaitsUntilTheClientReadsIt) {
  std::atomic<std::size_t> given{0};
  const std::string piece(kPiece, 'x');
  RunningListener running([&](Exchange& exchange) -> Awaitable<void> {
    http::Response response;
    response.length = kLarge;
    co_await exchange.send(response, {}, false);
    while (given < kLarge) {
      const auto sent = co_await exchange.send_more(piece, given + kPiece == kLarge);
      if (sent != http::SendStatus::kOk) co_return;
      given += kPiece;
    }
  });
  const std::size_t before = resident_memory();
  RawSocket client = running.connect();
  client.send(kGetOnce);
  client.read_until("\r\n\r\n");
  std::size_t seen = 1;
  // Until nothing moves for a while.
  while (seen != given) {
    seen = given;
    running.wait_for_sweeps(3);
  }
  EXPECT_LT(given, kInTheKernel);
  EXPECT_EQ(client.count_to_end(), kLarge);
  EXPECT_LT(resident_memory(), before + kAllowedGrowth);
}

}  // namespace
}  // namespace raykeep::testing
