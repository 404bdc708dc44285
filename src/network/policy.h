// SPDX-License-Identifier: Apache-2.0
// NetworkPolicy (networking.k8s.io/v1), AdminNetworkPolicy and BaselineAdminNetworkPolicy (policy.networking.k8s.io/
// v1alpha1), ClusterNetworkPolicy (v1alpha2) and MultiNetworkPolicy (k8s.cni.cncf.io) in one form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/object.h"
#include "kube/selector.h"
#include "network/address.h"
#include "network/connections.h"

namespace raykeep::network {

inline constexpr ErrorCode kBadPolicy{"network-policy-invalid", ErrorKind::kInput, "The API server refuses it; as it stands it protects nothing."};

// In the order in which they decide: an admin tier, then NetworkPolicies, then the baseline, then everything is allowed.
enum class Tier : std::uint8_t { kAdmin, kNetworkPolicy, kBaseline };
enum class Action : std::uint8_t { kAllow, kDeny, kPass };
enum class Direction : std::uint8_t { kIngress, kEgress };
std::string_view name(Direction direction);  // "ingress"

// One item of from or to.
struct Peer {
  enum class Kind : std::uint8_t {
    kPods,       // the pods of `pods` in the namespaces of `namespaces`
    kAddresses,  // ipBlock, networks
    kNodes,      // nodes of the cluster, or names outside of it (domainNames): nothing that manifests tell
  };
  Kind kind = Kind::kPods;
  std::optional<kube::LabelSelector> namespaces;  // empty: the namespace of the policy
  kube::LabelSelector pods;
  AddressSet addresses;
  const document::Node* node = nullptr;
};

// One item of ports.
struct PortMatch {
  std::optional<Protocol> protocol;  // empty for a port that is named without one (ANP namedPort)
  PortRange range = kEveryPort;
  std::string port_name;  // resolved on the destination; empty for a range
};

struct PolicyRule {
  Action action = Action::kAllow;
  std::vector<Peer> peers;  // none: everybody, inside the cluster and outside
  bool any_peer = false;
  std::vector<PortMatch> ports;
  bool any_port = false;
  const document::Node* node = nullptr;
};

struct Policy {
  Tier tier = Tier::kNetworkPolicy;
  std::int64_t priority = 0;  // of the admin and baseline tiers: the lower decides first
  const kube::Object* object = nullptr;
  std::string ns;  // of NetworkPolicies
  std::optional<kube::LabelSelector> subject_namespaces;  // empty: `ns`
  kube::LabelSelector subject_pods;
  bool ingress = false, egress = false;  // NetworkPolicies: the directions in which its pods are closed
  std::vector<PolicyRule> ingress_rules, egress_rules;
  std::vector<std::string> networks;  // MultiNetworkPolicy: "namespace/name" of the attachments that it is for
  std::vector<Error> warnings;        // what is accepted and has no effect

  const std::vector<PolicyRule>& rules(Direction direction) const { return direction == Direction::kIngress ? ingress_rules : egress_rules; }
  bool closes(Direction direction) const { return direction == Direction::kIngress ? ingress : egress; }
};

// Whether an object is of one of the kinds above.
bool is_policy(const kube::Object& object);
// Precondition: is_policy(object). Fails where the API server would refuse the object.
Result<Policy> read_policy(const kube::Object& object);

}  // namespace raykeep::network
