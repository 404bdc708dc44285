// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace raykeep::http {
namespace {

using namespace std::string_view_literals;
using State = ProxyHeader::State;

std::string version2(unsigned char version_and_command, unsigned char family, std::string_view addresses) {
  std::string out("\r\n\r\n\0\r\nQUIT\n"sv);
  out += static_cast<char>(version_and_command);
  out += static_cast<char>(family);
  out += static_cast<char>(addresses.size() >> 8);
  out += static_cast<char>(addresses.size() & 0xff);
  return out.append(addresses);
}

constexpr std::string_view kV4Addresses = "\xc0\x00\x02\x01\xc6\x33\x64\x01\xdc\x04\x01\xbb"sv;
const std::string kV6Addresses = "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x01" + std::string(16, '\1') + "\xdc\x04\x01\xbb";

TEST(ProxyHeader, TheSourceIsReadAndTheRestLeft) {
  const struct {
    std::string_view name;
    std::string header;
    std::string_view source;  // empty: the connection is the balancer's own
  } cases[] = {
      {"v1 TCP4", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1"},
      {"v1 TCP6", "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "2001:db8::1"},
      {"v1 TCP6 with a mapped address", "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 56324 443\r\n", "192.0.2.1"},
      {"v1 UNKNOWN", "PROXY UNKNOWN\r\n", ""},
      {"v1 UNKNOWN with words", "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", ""},
      {"v2 IPv4", version2(0x21, 0x11, kV4Addresses), "192.0.2.1"},
      {"v2 IPv4 with extra values", version2(0x21, 0x11, std::string(kV4Addresses) + "\x04\x00\x01\x00"), "192.0.2.1"},
      {"v2 IPv6", version2(0x21, 0x21, kV6Addresses), "2001:db8::1"},
      {"v2 LOCAL", version2(0x20, 0x00, ""), ""},
      {"v2 LOCAL with addresses", version2(0x20, 0x11, kV4Addresses), ""},
      {"v2 unspecified family", version2(0x21, 0x00, "abc"), ""},
  };
  for (const auto& c : cases) {
    const ProxyHeader whole = parse_proxy_header(c.header + "GET / HTTP/1.1\r\n");
    EXPECT_EQ(whole.state, State::kComplete) << c.name;
    EXPECT_EQ(whole.length, c.header.size()) << c.name;
    EXPECT_EQ(whole.source ? whole.source->text() : "", c.source) << c.name;
    for (std::size_t n = 0; n < c.header.size(); ++n) {
      const ProxyHeader part = parse_proxy_header(std::string_view(c.header).substr(0, n));
      EXPECT_EQ(part.state, State::kIncomplete) << c.name << " " << n;
      // Reading as many more bytes as it says never reads past the header: what follows may be a TLS hello.
      EXPECT_GT(part.missing, 0U) << c.name << " " << n;
      EXPECT_LE(n + part.missing, c.header.size()) << c.name << " " << n;
    }
  }
}

TEST(ProxyHeader, AnythingElseIsBad) {
  const struct {
    std::string_view name;
    std::string header;
  } cases[] = {
      {"HTTP", "GET / HTTP/1.1\r\n"},
      {"lower case", "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n"},
      {"other family", "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n"},
      {"no family", "PROXY \r\n"},
      {"IPv6 address as TCP4", "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"},
      {"IPv4 address as TCP6", "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n"},
      {"families mixed", "PROXY TCP4 192.0.2.1 2001:db8::1 1 2\r\n"},
      {"not an address", "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n"},
      {"no ports", "PROXY TCP4 192.0.2.1 198.51.100.1\r\n"},
      {"one port", "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n"},
      {"port too large", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n"},
      {"port not a number", "PROXY TCP4 192.0.2.1 198.51.100.1 1x 2\r\n"},
      {"further words", "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n"},
      {"two spaces", "PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n"},
      {"line too long", "PROXY UNKNOWN " + std::string(100, 'x') + "\r\n"},
      {"no end of line", "PROXY UNKNOWN " + std::string(100, 'x')},
      {"v2 of another version", version2(0x11, 0x11, kV4Addresses)},
      {"v2 unknown command", version2(0x22, 0x11, kV4Addresses)},
      {"v2 unix socket", version2(0x21, 0x31, std::string(216, 'a'))},
      {"v2 unknown family", version2(0x21, 0x41, kV4Addresses)},
      {"v2 datagram", version2(0x21, 0x12, kV4Addresses)},
      {"v2 IPv4 too short", version2(0x21, 0x11, "abc")},
      {"v2 IPv6 too short", version2(0x21, 0x21, kV4Addresses)},
      {"v2 too long", version2(0x21, 0x11, std::string(4000, 'a'))},
      {"v2 broken signature", "\r\n\r\n" + std::string(1, '\0') + "\r\nQUIX\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_proxy_header(c.header).state, State::kBad) << c.name;
}

}  // namespace
}  // namespace raykeep::http
