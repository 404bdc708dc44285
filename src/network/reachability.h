// SPDX-License-Identifier: Apache-2.0
// Who can reach whom on one network, under a set of policies. Peers are the endpoints, then ranges of outside addresses
// that no policy tells apart.
//
// Pods that the same policies select share one row of answers, so the work grows with the kinds of pods, not with pods
// times pods times rules.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "network/bits.h"
#include "network/policy.h"
#include "network/selection.h"
#include "network/topology.h"

namespace raykeep::network {

enum class Semantics : std::uint8_t {
  // networking.k8s.io/v1 as written. What it leaves undefined, whether an ipBlock takes pods, is answered "may".
  kKubernetes,
  // The conventions of np-guard's analyser: IPv4 only, an ipBlock never takes pods, host networking is not looked at,
  // and a workload is not asked about itself.
  kNpGuard,
};

struct ReachOptions {
  Semantics semantics = Semantics::kKubernetes;
  // The addresses that pods have. Known, an ipBlock that does not touch them takes no pod for certain.
  AddressSet pod_addresses;
};

// What may flow for certain, and what flows or not by how the network plugin treats pod addresses. certain is within
// possible.
struct Answer {
  ConnectionPool::Id certain = ConnectionPool::kNone;
  ConnectionPool::Id possible = ConnectionPool::kNone;
  bool operator==(const Answer&) const = default;
};

// What becomes of the name of a port where the destination is not known.
enum class UnknownPortNames : std::uint8_t { kDrop, kKeep };
// The ports of a rule on a destination (null: not known, or outside addresses, which have no named ports).
Connections ports_of(const PolicyRule& rule, const Endpoint* destination, UnknownPortNames unknown = UnknownPortNames::kDrop);

class Reachability {
 public:
  using PeerId = std::size_t;

  // `policies` and `topology` outlive this.
  Reachability(const Topology& topology, const Network& network, const std::vector<Policy>& policies, Selection& selection,
               ConnectionPool& pool, const ReachOptions& options);

  const Network& network() const { return network_; }
  // Outside addresses that no policy tells apart; the peer of range i is endpoint_count() + i.
  const std::vector<AddressRange>& ranges() const { return ranges_; }
  // Whether a rule of this direction tells range i from the one before.
  bool begins(Direction direction, std::size_t i) const { return begins_[index(direction)][i]; }
  std::size_t endpoint_count() const { return endpoint_count_; }
  bool is_range(PeerId peer) const { return peer >= endpoint_count_; }

  // Whether `from` may open connections to `to`. Precondition: at least one of them is an endpoint of this network.
  Answer between(PeerId from, PeerId to);
  // What the policies on one side alone allow.
  Answer side(PeerId endpoint, Direction direction, PeerId peer) const;

  // The policies that select an endpoint and decide in a direction: admin tier, NetworkPolicies, baseline, in the order
  // in which they decide.
  std::vector<const Policy*> deciding(PeerId endpoint, Direction direction) const;
  // What one rule lets through between its subject and a peer, by ports; kNone when it does not take the peer.
  // Precondition: the rule belongs to a policy that selects `endpoint`.
  Answer by_rule(const PolicyRule& rule, PeerId endpoint, Direction direction, PeerId peer) const;
  // Endpoints with the same number have the same answers to every peer in this direction.
  std::size_t row_of(PeerId endpoint, Direction direction) const { return rows_of_[index(direction)][endpoint]; }
  // Peers with the same number are treated alike by every row.
  std::vector<std::size_t> alike_as_peers() const;

 private:
  struct Row {
    std::vector<ConnectionPool::Id> certain;
    std::vector<ConnectionPool::Id> possible;  // empty when it is the same
  };
  // How sure a rule is to take a peer.
  enum class Taken : std::uint8_t { kNo, kMaybe, kYes };
  struct RulePeers {
    Bits endpoints;       // taken for certain
    Bits maybe;           // by their addresses
    std::vector<bool> ranges;
    bool everybody = false;
  };
  // What an endpoint may do in one direction, with each doubt decided one way.
  struct Question {
    PeerId endpoint = 0;
    Direction direction = Direction::kIngress;
    const std::vector<const Policy*>& policies;
    bool optimistic = false;
    bool passes = false;  // a Pass that may take a peer does; it can help or hurt, so both are asked
  };
  // By peer: what no tier has decided yet, what is allowed, and what this tier hands to the next.
  struct Balance {
    std::vector<ConnectionPool::Id> left, allowed, passed;
  };

  static std::size_t index(Direction direction) { return direction == Direction::kIngress ? 0 : 1; }
  std::set<Address> cuts(Direction direction, const AddressSet& outside) const;
  void split_addresses();
  void resolve(const Policy& policy);
  void settle(Direction direction);
  Row make_row(PeerId endpoint, Direction direction, const std::vector<const Policy*>& policies);
  std::vector<ConnectionPool::Id> evaluate(const Question& question);
  bool may_pass(const std::vector<const Policy*>& policies, Direction direction) const;
  void evaluate_tier(Tier tier, const Question& question, Balance& balance);
  void apply_rule(Tier tier, const PolicyRule& rule, const Question& question, Balance& balance);
  ConnectionPool::Id port_id(const PolicyRule& rule, const Endpoint* destination) const { return pool_.intern(ports_of(rule, destination)); }
  bool on_host(PeerId peer) const;
  Taken takes(const RulePeers& peers, PeerId peer) const;
  bool may_hold_pods(const AddressSet& addresses) const;

  const Topology& topology_;
  const Network& network_;
  Selection& selection_;
  ConnectionPool& pool_;
  ReachOptions options_;
  std::size_t endpoint_count_;
  std::vector<AddressRange> ranges_;
  std::vector<bool> begins_[2];
  std::vector<const Policy*> policies_;  // of this network, in the order in which they decide
  std::vector<Bits> subjects_;           // beside policies_
  std::map<const PolicyRule*, RulePeers> peers_;
  std::vector<Row> rows_[2];
  std::vector<std::size_t> rows_of_[2];
};

}  // namespace raykeep::network
