// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses as one ordered line of 128-bit numbers, and sets of them. IPv4 stands where RFC 4291 2.5.5.2
// maps it, ::ffff:0:0/96.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ip_network.h"
#include "core/result.h"
#include "network/interval_set.h"

namespace raykeep::network {

struct Address {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Address&) const = default;
};

inline Address next(Address address) {
  if (++address.low == 0) ++address.high;
  return address;
}
inline Address previous(Address address) {
  if (address.low-- == 0) --address.high;
  return address;
}

using AddressRange = Interval<Address>;
using AddressSet = IntervalSet<Address>;

AddressRange every_v4();
// The IPv6 addresses behind the mapped IPv4 ones. What lies before (unspecified, loopback, IPv4-compatible) is never on a
// network.
AddressRange every_v6();
bool is_v4(const Address& address);
std::string text(const Address& address);
// "10.0.0.0-10.0.255.255"; "::/0" for every_v6().
std::string text(const AddressRange& range);
// The networks that make up a range, in CIDR form, joined by ", ": "10.0.0.0/16".
std::string cidr_text(const AddressRange& range);

struct Cidr {
  AddressRange range;
  bool host_bits_set = false;  // "192.168.1.7/24", which means 192.168.1.0/24
};
// A network as ipBlock.cidr holds it. An address without a prefix is no network there.
std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace raykeep::network
