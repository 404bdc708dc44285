// SPDX-License-Identifier: Apache-2.0
#include "network/reachability.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace raykeep::network {
namespace {

using Id = ConnectionPool::Id;

// For a pod attachment only the policies that name it count; for the other networks, all the rest.
bool belongs(const Policy& policy, const Network& network) {
  if (policy.object->kind != "MultiNetworkPolicy") return network.kind != Network::Kind::kAttachment;
  if (network.kind != Network::Kind::kAttachment) return false;
  return std::any_of(policy.networks.begin(), policy.networks.end(),
                     [&](const std::string& name) { return std::string_view(name).substr(name.find('/') + 1) == network.name; });
}

bool uses_port_names(const PolicyRule& rule) {
  return std::any_of(rule.ports.begin(), rule.ports.end(), [](const PortMatch& port) { return !port.port_name.empty(); });
}

bool uses_port_names(const Policy& policy, Direction direction) {
  return std::any_of(policy.rules(direction).begin(), policy.rules(direction).end(), [](const PolicyRule& rule) { return uses_port_names(rule); });
}

bool decides(const Policy& policy, Direction direction) {
  return policy.tier == Tier::kNetworkPolicy ? policy.closes(direction) : !policy.rules(direction).empty();
}

}  // namespace

Connections ports_of(const PolicyRule& rule, const Endpoint* destination, UnknownPortNames unknown) {
  if (rule.any_port) return Connections::all();
  Connections out;
  for (const PortMatch& match : rule.ports) {
    if (match.port_name.empty()) {
      out = out.united(Connections::of(*match.protocol, match.range));
    } else if (destination != nullptr) {
      for (const NamedPort& port : destination->named_ports) {
        if (port.name == match.port_name && (!match.protocol || *match.protocol == port.protocol))
          out = out.united(Connections::of(port.protocol, {{port.port}, {port.port}}));
      }
    } else if (unknown == UnknownPortNames::kKeep) {
      out = out.united(Connections::named(match.protocol.value_or(Protocol::kTcp), match.port_name));
    }
  }
  return out;
}

Reachability::Reachability(const Topology& topology, const Network& network, const std::vector<Policy>& policies, Selection& selection,
                           ConnectionPool& pool, const ReachOptions& options)
    : topology_(topology), network_(network), selection_(selection), pool_(pool), options_(options), endpoint_count_(topology.endpoints().size()) {
  for (const Policy& policy : policies) {
    if (belongs(policy, network)) policies_.push_back(&policy);
  }
  std::stable_sort(policies_.begin(), policies_.end(),
                   [](const Policy* a, const Policy* b) { return std::tie(a->tier, a->priority) < std::tie(b->tier, b->priority); });
  split_addresses();
  for (const Policy* policy : policies_) {
    subjects_.push_back(selection_.select(policy->subject_namespaces, policy->ns, policy->subject_pods));
    resolve(*policy);
  }
  settle(Direction::kIngress);
  settle(Direction::kEgress);
}

// The addresses at which the rules of one direction begin to tell the outside apart.
std::set<Address> Reachability::cuts(Direction direction, const AddressSet& outside) const {
  std::set<Address> out{every_v4().first};
  if (options_.semantics == Semantics::kKubernetes) out.insert(every_v6().first);
  for (const Policy* policy : policies_) {
    for (const PolicyRule& rule : policy->rules(direction)) {
      for (const Peer& peer : rule.peers) {
        const AddressSet addresses = peer.addresses.intersected(outside);
        for (const AddressRange& range : addresses.ranges()) {
          out.insert(range.first);
          if (outside.contains(next(range.last))) out.insert(next(range.last));
        }
      }
    }
  }
  return out;
}

void Reachability::split_addresses() {
  if (!network_.leads_outside()) return;
  AddressSet outside(every_v4());
  if (options_.semantics == Semantics::kKubernetes) outside.add(every_v6());
  const std::set<Address> incoming = cuts(Direction::kIngress, outside);
  const std::set<Address> outgoing = cuts(Direction::kEgress, outside);
  std::set<Address> begins = incoming;
  begins.insert(outgoing.begin(), outgoing.end());
  for (auto begin = begins.begin(); begin != begins.end(); ++begin) {
    const auto after = std::next(begin);
    ranges_.push_back({*begin, after == begins.end() ? outside.ranges().back().last : previous(*after)});
    begins_[index(Direction::kIngress)].push_back(incoming.contains(*begin));
    begins_[index(Direction::kEgress)].push_back(outgoing.contains(*begin));
  }
}

bool Reachability::may_hold_pods(const AddressSet& addresses) const {
  if (options_.semantics == Semantics::kNpGuard) return false;
  return options_.pod_addresses.empty() ? !addresses.empty() : !addresses.intersected(options_.pod_addresses).empty();
}

