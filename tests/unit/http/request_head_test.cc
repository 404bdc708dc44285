// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "unit/http/head_case.h"

namespace raykeep::http {
namespace {

using namespace testing;

void expect_refused(std::initializer_list<HeadCase> cases) {
  for (const HeadCase& c : cases) {
    RequestHead head;
    const HeadError error = read_request(c.text, head);
    EXPECT_EQ(error.status, c.status) << c.name;
    EXPECT_EQ(error.reason, c.reason) << c.name;
  }
}

RequestHead accept(std::string_view text) {
  RequestHead head;
  const HeadError error = read_request(text, head);
  EXPECT_EQ(error.reason, "") << text;
  return head;
}

// One POST with these field lines beside Host.
std::string post(std::string_view fields, std::string_view version = "HTTP/1.1") {
  return fmt::format("POST /api/jobs/ {}\r\nHost: a\r\n{}\r\n\r\n", version, fields);
}

void expect_post_refused(std::initializer_list<HeadCase> cases) {
  for (const HeadCase& c : cases) {
    RequestHead head;
    const std::string text = post(c.text);
    const HeadError error = read_request(text, head);
    EXPECT_EQ(error.status, c.status) << c.name;
    EXPECT_EQ(error.reason, c.reason) << c.name;
  }
}

TEST(RequestHead, TellsMethodTargetPathQueryHostAndFields) {
  const RequestHead head = accept("GET /api/jobs/?a=b&c?d HTTP/1.1\r\nHost: ray.example:8443\r\nX-A: \t one two \t\r\naccept:*/*\r\n\r\n");
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/api/jobs/?a=b&c?d");
  EXPECT_EQ(head.path, "/api/jobs/");
  EXPECT_EQ(head.query, "a=b&c?d");
  EXPECT_EQ(head.host, "ray.example:8443");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.body.kind, BodyFraming::Kind::kNone);
  EXPECT_TRUE(head.keep_alive);
  ASSERT_EQ(head.fields.size(), 3U);
  EXPECT_EQ((head.fields.begin() + 1)->value, "one two");
  EXPECT_EQ(head.fields.first(FieldId::kAccept), "*/*");
}

TEST(RequestHead, EmptyValuesAndBytesAboveAsciiAreValues) {
  const RequestHead head = accept("GET / HTTP/1.1\r\nHost: a\r\nX-A:\r\nX-B: \xc3\xa4\xff\r\n\r\n");
  EXPECT_EQ((head.fields.begin() + 1)->value, "");
  EXPECT_EQ((head.fields.begin() + 2)->value, "\xc3\xa4\xff");
}

TEST(RequestHead, AmbiguousFramingIsRefused) {
  expect_post_refused({
      {"CL.TE", "Content-Length: 5\r\nTransfer-Encoding: chunked", 400, "content-length-and-transfer-encoding"},
      {"TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 5", 400, "content-length-and-transfer-encoding"},
      {"case does not hide it", "content-LENGTH: 5\r\nTRANSFER-encoding: chunked", 400, "content-length-and-transfer-encoding"},
      {"two equal lengths", "Content-Length: 5\r\nContent-Length: 5", 400, "content-length-repeated"},
      {"two different lengths", "Content-Length: 5\r\nContent-Length: 6", 400, "content-length-repeated"},
      {"length list", "Content-Length: 5, 5", 400, "content-length"},
      {"length plus", "Content-Length: +5", 400, "content-length"},
      {"length minus", "Content-Length: -1", 400, "content-length"},
      {"length hexadecimal", "Content-Length: 0x5", 400, "content-length"},
      {"length underscore", "Content-Length: 5_0", 400, "content-length"},
      {"length empty", "Content-Length:", 400, "content-length"},
      {"length with space inside", "Content-Length: 5 0", 400, "content-length"},
      {"length vertical tab", "Content-Length: 5\x0b", 400, "field-value"},
      {"length 2^64+5", "Content-Length: 18446744073709551621", 400, "content-length"},
      {"length of 19 digits", "Content-Length: 1000000000000000000", 400, "content-length"},
      {"length fraction", "Content-Length: 5.0", 400, "content-length"},
      {"length non-ASCII digits", "Content-Length: \xd9\xa5", 400, "content-length"},
      {"xchunked", "Transfer-Encoding: xchunked", 400, "transfer-encoding"},
      {"chunked, identity", "Transfer-Encoding: chunked, identity", 400, "transfer-encoding"},
      {"identity, chunked", "Transfer-Encoding: identity, chunked", 400, "transfer-encoding"},
      {"gzip, chunked", "Transfer-Encoding: gzip, chunked", 400, "transfer-encoding"},
      {"chunked twice", "Transfer-Encoding: chunked, chunked", 400, "transfer-encoding"},
      {"chunked with a comma", "Transfer-Encoding: chunked,", 400, "transfer-encoding"},
      {"identity", "Transfer-Encoding: identity", 400, "transfer-encoding"},
      {"TE vertical tab", "Transfer-Encoding: \x0b" "chunked", 400, "field-value"},
      {"TE quoted", "Transfer-Encoding: \"chunked\"", 400, "transfer-encoding"},
      {"TE parameter", "Transfer-Encoding: chunked;q=1", 400, "transfer-encoding"},
      {"TE empty", "Transfer-Encoding:", 400, "transfer-encoding"},
      {"TE twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400, "transfer-encoding-repeated"},
      {"TE space before colon", "Transfer-Encoding : chunked", 400, "field-name"},
      {"TE folded", "Transfer-Encoding:\r\n chunked", 400, "field-without-colon"},
  });
  RequestHead head;
  EXPECT_EQ(read_request(post("Transfer-Encoding: chunked", "HTTP/1.0"), head).reason, "transfer-encoding-in-http10");
}

TEST(RequestHead, PlainFramingIsUnderstood) {
  const std::string length = post("Content-Length: 5");
  EXPECT_EQ(accept(length).body.kind, BodyFraming::Kind::kLength);
  EXPECT_EQ(accept(length).body.length, 5U);
  const std::string largest = post("Content-Length: 999999999999999999");
  EXPECT_EQ(accept(largest).body.length, 999999999999999999U);
  const std::string zeros = post("Content-Length: 007");
  EXPECT_EQ(accept(zeros).body.length, 7U);
  const std::string chunked = post("transfer-encoding: Chunked");
  EXPECT_EQ(accept(chunked).body.kind, BodyFraming::Kind::kChunked);
}

TEST(RequestHead, LinesAndFieldsThatProgramsReadDifferentlyAreRefused) {
  expect_refused({
      {"bare LF in the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "bare-lf"},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "bare-lf"},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "bare-lf"},
      {"bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, "field-value"},
      {"CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n", 400, "field-value"},
      {"CR CR LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n", 400, "field-without-colon"},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"sv, 400, "field-value"},
      {"control byte in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n", 400, "field-value"},
      {"DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", 400, "field-value"},
      {"obs-fold", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, "field-without-colon"},
      {"obs-fold with a colon", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tY: b\r\n\r\n", 400, "field-name"},
      {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "field-name"},
      {"tab before the colon", "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", 400, "field-name"},
      {"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "field-name"},
      {"empty name", "GET / HTTP/1.1\r\nHost: a\r\n:x\r\n\r\n", 400, "field-name"},
      {"no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, "field-without-colon"},
      {"name with a slash", "GET / HTTP/1.1\r\nHost: a\r\nX/Y: b\r\n\r\n", 400, "field-name"},
      {"name with a byte above ASCII", "GET / HTTP/1.1\r\nHost: a\r\nX\xc3: b\r\n\r\n", 400, "field-name"},
      {"name with NUL", "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"sv, 400, "field-name"},
      {"name in brackets", "GET / HTTP/1.1\r\nHost: a\r\n[X]: b\r\n\r\n", 400, "field-name"},
      {"empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "empty-first-line"},
  });
}

TEST(RequestHead, AnUnclearRequestLineIsRefused) {
  expect_refused({
      {"tab after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request-line"},
      {"two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http-version"},
      {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http-version"},
      {"space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "http-version"},
      {"space at the front", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "http-version"},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http-version"},
      {"HTTP/2 prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http-version"},
      {"HTTP/0.9", "GET /\r\n\r\n", 400, "request-line"},
      {"lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, "http-version"},
      {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "http-version"},
      {"HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", 400, "http-version"},
      {"CR in the target", "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-character"},
      {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target-character"},
      {"byte above ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-character"},
      {"backslash in the target", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-character"},
      {"double quote in the target", "GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-character"},
      {"angle bracket in the target", "GET /a<b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-character"},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-character"},
      {"absolute form", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-form"},
      {"authority form", "GET b:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-form"},
      {"asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target-form"},
      {"CONNECT", "CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n", 405, "method-not-served"},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-served"},
      {"lower case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method"},
      {"method with a dash", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method"},
      {"no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request-line"},
      {"PROXY version 1", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http-version"},
      {"PROXY version 2", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"sv, 400, "empty-first-line"},
  });
}

TEST(RequestHead, HostMustBeOneNameOrAddressWithAPort) {
  for (const std::string_view host : {"a", "A.Example.", "127.0.0.1:1", "[::1]", "[2001:db8::1]:65535", "under_score"}) {
    const std::string text = fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", host);
    EXPECT_EQ(accept(text).host, host);
  }
  for (const std::string_view host : {"", "user@a", "a,b", "a b", "a/", "a?x", "a:", ":80", "a:0", "a:65536", "a:080000", "a:8o",
                                      "a:80:80", "[", "[]", "[]:80", "[::1", "[::1]80", "[::g]", "[:::]", "[1.2.3.4]",
                                      "[::1%25lo]", "::1", "a\\b", "\xc3\xa4"}) {
    const std::string text = fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", host);
    RequestHead head;
    EXPECT_EQ(read_request(text, head).reason, "host") << host;
  }
  expect_refused({
      {"missing", "GET / HTTP/1.1\r\nX: a\r\n\r\n", 400, "host-missing-or-repeated"},
      {"missing in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 400, "host-missing-or-repeated"},
      {"twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "host-missing-or-repeated"},
      {"twice the same", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, "host-missing-or-repeated"},
  });
}

TEST(RequestHead, SizesAreBounded) {
  RequestHead head;
  const HeadLimits limits;
  const auto with_target = [](std::size_t n) { return fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", std::string(n - 1, 'a')); };
  EXPECT_EQ(read_request(with_target(limits.target), head).status, 0);
  EXPECT_EQ(read_request(with_target(limits.target + 1), head).status, 414);
  // Without an end of line in sight the answer does not wait for one.
  EXPECT_EQ(read_request("GET /" + std::string(limits.target + 100, 'a'), head).status, 414);
  std::string fields;
  for (std::size_t i = 1; i < limits.fields; ++i) fields += "X: y\r\n";
  EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", head).status, 0);
  EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "X: y\r\n\r\n", head).status, 431);
  EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(limits.bytes, 'a') + "\r\n\r\n", head).status, 431);
  EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(limits.bytes, 'a'), head).status, 431);
}

TEST(RequestHead, ConnectionDecidesWhetherItStaysOpen) {
  const struct {
    std::string_view version, fields;
    bool keep_alive;
  } cases[] = {
      {"1.1", "", true},
      {"1.1", "Connection: Close\r\n", false},
      {"1.1", "Connection: foo, close\r\n", false},
      {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
      {"1.0", "", false},
      {"1.0", "Connection: keep-alive\r\n", true},
      {"1.0", "Connection: close, keep-alive\r\n", false},
      {"1.0", "Connection: close\r\nConnection: keep-alive\r\n", false},
  };
  for (const auto& c : cases) {
    const std::string text = fmt::format("GET / HTTP/{}\r\nHost: a\r\n{}\r\n", c.version, c.fields);
    EXPECT_EQ(accept(text).keep_alive, c.keep_alive) << text;
  }
}

TEST(RequestHead, ConnectionMayNotNameFramingFields) {
  for (const std::string_view named : {"host", "Content-Length", "close, transfer-encoding"}) {
    RequestHead head;
    const std::string text = fmt::format("GET / HTTP/1.1\r\nHost: a\r\nConnection: {}\r\n\r\n", named);
    EXPECT_EQ(read_request(text, head).reason, "connection-names-framing-field") << named;
  }
}

TEST(RequestHead, FieldsThatMeanOneValueMayNotBeRepeated) {
  expect_post_refused({
      {"two content types", "Content-Type: a/b\r\nContent-Type: c/d", 400, "field-repeated"},
      {"two origins", "Origin: null\r\norigin: null", 400, "field-repeated"},
      {"two upgrades", "Upgrade: websocket\r\nUpgrade: h2c", 400, "field-repeated"},
  });
  accept("GET / HTTP/1.1\r\nHost: a\r\nAccept: a\r\nAccept: b\r\nX: 1\r\nX: 2\r\n\r\n");
}

TEST(RequestHead, OnlyThePlainExpectationIsServed) {
  EXPECT_TRUE(accept("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n").expects_continue);
  // Without a body there is nothing to wait for, and HTTP/1.0 does not know interim responses (RFC 9110 10.1.1).
  EXPECT_FALSE(accept("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expects_continue);
  EXPECT_FALSE(accept("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").expects_continue);
  expect_post_refused({
      {"obfuscated", "Expect: x 100-continue", 417, "expect"},
      {"list", "Expect: 100-continue, 100-continue", 417, "expect"},
      {"twice", "Expect: 100-continue\r\nExpect: 100-continue", 417, "expect"},
      {"unknown", "Expect: magic", 417, "expect"},
      {"empty", "Expect:", 417, "expect"},
  });
}

std::string websocket(std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==", std::string_view version = "13",
                      std::string_view upgrade = "websocket", std::string_view connection = "Connection: Upgrade\r\n") {
  return fmt::format("GET /ws HTTP/1.1\r\nHost: a\r\n{}Upgrade: {}\r\nSec-WebSocket-Version: {}\r\nSec-WebSocket-Key: {}\r\n\r\n",
                     connection, upgrade, version, key);
}

TEST(RequestHead, AProperWebSocketHandshakeIsSeen) {
  const std::string plain = websocket();
  EXPECT_TRUE(accept(plain).websocket);
  const std::string mixed = websocket("dGhlIHNhbXBsZSBub25jZQ==", "13", "WebSocket", "Connection: keep-alive, Upgrade\r\n");
  EXPECT_TRUE(accept(mixed).websocket);
  const std::string two_lines = websocket("dGhlIHNhbXBsZSBub25jZQ==", "13", "websocket", "Connection: keep-alive\r\nConnection: upgrade\r\n");
  EXPECT_TRUE(accept(two_lines).websocket);
}

TEST(RequestHead, AnotherUpgradeIsNotTakenUp) {
  for (const std::string_view upgrade : {"h2c", "websocket, h2c", "h2c, websocket", "websocket/13"}) {
    const std::string text = websocket("dGhlIHNhbXBsZSBub25jZQ==", "13", upgrade);
    EXPECT_FALSE(accept(text).websocket) << upgrade;
  }
  const std::string unnamed = websocket("dGhlIHNhbXBsZSBub25jZQ==", "13", "websocket", "");
  EXPECT_FALSE(accept(unnamed).websocket) << "Connection does not name it";
}

TEST(RequestHead, AWebSocketHandshakeThatRfc6455ForbidsIsRefused) {
  RequestHead head;
  EXPECT_EQ(read_request(websocket("dGhlIHNhbXBsZSBub25jZQ==", "8"), head).status, 426);
  EXPECT_EQ(read_request(websocket("dGhlIHNhbXBsZSBub25jZQ==", "13, 8"), head).status, 426);
  EXPECT_EQ(read_request(websocket("short"), head).reason, "websocket-key");
  EXPECT_EQ(read_request(websocket("!!!!!!!!!!!!!!!!!!!!!!=="), head).reason, "websocket-key");
  EXPECT_EQ(read_request(websocket("dGhlIHNhbXBsZSBub25jZTEy"), head).reason, "websocket-key") << "18 bytes";
  EXPECT_EQ(read_request(websocket("dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: x"), head).reason, "websocket-key");
  const HeadCase cases[] = {
      {"POST", "POST /ws HTTP/1.1\r\nContent-Length: 0\r\n", 400, "websocket-request"},
      {"GET with a body", "GET /ws HTTP/1.1\r\nContent-Length: 3\r\n", 400, "websocket-request"},
      {"HTTP/1.0", "GET /ws HTTP/1.0\r\n", 400, "websocket-request"},
  };
  const std::string fields = websocket().substr(18);
  for (const HeadCase& c : cases) EXPECT_EQ(read_request(std::string(c.text) + fields, head).reason, c.reason) << c.name;
}

TEST(RequestHead, AHeadUsedAgainKeepsNothingOfTheLastOne) {
  RequestHead head;
  const std::string first = websocket();
  ASSERT_EQ(read_request(first, head).status, 0);
  ASSERT_EQ(read_request("GET /b HTTP/1.1\r\nHost: b\r\n\r\n", head).status, 0);
  EXPECT_FALSE(head.websocket);
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.fields.size(), 1U);
}

}  // namespace
}  // namespace raykeep::http
