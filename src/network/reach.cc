// SPDX-License-Identifier: Apache-2.0
#include "network/reach.h"

#include <algorithm>
#include <fmt/format.h>

namespace raykeep::network {
namespace {

// The ends of connections by their titles, so that the table needs no sorting afterwards.
bool by_title(const std::pair<std::string, Place>& a, const std::pair<std::string, Place>& b) { return a.first < b.first; }

}  // namespace

Reach::Reach(const kube::Manifests& manifests, const ReachOptions& options, const ray::ExpandOptions& expand)
    : options_(options),
      topology_(manifests, expand, options.semantics == Semantics::kNpGuard ? MixedOwners::kAsTheFirst : MixedOwners::kApart),
      errors_(topology_.problems()) {
  for (const kube::Object* object : topology_.objects()) {
    if (!is_policy(*object)) continue;
    auto policy = read_policy(*object);
    if (!policy) {
      errors_.push_back(std::move(policy.error()));
      continue;
    }
    for (Error& warning : policy->warnings) warnings_.push_back(std::move(warning));
    policies_.push_back(std::move(*policy));
  }
  entrances_ = find_entrances(topology_, options_.semantics);
  served_.resize(topology_.endpoints().size(), ConnectionPool::kNone);
  for (const Entrance& entrance : entrances_) {
    if (entrance.kind == Entrance::Kind::kIngress) served_[entrance.endpoint] = pool_.united(served_[entrance.endpoint], pool_.intern(entrance.ports));
  }
  selection_ = std::make_unique<Selection>(topology_);
  for (const Network& network : topology_.networks())
    networks_.push_back(std::make_unique<Reachability>(topology_, network, policies_, *selection_, pool_, options_));
}

std::string Reach::title(const Place& place, const Network& network) const {
  if (place.endpoint == nullptr) return network::text(place.range) + "[External]";
  if (network.kind == Network::Kind::kPrimary && !place.endpoint->ingress_controller)
    return place.endpoint->ns + "[udn]/" + place.endpoint->name + "[" + place.endpoint->kind + "]";
  return place.endpoint->title();
}

std::string Reach::text(const Answer& answer) const {
  if (answer.certain == answer.possible) return pool_.text(answer.certain);
  if (answer.certain == ConnectionPool::kNone) return "may: " + pool_.text(answer.possible);
  return fmt::format("{} (may: {})", pool_.text(answer.certain), pool_.text(answer.possible));
}

std::vector<Place> Reach::places(const Reachability& network, Direction outside_by) const {
  std::vector<Place> out;
  for (std::size_t i = 0; i < network.ranges().size(); ++i) {
    if (!network.begins(outside_by, i)) {
      out.back().range.last = network.ranges()[i].last;
    } else {
      out.push_back({nullptr, network.endpoint_count() + i, network.ranges()[i]});
    }
  }
  std::vector<std::pair<std::string, Place>> keyed;
  for (const std::size_t member : network.network().members) {
    const Endpoint& endpoint = topology_.endpoints()[member];
    keyed.emplace_back(endpoint.title(), Place{&endpoint, member, {}});
  }
  std::sort(keyed.begin(), keyed.end(), by_title);
  for (auto& [key, place] : keyed) out.push_back(place);
  return out;
}

// Neighbouring outside ranges that reach everybody alike, as one.
std::vector<Place> Reach::merged_sources(Reachability& network, const std::vector<Place>& sources) const {
  std::vector<Place> out;
  const auto alike = [&](const Place& a, const Place& b) {
    return std::all_of(network.network().members.begin(), network.network().members.end(),
                       [&](std::size_t member) { return network.between(a.peer, member) == network.between(b.peer, member); });
  };
  for (const Place& source : sources) {
    const bool joins = source.endpoint == nullptr && !out.empty() && next(out.back().range.last) == source.range.first &&
                       is_v4(out.back().range.first) == is_v4(source.range.first) && alike(out.back(), source);
    if (joins) {
      out.back().range.last = source.range.last;
    } else {
      out.push_back(source);
    }
  }
  return out;
}

Answer Reach::connection(Reachability& network, Reachability::PeerId from, Reachability::PeerId to) {
  const Answer out = network.between(from, to);
  const bool controller = !network.is_range(from) && topology_.endpoints()[from].ingress_controller;
  if (!controller || network.is_range(to)) return out;
  return {pool_.intersected(out.certain, served_[to]), pool_.intersected(out.possible, served_[to])};
}

void Reach::tell(Reachability& network, const Place& source, const std::vector<Place>& targets, const std::function<void(const Connection&)>& f) {
  const bool merge = options_.semantics == Semantics::kKubernetes;
  const bool controller = source.endpoint != nullptr && source.endpoint->ingress_controller;
  std::optional<Connection> open;  // a run of outside ranges with one answer
  for (const Place& target : targets) {
    const bool outside = target.endpoint == nullptr;
    if (outside && (source.endpoint == nullptr || controller)) continue;
    if (!outside && target.endpoint->ingress_controller) continue;
    // A pod always reaches itself; between several pods of a workload the policies decide.
    if (source.endpoint != nullptr && source.endpoint == target.endpoint && (!merge || !source.endpoint->several)) continue;
    const Answer found = connection(network, source.peer, target.peer);
    const bool joins = open && outside && open->answer == found && next(open->to.range.last) == target.range.first && is_v4(open->to.range.first) == is_v4(target.range.first);
    if (joins) {
      open->to.range.last = target.range.last;
      continue;
    }
    if (open) f(*open);
    open.reset();
    if (found.possible == ConnectionPool::kNone) continue;
    if (outside && merge) {
      open = Connection{source, target, found};
    } else {
      f({source, target, found});
    }
  }
  if (open) f(*open);
}

void Reach::each_connection(Reachability& network, const std::function<void(const Connection&)>& f) {
  std::vector<Place> sources = places(network, Direction::kIngress);
  if (options_.semantics == Semantics::kKubernetes) sources = merged_sources(network, sources);
  const std::vector<Place> targets = places(network, Direction::kEgress);
  for (const Place& source : sources) tell(network, source, targets, f);
}

}  // namespace raykeep::network
