// SPDX-License-Identifier: Apache-2.0
// A listener and its connections over loopback sockets.
#include <gtest/gtest.h>

#include <atomic>

#include "support/recording_service.h"

namespace raykeep::testing {
namespace {

using http::Awaitable;
using http::BodyPiece;
using http::Exchange;
using http::Response;
using http::SendStatus;
using Strings = std::vector<std::string>;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

// One response with a Content-Length.
struct Answer {
  std::string head;
  std::string body;
};

Answer read_answer(RawSocket& socket) {
  Answer out;
  out.head = socket.read_until("\r\n\r\n");
  const std::size_t at = out.head.find("Content-Length: ");
  if (at != std::string::npos) out.body = socket.read(std::stoul(out.head.substr(at + 16)));
  return out;
}

Handler answering(std::string text) {
  return [text](Exchange& exchange) { return answer(exchange, text); };
}

using Limit = std::chrono::milliseconds http::ConnectionLimits::*;

http::ListenerSettings with_limit(Limit limit, int milliseconds) {
  http::ListenerSettings out;
  out.limits.*limit = std::chrono::milliseconds(milliseconds);
  return out;
}

TEST(Connection, StaysOpenForFurtherRequests) {
  RunningListener running(echo);
  RawSocket client = running.connect();
  for (const std::string_view body : {"one", "two", ""}) {
    client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    const Answer got = read_answer(client);
    EXPECT_TRUE(got.head.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << got.head;
    EXPECT_EQ(got.body, body);
  }
  EXPECT_EQ(running.service().requests().size(), 3U);
}

TEST(Connection, AnswersPipelinedRequestsInOrderEachOnItsOwn) {
  RunningListener running([](Exchange& exchange) { return answer(exchange, std::string(exchange.request().path)); });
  RawSocket client = running.connect();
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(read_answer(client).body, "/1");
  EXPECT_EQ(read_answer(client).body, "/2");
  EXPECT_EQ(read_answer(client).body, "/3");
  EXPECT_EQ(running.service().requests(), (Strings{"GET /1", "GET /2", "GET /3"}));
}

TEST(Connection, IgnoresWhatFollowsARequestThatCloses) {
  RunningListener running(answering("x"));
  RawSocket client = running.connect();
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string all = client.read_to_end();
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(running.service().requests(), Strings{"GET /1"});
  EXPECT_EQ(client.end(), RawSocket::End::kClosed);
}

TEST(Connection, ReadsARequestInWhateverPiecesItArrives) {
  RunningListener running(echo);
  RawSocket client = running.connect();
  for (const char c : std::string_view("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n")) {
    client.send({&c, 1});
  }
  EXPECT_EQ(read_answer(client).body, "abcde");
}

TEST(Connection, StreamsBothWaysInChunks) {
  RunningListener running([](Exchange& exchange) -> Awaitable<void> {
    exchange.limit_body(100);
    Response response;
    co_await exchange.send(response, {}, false);
    for (;;) {
      const BodyPiece piece = co_await exchange.read_body();
      if (piece.status != BodyPiece::Status::kData) break;
      co_await exchange.send_more(piece.data, false);
    }
    co_await exchange.send_more({}, true);
  });
  RawSocket client = running.connect();
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  client.send("3\r\nabc\r\n");
  EXPECT_EQ(client.read(8), "3\r\nabc\r\n") << "comes before the request has ended";
  client.send("2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "2\r\nde\r\n0\r\n\r\n");
  client.send("GET /y HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read_until("0\r\n\r\n").substr(0, 15), "HTTP/1.1 200 OK");
}

TEST(Connection, AsksForABodyOnlyWhenSomebodyReadsIt) {
  RunningListener running([](Exchange& exchange) -> Awaitable<void> {
    if (exchange.request().path == "/deny") co_return co_await answer(exchange, "no", 401);
    co_await echo(exchange);
  });
  RawSocket client = running.connect();
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(read_answer(client).body, "abc");
  client.send("POST /deny HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  const Answer denied = read_answer(client);
  EXPECT_TRUE(denied.head.starts_with("HTTP/1.1 401 Unauthorized\r\n")) << denied.head;
  EXPECT_NE(denied.head.find("Connection: close\r\n"), std::string::npos) << "whether the body follows is unknown";
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Connection, SendsNoContinueWhenTheBodyIsAlreadyThere) {
  RunningListener running(echo);
  RawSocket client = running.connect();
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(read_answer(client).head.starts_with("HTTP/1.1 200 OK"));
  client.send(kGet);
  EXPECT_TRUE(read_answer(client).head.starts_with("HTTP/1.1 200 OK"));
}

TEST(Connection, SendsNoBodyWhereNoneMayBe) {
  RunningListener running([](Exchange& exchange) -> Awaitable<void> {
    Response response;
    const std::string_view path = exchange.request().path;
    if (path == "/204") response.status = 204;
    if (path == "/304") response.status = 304;
    if (path == "/long") response.length = 1000;
    co_await exchange.send(response, "body", path != "/long");
  });
  RawSocket client = running.connect();
  client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Content-Length: 4\r\n"), std::string::npos);
  client.send("HEAD /long HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Content-Length: 1000\r\n"), std::string::npos);
  for (const std::string path : {"/204", "/304"}) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_EQ(head.find("Content-Length"), std::string::npos);
    EXPECT_EQ(head.find("Transfer-Encoding"), std::string::npos);
  }
  client.send("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string last = client.read_to_end();
  EXPECT_TRUE(last.starts_with("HTTP/1.1 200 OK")) << "nothing was left over before it: " << last;
  EXPECT_TRUE(last.ends_with("\r\n\r\nbody"));
}

TEST(Connection, SpeaksHttp10) {
  RunningListener running([](Exchange& exchange) -> Awaitable<void> {
    if (exchange.request().path == "/a") co_return co_await answer(exchange, "known");
    Response response;
    co_await exchange.send(response, "un", false);
    co_await exchange.send_more("known", true);
  });
  RawSocket client = running.connect();
  client.send("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(read_answer(client).head.find("Connection: keep-alive\r\n"), std::string::npos);
  client.send("GET /b HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
  const std::string last = client.read_to_end();
  EXPECT_EQ(last.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(last.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(last.ends_with("\r\n\r\nunknown"));
  EXPECT_EQ(client.end(), RawSocket::End::kClosed);
  RawSocket plain = running.connect();
  plain.send("GET /a HTTP/1.0\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(plain.read_to_end().ends_with("known"));
}

TEST(Connection, ACutAnswerToHttp10IsResetSoThatItDoesNotLookWhole) {
  RunningListener running([](Exchange& exchange) -> Awaitable<void> {
    Response response;
    co_await exchange.send(response, "half", false);
  });
  RawSocket old = running.connect();
  old.send("GET /a HTTP/1.0\r\nHost: h\r\n\r\n");
  old.read_to_end();
  EXPECT_EQ(old.end(), RawSocket::End::kReset);
  RawSocket client = running.connect();
  client.send(kGet);
  EXPECT_TRUE(client.read_to_end().ends_with("4\r\nhalf\r\n")) << "without a last chunk";
}

TEST(Connection, AnUnreadBodyIsThrownAwayWhenItIsShort) {
  RunningListener running(answering("no"));
  RawSocket client = running.connect();
  client.send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" + std::string(60000, 'x') + std::string(kGet));
  EXPECT_EQ(read_answer(client).body, "no");
  EXPECT_EQ(read_answer(client).body, "no");
  EXPECT_EQ(running.service().requests(), (Strings{"POST /1", "GET /a"}));
}

TEST(Connection, AnUnreadBodyThatIsLongEndsTheConnectionAfterTheAnswer) {
  const std::string length = std::string("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n") + std::string(200000, 'x');
  const std::string chunked = "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + std::string(200000, 'x') + "\r\n0\r\n\r\n";
  for (const std::string& request : {length, chunked}) {
    RunningListener running(answering("no"));
    RawSocket client = running.connect();
    client.send(request + std::string(kGet));
    const std::string all = client.read_to_end();
    EXPECT_TRUE(all.ends_with("\r\n\r\nno")) << all;
    EXPECT_EQ(client.end(), RawSocket::End::kClosed) << "the answer is not lost to a reset";
    EXPECT_EQ(running.service().requests().size(), 1U);
  }
}

TEST(Connection, ABodyOverItsLimitIsToldEarly) {
  RunningListener running([](Exchange& exchange) -> Awaitable<void> {
    std::string body;
    const auto status = co_await read_all(exchange, body, 10);
    std::string text = "fits";
    if (status == BodyPiece::Status::kTooLarge) text = "too large " + std::to_string(body.size());
    co_await answer(exchange, text, 413);
  });
  const struct {
    std::string_view name, request, body;
  } cases[] = {
      {"length", "Content-Length: 11\r\n\r\n", "too large 0"},
      {"chunked", "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\nx\r\n", "too large 10"},
      {"one chunk", "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789x\r\n", "too large 0"},
      {"just fits", "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n", "fits"},
  };
  for (const auto& c : cases) {
    RawSocket client = running.connect();
    client.send("POST /1 HTTP/1.1\r\nHost: h\r\n" + std::string(c.request));
    EXPECT_EQ(read_answer(client).body, c.body) << c.name;
  }
}

TEST(Connection, ABrokenBodyEndsTheConnection) {
  RunningListener running(echo);
  for (const std::string_view body : {"5\r\nhello\n0\r\n\r\n", "+1\r\na\r\n0\r\n\r\n", "0\r\nGET / HTTP/1.1\r\n\r\n"}) {
    RawSocket client = running.connect();
    client.send("POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body) + std::string(kGet));
    const std::string all = client.read_to_end();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 400")) << all;
    EXPECT_EQ(all.find("HTTP/1.1", 1), std::string::npos) << "what follows is no request: " << all;
  }
}

TEST(Connection, RefusesBadHeadsBeforeTheServiceSeesThem) {
  RunningListener running(answering("x"));
  const struct {
    std::string_view request, status, also;
  } cases[] = {
      {"GET / HTTP/1.1\nHost: h\n\n", "400 Bad Request", "Connection: close\r\n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400 Bad Request", ""},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505 ", ""},
      {"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "405 Method Not Allowed", "\r\nAllow: "},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\n\r\n", "426 Upgrade Required",
       "\r\nSec-WebSocket-Version: 13\r\n"},
      {"\x16\x03\x01", "400 Bad Request", ""},
  };
  for (const auto& c : cases) {
    RawSocket client = running.connect();
    client.send(std::string(c.request) + std::string(kGet));
    const std::string all = client.read_to_end();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 " + std::string(c.status))) << all;
    EXPECT_NE(all.find(c.also), std::string::npos) << all;
    EXPECT_EQ(all.find("HTTP/1.1 200"), std::string::npos) << all;
  }
  EXPECT_EQ(running.service().requests(), Strings{});
  EXPECT_EQ(running.service().refusals().size(), std::size(cases));
}

TEST(Connection, ASlowHeadIsGivenUp) {
  RunningListener running(answering("x"), with_limit(&http::ConnectionLimits::head_timeout, 50));
  RawSocket client = running.connect();
  client.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(running.service().refusals(), Strings{"408 head-timeout"});
}

TEST(Connection, AHeadThatTricklesDoesNotMoveItsDeadline) {
  RunningListener running(answering("x"), with_limit(&http::ConnectionLimits::head_timeout, 200));
  RawSocket client = running.connect();
  const auto begun = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nX: ");
  while (client.send("a") && std::chrono::steady_clock::now() - begun < std::chrono::seconds(10)) running.wait_for_sweeps(1);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(Connection, SilentConnectionsAreClosedWithoutAWord) {
  RunningListener running(answering("x"), with_limit(&http::ConnectionLimits::idle_timeout, 50));
  RawSocket fresh = running.connect();
  EXPECT_EQ(fresh.read_to_end(), "");
  RawSocket used = running.connect();
  used.send(kGet);
  EXPECT_EQ(read_answer(used).body, "x");
  EXPECT_EQ(used.read_to_end(), "");
  EXPECT_EQ(running.service().refusals(), Strings{});
}

TEST(Connection, ASlowBodyIsToldToTheService) {
  RunningListener running(
      [](Exchange& exchange) -> Awaitable<void> {
        std::string body;
        const auto status = co_await read_all(exchange, body, 100);
        exchange.close_after();
        const int code = status == BodyPiece::Status::kTimeout ? 408 : 200;
        co_await answer(exchange, "late", code);
      },
      with_limit(&http::ConnectionLimits::body_timeout, 50));
  RawSocket client = running.connect();
  client.send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 408 "));
}

TEST(Connection, AServiceThatSaysNothingIsAnInternalError) {
  RunningListener running([](Exchange&) -> Awaitable<void> { co_return; });
  RawSocket client = running.connect();
  client.send(kGet);
  EXPECT_TRUE(read_answer(client).head.starts_with("HTTP/1.1 500 "));
}

TEST(Connection, AWebSocketThatIsNotAcceptedEndsTheConnectionAfterTheAnswer) {
  RunningListener running(answering("no"));
  RawSocket client = running.connect();
  client.send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + std::string(kGet) + std::string(30000, 'x'));
  const std::string all = client.read_to_end();
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\nno")) << all;
  EXPECT_EQ(client.end(), RawSocket::End::kClosed);
  EXPECT_EQ(running.service().requests(), Strings{"GET /ws"}) << "what the client wrote into the tunnel it hoped for is no request";
}

}  // namespace
}  // namespace raykeep::testing
