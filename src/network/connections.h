// SPDX-License-Identifier: Apache-2.0
// What may flow from one place to another: ports of TCP, UDP and SCTP, the protocols that NetworkPolicies know.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "network/interval_set.h"

namespace raykeep::network {

enum class Protocol : std::uint8_t { kSctp, kTcp, kUdp };
inline constexpr std::array kProtocols{Protocol::kSctp, Protocol::kTcp, Protocol::kUdp};
std::string_view name(Protocol protocol);  // "TCP"
std::optional<Protocol> parse_protocol(std::string_view name);

// A port number, 1 to 65535. Its own type, so that next() and previous() are found.
struct Port {
  std::uint32_t number = 1;
  auto operator<=>(const Port&) const = default;
};
inline Port next(Port port) { return {port.number + 1}; }
inline Port previous(Port port) { return {port.number - 1}; }
using PortRange = Interval<Port>;
using PortSet = IntervalSet<Port>;
inline constexpr PortRange kEveryPort{{1}, {65535}};

class Connections {
 public:
  static Connections all();
  static Connections of(Protocol protocol, const PortRange& range);
  // A port by its name, on destinations that are not known.
  static Connections named(Protocol protocol, std::string port);

  bool empty() const;
  bool is_all() const;
  bool contains(Protocol protocol, std::uint32_t port) const { return ports(protocol).contains({port}); }
  const PortSet& ports(Protocol protocol) const { return ports_[static_cast<std::size_t>(protocol)]; }

  Connections united(const Connections& other) const;
  Connections intersected(const Connections& other) const;
  Connections without(const Connections& other) const;
  // Whether everything of `other` is in here.
  bool covers(const Connections& other) const { return other.without(*this).empty(); }

  // "All Connections", "No Connections", "TCP 80,90-95,UDP 53".
  std::string text() const;
  auto operator<=>(const Connections&) const = default;

 private:
  std::array<PortSet, 3> ports_;
  std::set<std::pair<Protocol, std::string>> named_;
};

// Connections by number: equal ones have one number, and what was combined once is not combined again.
class ConnectionPool {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0;
  static constexpr Id kAll = 1;

  ConnectionPool();
  Id intern(const Connections& value);
  const Connections& get(Id id) const { return values_[id]; }
  const std::string& text(Id id) const { return texts_[id]; }
  Id united(Id a, Id b);
  Id intersected(Id a, Id b);
  Id without(Id a, Id b);

 private:
  using Memo = std::unordered_map<std::uint64_t, Id>;
  std::deque<Connections> values_;
  std::deque<std::string> texts_;
  std::map<Connections, Id> ids_;
  Memo united_, intersected_, without_;
};

}  // namespace raykeep::network
