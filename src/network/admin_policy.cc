// SPDX-License-Identifier: Apache-2.0
// The cluster-wide policies: sigs.k8s.io/network-policy-api apis/v1alpha1 and apis/v1alpha2.
#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "core/encoding.h"
#include "network/policy.h"
#include "network/policy_reading.h"

namespace raykeep::network {
namespace {

using document::Node;
using kube::Object;

// The one field of a peer, port or subject that is set. More or fewer than one is an error of the API.
Result<const document::Member*> only_field(const Object& object, const Node& node, std::string_view what) {
  if (!node.is_mapping() || node.members().size() != 1) return bad_policy(object, node, fmt::format("a {} names exactly one thing", what));
  return &node.members().front();
}

Result<Peer> read_pods(const Object& object, const Node& pods) {
  Peer peer;
  const Node* namespaces = pods.find("namespaceSelector");
  const Node* selector = pods.find("podSelector");
  // v1alpha1 lets an absent namespaceSelector select every namespace, as an empty one does.
  peer.namespaces.emplace();
  if (namespaces != nullptr) {
    RK_TRY(peer.namespaces, policy_selector(object, *namespaces));
  }
  if (selector != nullptr) {
    RK_TRY(peer.pods, policy_selector(object, *selector));
  }
  return peer;
}

// Each network of a peer is a peer of its own.
Result<std::vector<Peer>> read_networks(Policy& policy, const Node& item, const Node& networks) {
  std::vector<Peer> out;
  for (const Node& network : networks.items()) {
    Peer peer;
    peer.kind = Peer::Kind::kAddresses;
    peer.node = &item;
    RK_TRY(peer.addresses, policy_network(policy, network));
    out.push_back(std::move(peer));
  }
  return out;
}

Result<std::vector<Peer>> read_peer(Policy& policy, const Node& item, Direction direction) {
  RK_TRY(const document::Member* field, only_field(*policy.object, item, "peer"));
  Peer peer;
  const std::string_view kind = field->name();
  if (kind == "namespaces") {
    RK_TRY(peer.namespaces, policy_selector(*policy.object, field->value));
  } else if (kind == "pods") {
    RK_TRY(peer, read_pods(*policy.object, field->value));
  } else if (kind == "networks" && direction == Direction::kEgress) {
    return read_networks(policy, item, field->value);
  } else if ((kind == "nodes" || kind == "domainNames") && direction == Direction::kEgress) {
    peer.kind = Peer::Kind::kNodes;
    policy.warnings.emplace_back(kBadPolicy, fmt::format("{}: what {} selects is not in manifests; this peer is left out", policy.object->title(), kind),
                                 policy.object->at(field->key));
  } else {
    return bad_policy(*policy.object, field->key, fmt::format("{} is no peer of {}", json_quote(kind), name(direction)));
  }
  peer.node = &item;
  return std::vector<Peer>{std::move(peer)};
}

Result<PortRange> read_range(const Object& object, const Node& node) {
  const Node* start = node.find("start");
  const Node* end = node.find("end");
  if (start == nullptr || end == nullptr) return bad_policy(object, node, "a range of ports needs start and end");
  RK_TRY(const std::uint32_t first, policy_port(object, *start));
  RK_TRY(const std::uint32_t last, policy_port(object, *end));
  if (last < first) return bad_policy(object, *end, fmt::format("the end of the range, {}, is below its start, {}", last, first));
  return PortRange{{first}, {last}};
}

Result<PortRange> one_port(const Object& object, const Node& owner, std::string_view key) {
  const Node* port = owner.find(key);
  if (port == nullptr) return bad_policy(object, owner, fmt::format("{} is missing", key));
  RK_TRY(const std::uint32_t number, policy_port(object, *port));
  return PortRange{{number}, {number}};
}

// v1alpha1: portNumber, portRange, namedPort.
Result<PortMatch> read_port(const Object& object, const Node& item) {
  RK_TRY(const document::Member* field, only_field(object, item, "port"));
  PortMatch match;
  if (field->name() == "namedPort") {
    match.port_name = field->value.text();
    return match;
  }
  RK_TRY(match.protocol, policy_protocol(object, field->value.find("protocol")));
  if (field->name() == "portNumber") {
    RK_TRY(match.range, one_port(object, field->value, "port"));
  } else if (field->name() == "portRange") {
    RK_TRY(match.range, read_range(object, field->value));
  } else {
    return bad_policy(object, field->key, json_quote(field->name()) + " is no kind of port; there are portNumber, portRange and namedPort");
  }
  return match;
}

// v1alpha2: tcp, udp, sctp with a destinationPort, or destinationNamedPort.
Result<PortMatch> read_protocol(const Object& object, const Node& item) {
  RK_TRY(const document::Member* field, only_field(object, item, "protocol"));
  PortMatch match;
  if (field->name() == "destinationNamedPort") {
    match.port_name = field->value.text();
    return match;
  }
  std::string upper(field->name());
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  match.protocol = parse_protocol(upper);
  if (!match.protocol) return bad_policy(object, field->key, json_quote(field->name()) + " is no protocol; there are tcp, udp, sctp and destinationNamedPort");
  const Node* port = field->value.find("destinationPort");
  if (port == nullptr) return match;
  if (const Node* range = port->find("range")) {
    RK_TRY(match.range, read_range(object, *range));
  } else {
    RK_TRY(match.range, one_port(object, *port, "number"));
  }
  return match;
}

Result<Action> read_action(const Policy& policy, const Node& rule) {
  const Node* action = rule.find("action");
  const std::string_view text = action == nullptr ? std::string_view() : action->text();
  if (text == "Allow" || text == "Accept") return Action::kAllow;
  if (text == "Deny") return Action::kDeny;
  const bool may_pass = policy.object->kind != "BaselineAdminNetworkPolicy";
  if (text == "Pass" && may_pass) return Action::kPass;
  return bad_policy(*policy.object, action == nullptr ? rule : *action,
                    fmt::format("{} is no action of a {}", text.empty() ? "nothing" : json_quote(text), policy.object->kind));
}

Result<PolicyRule> read_rule(Policy& policy, const Node& item, Direction direction) {
  PolicyRule rule;
  rule.node = &item;
  RK_TRY(rule.action, read_action(policy, item));
  const std::string_view key = direction == Direction::kIngress ? "from" : "to";
  const Node* peers = item.find(key);
  if (peers == nullptr || peers->items().empty()) return bad_policy(*policy.object, item, fmt::format("a rule needs {}", key));
  for (const Node& peer : peers->items()) {
    RK_TRY(std::vector<Peer> read, read_peer(policy, peer, direction));
    std::move(read.begin(), read.end(), std::back_inserter(rule.peers));
  }
  const Node* ports = item.find("ports");
  const Node* protocols = item.find("protocols");
  rule.any_port = (ports == nullptr || ports->items().empty()) && (protocols == nullptr || protocols->items().empty());
  if (ports != nullptr) {
    for (const Node& port : ports->items()) {
      RK_TRY(PortMatch read, read_port(*policy.object, port));
      rule.ports.push_back(std::move(read));
    }
  }
  if (protocols != nullptr) {
    for (const Node& protocol : protocols->items()) {
      RK_TRY(PortMatch read, read_protocol(*policy.object, protocol));
      rule.ports.push_back(std::move(read));
    }
  }
  return rule;
}

Result<void> read_rules(Policy& policy, const Node& spec, Direction direction) {
  const Node* rules = spec.find(name(direction));
  if (rules == nullptr) return {};
  for (const Node& item : rules->items()) {
    RK_TRY(PolicyRule rule, read_rule(policy, item, direction));
    (direction == Direction::kIngress ? policy.ingress_rules : policy.egress_rules).push_back(std::move(rule));
  }
  return {};
}

Result<void> read_subject(Policy& policy, const Node& spec) {
  const Node* subject = spec.find("subject");
  if (subject == nullptr) return bad_policy(*policy.object, spec, "it has no subject");
  RK_TRY(const document::Member* field, only_field(*policy.object, *subject, "subject"));
  if (field->name() == "namespaces") {
    RK_TRY(policy.subject_namespaces, policy_selector(*policy.object, field->value));
  } else if (field->name() == "pods") {
    RK_TRY(Peer pods, read_pods(*policy.object, field->value));
    policy.subject_namespaces = std::move(pods.namespaces);
    policy.subject_pods = std::move(pods.pods);
  } else {
    return bad_policy(*policy.object, field->key, json_quote(field->name()) + " is no subject; there are namespaces and pods");
  }
  return {};
}

Result<void> read_tier(Policy& policy, const Node& spec) {
  const Object& object = *policy.object;
  policy.tier = object.kind == "BaselineAdminNetworkPolicy" ? Tier::kBaseline : Tier::kAdmin;
  if (object.kind == "ClusterNetworkPolicy") {
    const std::string_view tier = kube::string_at(spec, {"tier"});
    if (tier != "Admin" && tier != "Baseline") return bad_policy(object, spec, "tier is Admin or Baseline");
    if (tier == "Baseline") policy.tier = Tier::kBaseline;
  }
  if (object.kind == "BaselineAdminNetworkPolicy") {
    if (object.name != "default") return bad_policy(object, *object.root, "there is one BaselineAdminNetworkPolicy, and its name is default");
    return {};
  }
  const Node* priority = spec.find("priority");
  const auto number = priority == nullptr ? std::nullopt : priority->as_integer();
  if (!number || *number < 0 || *number > 1000) return bad_policy(object, priority == nullptr ? spec : *priority, "it needs a priority of 0 to 1000");
  policy.priority = *number;
  return {};
}

}  // namespace

Result<Policy> read_policy(const Object& object) {
  if (object.kind == "NetworkPolicy" || object.kind == "MultiNetworkPolicy") return read_namespaced_policy(object);
  Policy policy;
  policy.object = &object;
  const Node* spec = object.find({"spec"});
  if (spec == nullptr || !spec->is_mapping()) return bad_policy(object, *object.root, "it has no spec");
  RK_TRY_VOID(read_tier(policy, *spec));
  RK_TRY_VOID(read_subject(policy, *spec));
  RK_TRY_VOID(read_rules(policy, *spec, Direction::kIngress));
  RK_TRY_VOID(read_rules(policy, *spec, Direction::kEgress));
  return policy;
}

}  // namespace raykeep::network
