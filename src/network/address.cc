// SPDX-License-Identifier: Apache-2.0
#include "network/address.h"

#include <charconv>
#include <fmt/format.h>

namespace raykeep::network {
namespace {

constexpr std::uint64_t kMapped = 0xffff00000000ULL;
constexpr std::uint64_t kAllOnes = ~0ULL;

Address to_address(const IpAddress& ip) {
  Address out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.high = out.high << 8 | ip.bytes()[i];
    out.low = out.low << 8 | ip.bytes()[i + 8];
  }
  return out;
}

// The last address of the network of `bits` prefix bits that begins at `first`.
Address end_of(Address first, unsigned bits) {
  if (bits < 64) first.high |= bits == 0 ? kAllOnes : kAllOnes >> bits;
  if (bits <= 64) {
    first.low = kAllOnes;
  } else if (bits < 128) {
    first.low |= kAllOnes >> (bits - 64);
  }
  return first;
}

Address begin_of(Address inside, unsigned bits) {
  if (bits <= 64) {
    inside.low = 0;
    inside.high = bits == 0 ? 0 : inside.high & (kAllOnes << (64 - bits));
  } else if (bits < 128) {
    inside.low &= kAllOnes << (128 - bits);
  }
  return inside;
}

}  // namespace

AddressRange every_v4() { return {{0, kMapped}, {0, kMapped | 0xffffffffULL}}; }

AddressRange every_v6() { return {next(every_v4().last), {kAllOnes, kAllOnes}}; }

bool is_v4(const Address& address) { return address.high == 0 && address.low >> 32 == 0xffff; }

std::string text(const Address& address) {
  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(address.high >> (56 - 8 * i));
    bytes[i + 8] = static_cast<std::uint8_t>(address.low >> (56 - 8 * i));
  }
  return IpAddress::from_v6(bytes).text();
}

std::string text(const AddressRange& range) {
  if (range == every_v6()) return "::/0";
  return text(range.first) + "-" + text(range.last);
}

std::string cidr_text(const AddressRange& range) {
  std::string out;
  Address at = range.first;
  while (true) {
    unsigned bits = is_v4(at) ? 96 : 0;
    while (begin_of(at, bits) != at || range.last < end_of(at, bits)) ++bits;
    if (!out.empty()) out += ", ";
    out += fmt::format("{}/{}", text(at), is_v4(at) ? bits - 96 : bits);
    const Address end = end_of(at, bits);
    if (!(end < range.last)) return out;
    at = next(end);
  }
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ip = IpAddress::parse(text.substr(0, slash));
  unsigned bits = 0;
  const std::string_view prefix = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(prefix.data(), prefix.data() + prefix.size(), bits);
  if (!ip || error != std::errc() || end != prefix.data() + prefix.size() || prefix.empty()) return std::nullopt;
  const bool v4 = ip->is_v4() && text.find(':') == std::string_view::npos;
  if (bits > (v4 ? 32U : 128U)) return std::nullopt;
  if (v4) bits += 96;
  const Address written = to_address(*ip);
  const Address first = begin_of(written, bits);
  return Cidr{{first, end_of(first, bits)}, first != written};
}

}  // namespace raykeep::network
