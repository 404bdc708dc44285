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

constexpr ProxyHeader kIncomplete{ProxyHeader::State::kIncomplete, 0, std::nullopt};
constexpr ProxyHeader kBad{ProxyHeader::State::kBad, 0, std::nullopt};

std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

// "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"
ProxyHeader parse_version1(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return bytes.size() >= kLongestVersion1 ? kBad : kIncomplete;
  if (end + 2 > kLongestVersion1) return kBad;
  std::string_view line = bytes.substr(0, end);
  take_word(line);
  const std::string_view family = take_word(line);
  if (family == "UNKNOWN") return {ProxyHeader::State::kComplete, end + 2, std::nullopt};
  const auto source = IpAddress::parse(take_word(line));
  const auto destination = IpAddress::parse(take_word(line));
  const bool family_fits = (family == "TCP4" && source && source->is_v4()) || (family == "TCP6" && source && !source->is_v4());
  if (!family_fits || !destination) return kBad;
  return {ProxyHeader::State::kComplete, end + 2, source};
}

ProxyHeader parse_version2(std::string_view bytes) {
  if (bytes.size() < 16) return kIncomplete;
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::size_t length = 16U + (at(14) * 256U + at(15));
  const unsigned version = at(12) >> 4;
  const unsigned command = at(12) & 15U;
  if (version != 2 || command > 1 || length > kLongestProxyHeader) return kBad;
  if (bytes.size() < length) return kIncomplete;
  ProxyHeader out{ProxyHeader::State::kComplete, length, std::nullopt};
  const unsigned family = at(13) >> 4;
  if (command == 0 || family == 0) return out;
  if (family == 1 && length >= 16 + 12) {
    std::array<std::uint8_t, 4> v4;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()) + 16, 4, v4.begin());
    out.source = IpAddress::from_v4(v4);
    return out;
  }
  if (family == 2 && length >= 16 + 36) {
    std::array<std::uint8_t, 16> v6;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()) + 16, 16, v6.begin());
    out.source = IpAddress::from_v6(v6);
    return out;
  }
  return kBad;
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  const auto begins_like = [&](std::string_view signature) {
    const std::size_t n = std::min(bytes.size(), signature.size());
    return bytes.substr(0, n) == signature.substr(0, n);
  };
  if (begins_like(kSignature2)) return bytes.size() < kSignature2.size() ? kIncomplete : parse_version2(bytes);
  if (begins_like("PROXY ")) return bytes.size() < 6 ? kIncomplete : parse_version1(bytes);
  return kBad;
}

}  // namespace raykeep::http