void Reachability::resolve(const Policy& policy) {
  for (const auto* rules : {&policy.ingress_rules, &policy.egress_rules}) {
    for (const PolicyRule& rule : *rules) {
      RulePeers resolved{Bits(endpoint_count_), Bits(endpoint_count_), {}, rule.any_peer};
      for (const Peer& peer : rule.peers) {
        if (peer.kind == Peer::Kind::kPods) resolved.endpoints |= selection_.select(peer.namespaces, policy.ns, peer.pods);
        if (peer.kind != Peer::Kind::kAddresses) continue;
        resolved.ranges.resize(ranges_.size());
        for (std::size_t i = 0; i < ranges_.size(); ++i) {
          if (peer.addresses.contains(ranges_[i].first)) resolved.ranges[i] = true;
        }
        if (!may_hold_pods(peer.addresses)) continue;
        for (const std::size_t member : network_.members) resolved.maybe.set(member);
      }
      peers_.emplace(&rule, std::move(resolved));
    }
  }
}

void Reachability::settle(Direction direction) {
  std::map<std::tuple<std::vector<const Policy*>, std::vector<NamedPort>, bool>, std::size_t> known;
  auto& row_of = rows_of_[index(direction)];
  row_of.resize(endpoint_count_);
  for (const std::size_t endpoint : network_.members) {
    std::vector<const Policy*> policies = deciding(endpoint, direction);
    const Endpoint& self = topology_.endpoints()[endpoint];
    const bool names = direction == Direction::kIngress && std::any_of(policies.begin(), policies.end(), [&](const Policy* p) { return uses_port_names(*p, direction); });
    const auto [place, added] = known.try_emplace({policies, names ? self.named_ports : std::vector<NamedPort>{}, self.host_network}, rows_[index(direction)].size());
    if (added) rows_[index(direction)].push_back(make_row(endpoint, direction, policies));
    row_of[endpoint] = place->second;
  }
}

std::vector<const Policy*> Reachability::deciding(PeerId endpoint, Direction direction) const {
  std::vector<const Policy*> out;
  for (std::size_t i = 0; i < policies_.size(); ++i) {
    if (decides(*policies_[i], direction) && subjects_[i].test(endpoint)) out.push_back(policies_[i]);
  }
  return out;
}

Reachability::Row Reachability::make_row(PeerId endpoint, Direction direction, const std::vector<const Policy*>& policies) {
  Row row;
  row.certain = evaluate({endpoint, direction, policies, false, false});
  if (options_.semantics == Semantics::kNpGuard) return row;
  row.possible = evaluate({endpoint, direction, policies, true, false});
  if (may_pass(policies, direction)) {
    const std::vector<Id> least = evaluate({endpoint, direction, policies, false, true});
    const std::vector<Id> most = evaluate({endpoint, direction, policies, true, true});
    for (std::size_t peer = 0; peer < least.size(); ++peer) {
      row.certain[peer] = pool_.intersected(row.certain[peer], least[peer]);
      row.possible[peer] = pool_.united(row.possible[peer], most[peer]);
    }
  }
  if (row.possible == row.certain) row.possible.clear();
  return row;
}

bool Reachability::may_pass(const std::vector<const Policy*>& policies, Direction direction) const {
  return std::any_of(policies.begin(), policies.end(), [&](const Policy* policy) {
    return std::any_of(policy->rules(direction).begin(), policy->rules(direction).end(), [](const PolicyRule& rule) { return rule.action == Action::kPass; });
  });
}

std::vector<Id> Reachability::evaluate(const Question& question) {
  const std::size_t count = endpoint_count_ + ranges_.size();
  Balance balance{std::vector<Id>(count, ConnectionPool::kAll), std::vector<Id>(count, ConnectionPool::kNone), {}};
  if (question.policies.empty()) return balance.left;
  for (const Tier tier : {Tier::kAdmin, Tier::kNetworkPolicy, Tier::kBaseline}) evaluate_tier(tier, question, balance);
  for (std::size_t peer = 0; peer < count; ++peer) balance.allowed[peer] = pool_.united(balance.allowed[peer], balance.left[peer]);
  return std::move(balance.allowed);
}

// Takes from the balance what this tier decides.
void Reachability::evaluate_tier(Tier tier, const Question& question, Balance& balance) {
  bool closes = false;
  balance.passed.clear();
  for (const Policy* policy : question.policies) {
    if (policy->tier != tier) continue;
    closes = closes || tier == Tier::kNetworkPolicy;
    for (const PolicyRule& rule : policy->rules(question.direction)) apply_rule(tier, rule, question, balance);
  }
  if (closes) std::fill(balance.left.begin(), balance.left.end(), ConnectionPool::kNone);
  for (std::size_t peer = 0; peer < balance.passed.size(); ++peer) balance.left[peer] = pool_.united(balance.left[peer], balance.passed[peer]);
}

