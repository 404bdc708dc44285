// SPDX-License-Identifier: Apache-2.0
#include "core/ip_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace raykeep {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool bit(const std::array<std::uint8_t, 16>& bytes, unsigned i) { return (bytes[i / 8] >> (7 - i % 8) & 1U) != 0; }

}  // namespace

IpAddress IpAddress::from_v4(const std::array<std::uint8_t, 4>& bytes) {
  IpAddress out;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), out.bytes_.begin());
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin() + 12);
  out.v4_ = true;
  return out;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress out;
  out.bytes_ = bytes;
  out.v4_ = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) return std::nullopt;
  std::array<std::uint8_t, 4> v4;
  if (::inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return from_v4(v4);
  std::array<std::uint8_t, 16> v6;
  if (::inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return from_v6(v6);
  return std::nullopt;
}

bool IpAddress::is_loopback() const {
  if (v4_) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; }) && bytes_[15] == 1;
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN];
  if (v4_) {
    ::inet_ntop(AF_INET, bytes_.data() + 12, out, sizeof out);
  } else {
    ::inet_ntop(AF_INET6, bytes_.data(), out, sizeof out);
  }
  return out;
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool mapped_v6 = address->is_v4() && text.substr(0, slash).find(':') != std::string_view::npos;
  const unsigned width = address->is_v4() && !mapped_v6 ? 32 : 128;
  unsigned prefix = width;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    const bool plain = !digits.empty() && (digits.size() == 1 || digits[0] != '0');
    if (error != std::errc{} || end != digits.data() + digits.size() || !plain || prefix > width) return std::nullopt;
  }
  IpNetwork out;
  out.base_ = *address;
  out.prefix_ = prefix + (128 - width);
  for (unsigned i = out.prefix_; i < 128; ++i) {
    if (bit(address->bytes(), i)) return std::nullopt;
  }
  return out;
}

bool IpNetwork::contains(const IpAddress& address) const {
  if (prefix_ >= 96 && base_.is_v4() != address.is_v4()) return false;
  for (unsigned i = 0; i < prefix_; ++i) {
    if (bit(base_.bytes(), i) != bit(address.bytes(), i)) return false;
  }
  // "::/0" means every IPv6 address; an IPv4 peer is named by an IPv4 network.
  return base_.is_v4() == address.is_v4();
}

std::string IpNetwork::text() const {
  return fmt::format("{}/{}", base_.text(), base_.is_v4() ? prefix_ - 96 : prefix_);
}

bool any_contains(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(), [&](const IpNetwork& n) { return n.contains(address); });
}

}  // namespace raykeep
