// SPDX-License-Identifier: Apache-2.0
#include "http/head_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace raykeep::http {
namespace {

struct Read {
  HeadError error;
  RequestHead head;
};

// Scans and parses as a connection does. The head's views point into `text`.
Read read_request(const std::string& text) {
  Read out;
  HeadScanner scanner;
  const auto state = scanner.scan(text, {});
  if (state == HeadScanner::State::kBad) {
    out.error = scanner.error();
  } else if (state == HeadScanner::State::kComplete) {
    out.error = parse_request_head(std::string_view(text).substr(0, scanner.length()), {}, out.head);
  } else {
    out.error = {0, "incomplete"};
  }
  return out;
}

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

struct Refused {
  const char* name;
  std::string text;
  int status;
};
class RequestHeadRefusal : public ::testing::TestWithParam<Refused> {};

TEST_P(RequestHeadRefusal, AnswersWithTheStatus) {
  const Read read = read_request(GetParam().text);
  EXPECT_EQ(read.error.status, GetParam().status) << read.error.reason;
}

INSTANTIATE_TEST_SUITE_P(
    AmbiguousMessages, RequestHeadRefusal,
    ::testing::Values(
        Refused{"LengthAndChunked", get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"ChunkedAndLength", get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
        Refused{"TwoEqualLengths", get("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Refused{"ListOfLengths", get("Content-Length: 5, 5\r\n"), 400}, Refused{"SignedLength", get("Content-Length: +5\r\n"), 400},
        Refused{"NegativeLength", get("Content-Length: -1\r\n"), 400}, Refused{"HexadecimalLength", get("Content-Length: 0x5\r\n"), 400},
        Refused{"LengthWithUnderscore", get("Content-Length: 5_0\r\n"), 400}, Refused{"EmptyLength", get("Content-Length: \r\n"), 400},
        Refused{"OverflowingLength", get("Content-Length: 18446744073709551621\r\n"), 400},
        Refused{"UnknownCoding", get("Transfer-Encoding: xchunked\r\n"), 400},
        Refused{"ChunkedNotLast", get("Transfer-Encoding: chunked, identity\r\n"), 400},
        Refused{"ChunkedNotFirst", get("Transfer-Encoding: gzip, chunked\r\n"), 400},
        Refused{"CodingWithParameter", get("Transfer-Encoding: chunked;q=1\r\n"), 400},
        Refused{"TwoCodings", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"CodingInHttp10", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        Refused{"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", 400}, Refused{"BareLineFeedInFields", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
        Refused{"CarriageReturnInValue", get("X: a\rb\r\n"), 400}, Refused{"NulInValue", get(std::string("X: a\0b\r\n", 8)), 400},
        Refused{"ControlInValue", get("X: a\x01\r\n"), 400}, Refused{"FoldedLine", get("X: a\r\n b\r\n"), 400},
        Refused{"SpaceBeforeColon", get("X : a\r\n"), 400}, Refused{"EmptyName", get(": a\r\n"), 400},
        Refused{"NoColon", get("X\r\n"), 400}, Refused{"NameWithBracket", get("X[: a\r\n"), 400},
        Refused{"SpaceBeforeFirstField", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        Refused{"EmptyFirstLine", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TabInRequestLine", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400}, Refused{"Http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        Refused{"Http20", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505}, Refused{"Http09", "GET /\r\n\r\n", 400},
        Refused{"LowerCaseProtocol", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"NonAsciiTarget", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"Fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400}, Refused{"Backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"AbsoluteForm", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"AsteriskForm", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"Connect", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405}, Refused{"Trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        Refused{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400}, Refused{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        Refused{"HostWithUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400}, Refused{"HostList", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
        Refused{"HostWithBadPort", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400},
        Refused{"ConnectionNamesHost", get("Connection: close, host\r\n"), 400},
        Refused{"ConnectionNamesLength", get("Connection: content-length\r\n"), 400},
        Refused{"UnknownExpectation", get("Expect: x 100-continue\r\n"), 417},
        Refused{"TwoContentTypes", get("Content-Type: a/b\r\nContent-Type: c/d\r\n"), 400},
        Refused{"OldWebSocket", get("Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"), 426},
        Refused{"WebSocketWithoutKey", get("Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"), 400},
        Refused{"LongTarget", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        Refused{"LongHead", get("X: " + std::string(17000, 'a') + "\r\n"), 431},
        Refused{"TlsHello", std::string("\x16\x03\x01\x02\x00\x01", 6), 400}),
    [](const auto& one) { return one.param.name; });

TEST(RequestHead, RefusesMoreFieldsThanTheLimit) {
  std::string fields;
  for (int i = 0; i < 120; ++i) fields += "X: y\r\n";
  EXPECT_EQ(read_request(get(fields)).error.status, 431);
}

TEST(RequestHead, ReadsPathQueryAndBodyLength) {
  const std::string text = "POST /a/b?c=d HTTP/1.1\r\nHOST: h:81\r\ncontent-length: 12\r\nConnection: close\r\n\r\n";
  const Read read = read_request(text);
  ASSERT_FALSE(read.error) << read.error.reason;
  EXPECT_EQ(read.head.path, "/a/b");
  EXPECT_EQ(read.head.query, "c=d");
  EXPECT_EQ(read.head.host, "h:81");
  EXPECT_EQ(read.head.body.kind, BodyFraming::Kind::kLength);
  EXPECT_EQ(read.head.body.length, 12U);
  EXPECT_FALSE(read.head.keep_alive);
}

TEST(RequestHead, KeepsAliveByDefaultOnlyInHttp11) {
  const std::string newer = get("");
  const std::string older = "GET / HTTP/1.0\r\nHost: a\r\n\r\n";
  EXPECT_TRUE(read_request(newer).head.keep_alive);
  EXPECT_FALSE(read_request(older).head.keep_alive);
}

TEST(RequestHead, DoesNotTakeUpAnUpgradeToHttp2) {
  const std::string text = get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n");
  const Read read = read_request(text);
  ASSERT_FALSE(read.error);
  EXPECT_FALSE(read.head.websocket);
}

TEST(HeadScanner, FindsTheEndWhateverThePieces) {
  const std::string text = get("X: y\r\n") + "rest";
  HeadScanner scanner;
  for (std::size_t n = 1; n < text.size() - 4; ++n) {
    ASSERT_EQ(scanner.scan(std::string_view(text).substr(0, n), {}), HeadScanner::State::kIncomplete) << n;
  }
  EXPECT_EQ(scanner.scan(text, {}), HeadScanner::State::kComplete);
  EXPECT_EQ(scanner.length(), text.size() - 4);
}

class ResponseHeadRefusal : public ::testing::TestWithParam<Refused> {};

TEST_P(ResponseHeadRefusal, IsABadGateway) {
  HeadScanner scanner;
  ResponseHead head;
  HeadError error;
  if (scanner.scan(GetParam().text, {}) == HeadScanner::State::kComplete) {
    error = parse_response_head(std::string_view(GetParam().text).substr(0, scanner.length()), {}, "GET", head);
  } else {
    error = scanner.error();
  }
  EXPECT_TRUE(static_cast<bool>(error));
}

INSTANTIATE_TEST_SUITE_P(
    BrokenAnswers, ResponseHeadRefusal,
    ::testing::Values(Refused{"LengthAndChunked", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 502},
                    Refused{"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 502},
                    Refused{"BareLineFeed", "HTTP/1.1 200 OK\nContent-Length: 1\n\n", 502}, Refused{"ShortStatus", "HTTP/1.1 20 OK\r\n\r\n", 502},
                    Refused{"StatusOutOfRange", "HTTP/1.1 999 X\r\n\r\n", 502}, Refused{"OtherProtocol", "SSH-2.0-OpenSSH\r\n\r\n", 502},
                    Refused{"SpaceBeforeColon", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", 502}),
    [](const auto& one) { return one.param.name; });

TEST(ResponseHead, HasNoBodyWhereNoneCanBe) {
  ResponseHead head;
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  ASSERT_FALSE(parse_response_head(text, {}, "HEAD", head));
  EXPECT_EQ(head.body.kind, BodyFraming::Kind::kNone);
  const std::string unchanged = "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n";
  ASSERT_FALSE(parse_response_head(unchanged, {}, "GET", head));
  EXPECT_EQ(head.body.kind, BodyFraming::Kind::kNone);
}

TEST(ResponseHead, WithoutFramingLastsUntilTheConnectionCloses) {
  ResponseHead head;
  const std::string text = "HTTP/1.1 200 OK\r\n\r\n";
  ASSERT_FALSE(parse_response_head(text, {}, "GET", head));
  EXPECT_EQ(head.body.kind, BodyFraming::Kind::kUntilClose);
  EXPECT_FALSE(head.keep_alive);
}

}  // namespace
}  // namespace raykeep::http
