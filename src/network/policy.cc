// SPDX-License-Identifier: Apache-2.0
#include "network/policy.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/encoding.h"
#include "network/policy_reading.h"

namespace raykeep::network {
namespace {

using document::Node;
using kube::Object;

constexpr std::string_view kPolicyFor = "k8s.v1.cni.cncf.io/policy-for";

AddressSet addresses_of(const Cidr& cidr) {
  const AddressSet all(cidr.range);
  // An IPv6 network takes no IPv4 address in, though their mapped forms lie among the IPv6 addresses.
  return is_v4(cidr.range.first) && is_v4(cidr.range.last) ? all : all.without(AddressSet(every_v4()));
}

}  // namespace

tl::unexpected<Error> bad_policy(const Object& object, const Node& at, const std::string& message) {
  return fail(kBadPolicy, object.title() + ": " + message, object.at(at));
}

Result<kube::LabelSelector> policy_selector(const Object& object, const Node& node) {
  auto read = kube::read_selector(node);
  if (!read) return fail(kBadPolicy, object.title() + ": " + read.error().message(), {object.at(node).file, read.error().at()->line, read.error().at()->column});
  return read;
}

Result<AddressSet> policy_network(Policy& policy, const Node& node) {
  const auto cidr = parse_cidr(node.text());
  if (!cidr) return bad_policy(*policy.object, node, json_quote(node.text()) + " is no network in CIDR form, like 10.0.0.0/8");
  if (cidr->host_bits_set)
    policy.warnings.emplace_back(kBadPolicy, fmt::format("{}: {} has host bits set; it means {}", policy.object->title(), node.text(), cidr_text(cidr->range)),
                                 policy.object->at(node));
  return addresses_of(*cidr);
}

std::vector<std::string_view> comma_list(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    one.remove_prefix(std::min(one.find_first_not_of(" \t\r\n"), one.size()));
    one = one.substr(0, one.find_last_not_of(" \t\r\n") + 1);
    if (!one.empty()) out.push_back(one);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

Result<std::uint32_t> policy_port(const Object& object, const Node& node) {
  const auto number = node.as_integer();
  if (!number || *number < 1 || *number > 65535) return bad_policy(object, node, fmt::format("{} is no port; ports are 1 to 65535", node.text()));
  return static_cast<std::uint32_t>(*number);
}

Result<Protocol> policy_protocol(const Object& object, const Node* node) {
  if (node == nullptr || node->is_null()) return Protocol::kTcp;
  const auto protocol = parse_protocol(node->text());
  if (!protocol) return bad_policy(object, *node, json_quote(node->text()) + " is no protocol; NetworkPolicies know TCP, UDP and SCTP");
  return *protocol;
}

namespace {

// A null stands for nothing, as in every object of the API.
const Node* written(const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Result<Peer> read_ip_block(Policy& policy, const Node& item, const Node& block) {
  if (written(item, "podSelector") != nullptr || written(item, "namespaceSelector") != nullptr)
    return bad_policy(*policy.object, block, "ipBlock does not stand beside podSelector or namespaceSelector");
  const Node* cidr = block.find("cidr");
  if (cidr == nullptr) return bad_policy(*policy.object, block, "ipBlock needs a cidr");
  RK_TRY(AddressSet addresses, policy_network(policy, *cidr));
  const AddressSet whole = addresses;
  if (const Node* except = block.find("except")) {
    for (const Node& hole : except->items()) {
      RK_TRY(const AddressSet taken, policy_network(policy, hole));
      if (!taken.without(whole).empty() || taken == whole)
        return bad_policy(*policy.object, hole, fmt::format("{} does not lie inside {}", hole.text(), cidr->text()));
      addresses = addresses.without(taken);
    }
  }
  return Peer{Peer::Kind::kAddresses, {}, {}, std::move(addresses), &item};
}

Result<Peer> read_peer(Policy& policy, const Node& item) {
  if (const Node* block = written(item, "ipBlock")) return read_ip_block(policy, item, *block);
  const Node* namespaces = written(item, "namespaceSelector");
  const Node* pods = written(item, "podSelector");
  if (namespaces == nullptr && pods == nullptr)
    return bad_policy(*policy.object, item, "a peer needs a podSelector, a namespaceSelector or an ipBlock; an empty one selects nobody");
  Peer peer;
  peer.node = &item;
  if (namespaces != nullptr) {
    RK_TRY(peer.namespaces, policy_selector(*policy.object, *namespaces));
  }
  if (pods != nullptr) {
    RK_TRY(peer.pods, policy_selector(*policy.object, *pods));
  }
  return peer;
}

Result<PortMatch> read_port(const Object& object, const Node& item) {
  PortMatch match;
  RK_TRY(match.protocol, policy_protocol(object, item.find("protocol")));
  const Node* port = written(item, "port");
  const Node* end = written(item, "endPort");
  if (port == nullptr) {
    if (end != nullptr) return bad_policy(object, *end, "endPort needs a port");
    return match;
  }
  if (port->is_string()) {
    if (end != nullptr) return bad_policy(object, *end, "endPort needs a port that is a number");
    if (port->text().empty()) return bad_policy(object, *port, "the name of a port is empty");
    match.port_name = port->text();
    return match;
  }
  RK_TRY(const std::uint32_t first, policy_port(object, *port));
  match.range = {{first}, {first}};
  if (end != nullptr) {
    RK_TRY(const std::uint32_t last, policy_port(object, *end));
    if (last < first) return bad_policy(object, *end, fmt::format("endPort {} is below port {}", last, first));
    match.range.last = {last};
  }
  return match;
}

bool is_list(const Node* node) { return node != nullptr && node->is_sequence() && !node->items().empty(); }

Result<PolicyRule> read_rule(Policy& policy, const Node& item, std::string_view peers_key) {
  PolicyRule rule;
  rule.node = &item;
  const Node* peers = item.find(peers_key);
  rule.any_peer = !is_list(peers);
  if (!rule.any_peer) {
    for (const Node& peer : peers->items()) {
      RK_TRY(Peer read, read_peer(policy, peer));
      rule.peers.push_back(std::move(read));
    }
  }
  const Node* ports = item.find("ports");
  rule.any_port = !is_list(ports);
  if (!rule.any_port) {
    for (const Node& port : ports->items()) {
      RK_TRY(PortMatch read, read_port(*policy.object, port));
      rule.ports.push_back(std::move(read));
    }
  }
  return rule;
}

Result<void> read_rules(Policy& policy, const Node& spec, Direction direction) {
  const Node* rules = spec.find(name(direction));
  if (rules == nullptr || rules->is_null()) return {};
  if (!rules->is_sequence()) return bad_policy(*policy.object, *rules, fmt::format("{} is a list of rules", name(direction)));
  auto& out = direction == Direction::kIngress ? policy.ingress_rules : policy.egress_rules;
  for (const Node& item : rules->items()) {
    RK_TRY(PolicyRule rule, read_rule(policy, item, direction == Direction::kIngress ? "from" : "to"));
    out.push_back(std::move(rule));
  }
  if (!out.empty() && !policy.closes(direction))
    policy.warnings.emplace_back(kBadPolicy, fmt::format("{}: its {} rules have no effect, since policyTypes does not name {}", policy.object->title(), name(direction),
                                                         direction == Direction::kIngress ? "Ingress" : "Egress"),
                                 policy.object->at(*rules));
  return {};
}

Result<void> read_types(Policy& policy, const Node& spec) {
  const Node* types = spec.find("policyTypes");
  if (!is_list(types)) {
    policy.ingress = true;
    policy.egress = is_list(spec.find("egress"));
    return {};
  }
  for (const Node& type : types->items()) {
    if (type.text() == "Ingress") policy.ingress = true;
    else if (type.text() == "Egress") policy.egress = true;
    else return bad_policy(*policy.object, type, "policyTypes holds Ingress and Egress, not " + json_quote(type.text()));
  }
  return {};
}

// "a, ns/b" of the annotation that says for which attachments a MultiNetworkPolicy is.
std::vector<std::string> attachments(const Object& object) {
  std::vector<std::string> out;
  for (const std::string_view one : comma_list(kube::annotation(*object.root, kPolicyFor)))
    out.push_back(one.find('/') == std::string_view::npos ? std::string(object.effective_namespace()) + "/" + std::string(one) : std::string(one));
  return out;
}

}  // namespace

std::string_view name(Direction direction) { return direction == Direction::kIngress ? "ingress" : "egress"; }

Result<Policy> read_namespaced_policy(const Object& object) {
  Policy policy;
  policy.object = &object;
  policy.ns = object.effective_namespace();
  if (object.kind == "MultiNetworkPolicy") policy.networks = attachments(object);
  const Node* spec = object.find({"spec"});
  if (spec == nullptr || !spec->is_mapping()) return bad_policy(object, *object.root, "it has no spec");
  if (const Node* selector = spec->find("podSelector")) {
    RK_TRY(policy.subject_pods, policy_selector(object, *selector));
  }
  RK_TRY_VOID(read_types(policy, *spec));
  RK_TRY_VOID(read_rules(policy, *spec, Direction::kIngress));
  RK_TRY_VOID(read_rules(policy, *spec, Direction::kEgress));
  return policy;
}

bool is_policy(const Object& object) {
  return object.kind == "NetworkPolicy" || object.kind == "MultiNetworkPolicy" || object.kind == "AdminNetworkPolicy" ||
         object.kind == "BaselineAdminNetworkPolicy" || object.kind == "ClusterNetworkPolicy";
}

}  // namespace raykeep::network
