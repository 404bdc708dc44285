// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses and networks (CIDR). IPv4-mapped IPv6 addresses are treated as the IPv4 address they carry.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raykeep {

class IpAddress {
 public:
  // "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; no brackets, zone or port.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress from_v4(const std::array<std::uint8_t, 4>& bytes);
  static IpAddress from_v6(const std::array<std::uint8_t, 16>& bytes);

  bool is_v4() const { return v4_; }
  bool is_loopback() const;
  // 16 bytes; an IPv4 address stands in the last four, in its mapped form.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string text() const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v4_ = false;
};

class IpNetwork {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or an address alone (/32, /128). Host bits that are set make it invalid: "10.0.0.1/8"
  // is more often a mistake than a wish.
  static std::optional<IpNetwork> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  std::string text() const;

 private:
  IpAddress base_;
  unsigned prefix_ = 0;  // bits of the 16-byte form, so an IPv4 /8 is 104
};

bool any_contains(const std::vector<IpNetwork>& networks, const IpAddress& address);

}  // namespace raykeep
