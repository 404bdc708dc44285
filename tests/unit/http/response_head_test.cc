// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/http/head_case.h"

namespace raykeep::http {
namespace {

using namespace testing;
using Kind = BodyFraming::Kind;

TEST(ResponseHead, WhatIsNotStrictHttpIsABadGateway) {
  const HeadCase cases[] = {
      {"CL and TE", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 502, "content-length-and-transfer-encoding"},
      {"TE and CL", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 502, "content-length-and-transfer-encoding"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 502, "content-length-repeated"},
      {"length list", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", 502, "content-length"},
      {"length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", 502, "content-length"},
      {"other coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 502, "transfer-encoding"},
      {"TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 502, "transfer-encoding-in-http10"},
      {"CL and TE even for 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 502, "content-length-and-transfer-encoding"},
      {"folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", 502, "field-without-colon"},
      {"bare CR", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", 502, "field-value"},
      {"NUL", "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"sv, 502, "field-value"},
      {"status of two digits", "HTTP/1.1 99 OK\r\n\r\n", 502, "status-line"},
      {"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", 502, "status-line"},
      {"status not a number", "HTTP/1.1 2x0 OK\r\n\r\n", 502, "status-line"},
      {"status 099", "HTTP/1.1 099 OK\r\n\r\n", 502, "status-code"},
      {"status 600", "HTTP/1.1 600 OK\r\n\r\n", 502, "status-code"},
      {"two spaces", "HTTP/1.1  200 OK\r\n\r\n", 502, "status-line"},
      {"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", 502, "status-line"},
      {"lower case", "http/1.1 200 OK\r\n\r\n", 502, "status-line"},
      {"control byte in the phrase", "HTTP/1.1 200 O\x01K\r\n\r\n", 502, "reason-phrase"},
      {"bare LF", "HTTP/1.1 200 OK\nX: a\r\n\r\n", 400, "bare-lf"},
  };
  for (const HeadCase& c : cases) {
    ResponseHead head;
    const HeadError error = read_response(c.text, "GET", head);
    // What the scanner refuses has the status of a request; a connection to an upstream makes a bad answer of either.
    EXPECT_EQ(error.status, c.status) << c.name;
    EXPECT_EQ(error.reason, c.reason) << c.name;
  }
}

TEST(ResponseHead, StatusAndMethodDecideWhetherABodyFollows) {
  const struct {
    std::string_view name, text, method;
    Kind kind;
    std::uint64_t length;
    bool keep_alive;
  } cases[] = {
      {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", Kind::kLength, 5, true},
      {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", Kind::kChunked, 0, true},
      {"nothing said", "HTTP/1.1 200 OK\r\n\r\n", "GET", Kind::kUntilClose, 0, false},
      {"HEAD with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", Kind::kNone, 0, true},
      {"HEAD chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD", Kind::kNone, 0, true},
      {"204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "GET", Kind::kNone, 0, true},
      {"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", Kind::kNone, 0, true},
      {"100", "HTTP/1.1 100 Continue\r\n\r\n", "POST", Kind::kNone, 0, true},
      {"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n", "GET", Kind::kLength, 5, false},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", Kind::kLength, 5, false},
      {"HTTP/1.0 keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n", "GET", Kind::kLength, 5, true},
      {"close wins", "HTTP/1.0 200 OK\r\nConnection: close, keep-alive\r\nContent-Length: 5\r\n\r\n", "GET", Kind::kLength, 5, false},
      {"no phrase", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "GET", Kind::kLength, 0, true},
  };
  for (const auto& c : cases) {
    ResponseHead head;
    const HeadError error = read_response(c.text, c.method, head);
    EXPECT_EQ(error.reason, "") << c.name;
    EXPECT_EQ(head.body.kind, c.kind) << c.name;
    EXPECT_EQ(head.body.length, c.length) << c.name;
    EXPECT_EQ(head.keep_alive, c.keep_alive) << c.name;
  }
}

TEST(HeadScanner, FindsTheEndInAnyCuts) {
  constexpr std::string_view kHead = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string text = std::string(kHead) + "GET /second";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    HeadScanner scanner;
    auto state = HeadScanner::State::kIncomplete;
    for (std::size_t n = step; state == HeadScanner::State::kIncomplete && n < text.size() + step; n += step) {
      state = scanner.scan(std::string_view(text).substr(0, n), {});
    }
    EXPECT_EQ(state, HeadScanner::State::kComplete) << step;
    EXPECT_EQ(scanner.length(), kHead.size()) << step;
  }
}

TEST(HeadScanner, RefusesOtherProtocolsAtTheirFirstByte) {
  HeadScanner tls;
  EXPECT_EQ(tls.scan("\x16", {}), HeadScanner::State::kBad);
  EXPECT_EQ(tls.error().reason, "not-http");
  HeadScanner early_lf;
  EXPECT_EQ(early_lf.scan("GET / HTTP/1.1\n", {}), HeadScanner::State::kBad);
  HeadScanner partial;
  EXPECT_EQ(partial.scan("G", {}), HeadScanner::State::kIncomplete);
}

TEST(Message, FieldNamesAreKnownInAnyCase) {
  EXPECT_EQ(field_id("Content-Length"), FieldId::kContentLength);
  EXPECT_EQ(field_id("cONTENT-lENGTH"), FieldId::kContentLength);
  EXPECT_EQ(field_id("sec-websocket-extensions"), FieldId::kSecWebsocketExtensions);
  EXPECT_EQ(field_id("TE"), FieldId::kTe);
  for (const std::string_view name : {"", "Content_Length", "content-lengt", "content-lengthx", "x-forwarded-user", "a-name-longer-than-every-known-one"}) {
    EXPECT_EQ(field_id(name), FieldId::kOther) << name;
  }
}

TEST(Message, ListsAreReadByItem) {
  EXPECT_TRUE(list_has_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(list_has_token(" \tclose\t ,", "close"));
  EXPECT_FALSE(list_has_token("closed", "close"));
  EXPECT_FALSE(list_has_token("not close", "close"));
  EXPECT_FALSE(list_has_token("", "close"));
}

TEST(Message, CaseIsIgnoredOnlyForLetters) {
  EXPECT_TRUE(equals_ignoring_case("aBc-1", "AbC-1"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
}

}  // namespace
}  // namespace raykeep::http