void Reachability::apply_rule(Tier tier, const PolicyRule& rule, const Question& question, Balance& balance) {
  const RulePeers& peers = peers_.find(&rule)->second;
  const bool with_maybe = rule.action == Action::kPass ? question.passes : question.optimistic == (rule.action == Action::kAllow);
  // Names of ports are looked up on the destination: this endpoint, or each peer.
  const bool by_peer = question.direction == Direction::kEgress && uses_port_names(rule);
  const Endpoint* own = question.direction == Direction::kIngress ? &topology_.endpoints()[question.endpoint] : nullptr;
  const Id outside = port_id(rule, own);
  for (PeerId peer = 0; peer < balance.left.size(); ++peer) {
    const Taken taken = takes(peers, peer);
    if (taken == Taken::kNo || (taken == Taken::kMaybe && !with_maybe)) continue;
    const Id ports = by_peer && !is_range(peer) ? port_id(rule, &topology_.endpoints()[peer]) : outside;
    const Id part = pool_.intersected(balance.left[peer], ports);
    if (part == ConnectionPool::kNone) continue;
    if (rule.action == Action::kAllow) balance.allowed[peer] = pool_.united(balance.allowed[peer], part);
    // NetworkPolicies only add up; in the other tiers the first rule that takes a connection decides it.
    if (tier == Tier::kNetworkPolicy) continue;
    balance.left[peer] = pool_.without(balance.left[peer], part);
    if (rule.action != Action::kPass) continue;
    balance.passed.resize(balance.left.size(), ConnectionPool::kNone);
    balance.passed[peer] = pool_.united(balance.passed[peer], part);
  }
}

// Pods on the host's network have its address; whether selectors take them is left to the plugin.
bool Reachability::on_host(PeerId peer) const {
  return options_.semantics == Semantics::kKubernetes && !is_range(peer) && topology_.endpoints()[peer].host_network;
}

Reachability::Taken Reachability::takes(const RulePeers& peers, PeerId peer) const {
  if (peers.everybody) return Taken::kYes;
  if (is_range(peer)) return !peers.ranges.empty() && peers.ranges[peer - endpoint_count_] ? Taken::kYes : Taken::kNo;
  if (peers.endpoints.test(peer)) return on_host(peer) ? Taken::kMaybe : Taken::kYes;
  return peers.maybe.test(peer) ? Taken::kMaybe : Taken::kNo;
}

Answer Reachability::side(PeerId endpoint, Direction direction, PeerId peer) const {
  const Row& row = rows_[index(direction)][row_of(endpoint, direction)];
  return {row.certain[peer], row.possible.empty() ? row.certain[peer] : row.possible[peer]};
}

Answer Reachability::between(PeerId from, PeerId to) {
  Answer out{ConnectionPool::kAll, ConnectionPool::kAll};
  if (!is_range(from)) out = side(from, Direction::kEgress, to);
  if (!is_range(to)) {
    const Answer ingress = side(to, Direction::kIngress, from);
    out = {pool_.intersected(out.certain, ingress.certain), pool_.intersected(out.possible, ingress.possible)};
  }
  if (options_.semantics == Semantics::kNpGuard) return out;
  // Plugins may leave host networking alone, and traffic between a node and its own pods is always let through.
  if (on_host(from) || on_host(to)) out.possible = ConnectionPool::kAll;
  return out;
}

std::vector<std::size_t> Reachability::alike_as_peers() const {
  std::vector<std::size_t> group(endpoint_count_ + ranges_.size());
  const auto split = [&](const std::vector<Id>& row) {
    std::map<std::pair<std::size_t, Id>, std::size_t> parts;
    for (std::size_t peer = 0; peer < row.size(); ++peer) group[peer] = parts.try_emplace({group[peer], row[peer]}, parts.size()).first->second;
  };
  for (const auto& rows : rows_) {
    for (const Row& row : rows) {
      split(row.certain);
      if (!row.possible.empty()) split(row.possible);
    }
  }
  return group;
}

Answer Reachability::by_rule(const PolicyRule& rule, PeerId endpoint, Direction direction, PeerId peer) const {
  const Taken taken = takes(peers_.find(&rule)->second, peer);
  if (taken == Taken::kNo) return {};
  const Endpoint* destination = nullptr;
  const PeerId to = direction == Direction::kIngress ? endpoint : peer;
  if (!is_range(to)) destination = &topology_.endpoints()[to];
  const Id ports = port_id(rule, destination);
  return {taken == Taken::kYes ? ports : ConnectionPool::kNone, ports};
}

}  // namespace raykeep::network
