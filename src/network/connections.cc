// SPDX-License-Identifier: Apache-2.0
#include "network/connections.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace raykeep::network {
namespace {

constexpr std::array<std::string_view, 3> kNames{"SCTP", "TCP", "UDP"};

std::uint64_t pair_key(ConnectionPool::Id a, ConnectionPool::Id b) { return static_cast<std::uint64_t>(a) << 32 | b; }

void append(std::string& list, const std::string& item) {
  if (!list.empty()) list += ',';
  list += item;
}

}  // namespace

std::string_view name(Protocol protocol) { return kNames[static_cast<std::size_t>(protocol)]; }

std::optional<Protocol> parse_protocol(std::string_view text) {
  for (const Protocol protocol : kProtocols) {
    if (name(protocol) == text) return protocol;
  }
  return std::nullopt;
}

Connections Connections::all() {
  Connections out;
  out.ports_.fill(PortSet(kEveryPort));
  return out;
}

Connections Connections::of(Protocol protocol, const PortRange& range) {
  Connections out;
  out.ports_[static_cast<std::size_t>(protocol)] = PortSet(range);
  return out;
}

Connections Connections::named(Protocol protocol, std::string port) {
  Connections out;
  out.named_.emplace(protocol, std::move(port));
  return out;
}

bool Connections::empty() const {
  return named_.empty() && std::all_of(ports_.begin(), ports_.end(), [](const PortSet& set) { return set.empty(); });
}

bool Connections::is_all() const {
  return std::all_of(ports_.begin(), ports_.end(), [](const PortSet& set) { return set == PortSet(kEveryPort); });
}

Connections Connections::united(const Connections& other) const {
  Connections out;
  for (std::size_t i = 0; i < ports_.size(); ++i) out.ports_[i] = ports_[i].united(other.ports_[i]);
  std::set_union(named_.begin(), named_.end(), other.named_.begin(), other.named_.end(), std::inserter(out.named_, out.named_.end()));
  // Every port of a protocol takes the named ones in.
  std::erase_if(out.named_, [&](const auto& entry) { return out.ports(entry.first) == PortSet(kEveryPort); });
  return out;
}

Connections Connections::intersected(const Connections& other) const {
  Connections out;
  for (std::size_t i = 0; i < ports_.size(); ++i) out.ports_[i] = ports_[i].intersected(other.ports_[i]);
  const auto keep = [&out](const Connections& from, const Connections& in) {
    for (const auto& entry : from.named_) {
      if (in.named_.contains(entry) || in.ports(entry.first) == PortSet(kEveryPort)) out.named_.insert(entry);
    }
  };
  keep(*this, other);
  keep(other, *this);
  return out;
}

Connections Connections::without(const Connections& other) const {
  Connections out;
  for (std::size_t i = 0; i < ports_.size(); ++i) out.ports_[i] = ports_[i].without(other.ports_[i]);
  for (const auto& entry : named_) {
    if (!other.named_.contains(entry) && other.ports(entry.first) != PortSet(kEveryPort)) out.named_.insert(entry);
  }
  return out;
}

std::string Connections::text() const {
  if (is_all()) return "All Connections";
  std::string out;
  for (const Protocol protocol : kProtocols) {
    std::string list;
    for (const PortRange& range : ports(protocol).ranges()) {
      append(list, range.first == range.last ? std::to_string(range.first.number) : fmt::format("{}-{}", range.first.number, range.last.number));
    }
    for (const auto& [of, port] : named_) {
      if (of == protocol) append(list, port);
    }
    if (!list.empty()) append(out, fmt::format("{} {}", name(protocol), list));
  }
  return out.empty() ? "No Connections" : out;
}

ConnectionPool::ConnectionPool() {
  intern({});
  intern(Connections::all());
}

ConnectionPool::Id ConnectionPool::intern(const Connections& value) {
  const auto [place, added] = ids_.try_emplace(value, static_cast<Id>(values_.size()));
  if (added) {
    values_.push_back(value);
    texts_.push_back(value.text());
  }
  return place->second;
}

ConnectionPool::Id ConnectionPool::united(Id a, Id b) {
  if (a == b || b == kNone || a == kAll) return a;
  if (a == kNone || b == kAll) return b;
  const std::uint64_t key = pair_key(std::min(a, b), std::max(a, b));
  const auto known = united_.find(key);
  return known != united_.end() ? known->second : united_[key] = intern(get(a).united(get(b)));
}

ConnectionPool::Id ConnectionPool::intersected(Id a, Id b) {
  if (a == b || a == kNone || b == kAll) return a;
  if (b == kNone || a == kAll) return b;
  const std::uint64_t key = pair_key(std::min(a, b), std::max(a, b));
  const auto known = intersected_.find(key);
  return known != intersected_.end() ? known->second : intersected_[key] = intern(get(a).intersected(get(b)));
}

ConnectionPool::Id ConnectionPool::without(Id a, Id b) {
  if (a == kNone || b == kNone) return a;
  if (a == b || b == kAll) return kNone;
  const std::uint64_t key = pair_key(a, b);
  const auto known = without_.find(key);
  return known != without_.end() ? known->second : without_[key] = intern(get(a).without(get(b)));
}

}  // namespace raykeep::network
