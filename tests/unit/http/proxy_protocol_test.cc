// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace raykeep::http {
namespace {

using State = ProxyHeader::State;
const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

TEST(ProxyHeader, ReadsVersion1) {
  const auto header = parse_proxy_header("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET");
  ASSERT_EQ(header.state, State::kComplete);
  EXPECT_EQ(header.source->text(), "192.0.2.1");
  EXPECT_EQ(header.length, 45U);
}

TEST(ProxyHeader, ReadsVersion2) {
  const std::string bytes = kSignature + std::string("\x21\x11\x00\x0c\xc0\x00\x02\x07\xc6\x33\x64\x01\x01\x02\x01\xbb", 16);
  const auto header = parse_proxy_header(bytes);
  ASSERT_EQ(header.state, State::kComplete);
  EXPECT_EQ(header.source->text(), "192.0.2.7");
  EXPECT_EQ(parse_proxy_header(bytes.substr(0, 20)).state, State::kIncomplete);
}

TEST(ProxyHeader, OfABalancersOwnConnectionNamesNobody) {
  EXPECT_FALSE(parse_proxy_header("PROXY UNKNOWN\r\n").source);
  EXPECT_FALSE(parse_proxy_header(kSignature + std::string("\x20\x00\x00\x00", 4)).source);
}

TEST(ProxyHeader, RefusesWhatIsNoHeader) {
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n"), std::string("PROXY TCP4 ::1 ::1 1 2\r\n"), std::string("PROXY TCP4 x y 1 2\r\n"),
                                   std::string("PROXY ") + std::string(200, 'a'), kSignature + std::string("\x31\x11\x00\x0c", 4),
                                   kSignature + std::string("\x21\x11\x00\x02\x00\x00", 6)}) {
    EXPECT_EQ(parse_proxy_header(bytes).state, State::kBad) << bytes;
  }
}

}  // namespace
}  // namespace raykeep::http
