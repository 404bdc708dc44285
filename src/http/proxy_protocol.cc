// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace raykeep::http {
namespace {

constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kLongestVersion1 = 107;

constexpr std::size_t kShortestVersion1 = 15;  // "PROXY UNKNOWN\r\n"
constexpr std::size_t kFixedPart2 = 16;

ProxyHeader bad() { return {.state = ProxyHeader::State::kBad}; }
ProxyHeader incomplete(std::size_t missing) { return {.missing = missing}; }
ProxyHeader complete(std::size_t length, std::optional<IpAddress> source) {
  return {.state = ProxyHeader::State::kComplete, .length = length, .source = source};
}

std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

// The family is that of the notation: a mapped address is written as IPv6 and means IPv4.
std::optional<IpAddress> take_address(std::string_view& text, bool v6) {
  const std::string_view word = take_word(text);
  if ((word.find(':') != std::string_view::npos) != v6) return std::nullopt;
  return IpAddress::parse(word);
}

// "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"
ProxyHeader parse_version1(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() >= kLongestVersion1) return bad();
    return incomplete(bytes.size() < kShortestVersion1 ? kShortestVersion1 - bytes.size() : 1);
  }
  if (end + 2 > kLongestVersion1) return bad();
  std::string_view line = bytes.substr(0, end);
  take_word(line);
  const std::string_view family = take_word(line);
  if (family == "UNKNOWN") return complete(end + 2, std::nullopt);
  if (family != "TCP4" && family != "TCP6") return bad();
  const auto source = take_address(line, family == "TCP6");
  const auto destination = take_address(line, family == "TCP6");
  const bool ports = is_port(take_word(line)) && is_port(line);
  return source && destination && ports ? complete(end + 2, source) : bad();
}

ProxyHeader parse_version2(std::string_view bytes) {
  if (bytes.size() < kFixedPart2) return incomplete(kFixedPart2 - bytes.size());
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::size_t length = kFixedPart2 + (at(14) * 256U + at(15));
  const unsigned version = at(12) >> 4;
  const unsigned command = at(12) & 15U;
  if (version != 2 || command > 1 || length > kLongestProxyHeader) return bad();
  if (bytes.size() < length) return incomplete(length - bytes.size());
  const unsigned family = at(13) >> 4;
  const unsigned transport = at(13) & 15U;
  if (command == 0 || family == 0) return complete(length, std::nullopt);
  const auto* addresses = reinterpret_cast<const std::uint8_t*>(bytes.data()) + kFixedPart2;
  if (transport == 1 && family == 1 && length >= kFixedPart2 + 12) {
    std::array<std::uint8_t, 4> v4;
    std::copy_n(addresses, 4, v4.begin());
    return complete(length, IpAddress::from_v4(v4));
  }
  if (transport == 1 && family == 2 && length >= kFixedPart2 + 36) {
    std::array<std::uint8_t, 16> v6;
    std::copy_n(addresses, 16, v6.begin());
    return complete(length, IpAddress::from_v6(v6));
  }
  return bad();
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  const auto begins_like = [&](std::string_view signature) {
    const std::size_t n = std::min(bytes.size(), signature.size());
    return bytes.substr(0, n) == signature.substr(0, n);
  };
  // The shortest header of both versions has 15 bytes.
  const std::size_t short_by = bytes.size() < kShortestVersion1 ? kShortestVersion1 - bytes.size() : 1;
  if (begins_like(kSignature2)) return bytes.size() < kSignature2.size() ? incomplete(short_by) : parse_version2(bytes);
  if (begins_like("PROXY ")) return bytes.size() < 6 ? incomplete(short_by) : parse_version1(bytes);
  return bad();
}

}  // namespace raykeep::http
