// SPDX-License-Identifier: Apache-2.0
#include "network/exposure.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace raykeep::network {
namespace {

using document::Node;
using kube::LabelSelector;
using kube::Requirement;

constexpr std::string_view kNameLabel = "kubernetes.io/metadata.name";

// Pods that a peer of a rule would take, whether there are any or not.
struct Stranger {
  LabelSelector namespaces;
  LabelSelector pods;
  std::string text;
};

LabelSelector only_namespace(const std::string& name) { return {{{std::string(kNameLabel), Requirement::Operator::kIn, {name}}}}; }

LabelSelector namespaces_of(const Peer& peer, const Policy& policy) { return peer.namespaces ? *peer.namespaces : only_namespace(policy.ns); }

// Every pod of `narrow` is one of `wide`, as far as their requirements show.
bool covers(const LabelSelector& wide, const LabelSelector& narrow) {
  return std::all_of(wide.requirements.begin(), wide.requirements.end(), [&](const Requirement& requirement) {
    return std::find(narrow.requirements.begin(), narrow.requirements.end(), requirement) != narrow.requirements.end();
  });
}

// The namespace that a selector names, or nothing.
std::optional<std::string> one_namespace(const LabelSelector& selector) {
  if (selector.requirements.size() != 1) return std::nullopt;
  const Requirement& only = selector.requirements.front();
  if (only.key != kNameLabel || only.op != Requirement::Operator::kIn || only.values.size() != 1) return std::nullopt;
  return only.values.front();
}

std::string_view name(Requirement::Operator op) {
  switch (op) {
    case Requirement::Operator::kIn: return "In";
    case Requirement::Operator::kNotIn: return "NotIn";
    case Requirement::Operator::kExists: return "Exists";
    case Requirement::Operator::kDoesNotExist: return "DoesNotExist";
  }
  return "";
}

// The values of an expression in the order in which they were written.
std::vector<std::string> written_values(const Requirement& requirement, const Node* written) {
  const Node* expressions = written == nullptr ? nullptr : written->find("matchExpressions");
  if (expressions == nullptr) return requirement.values;
  for (const Node& expression : expressions->items()) {
    const Node* values = expression.find("values");
    if (kube::string_at(expression, {"key"}) != requirement.key || values == nullptr) continue;
    std::vector<std::string> out;
    for (const Node& value : values->items()) out.emplace_back(value.text());
    std::vector<std::string> sorted = out;
    std::sort(sorted.begin(), sorted.end());
    if (sorted == requirement.values) return out;
  }
  return requirement.values;
}

// "{app=web,{Key:tier,Operator:Exists,Values:[],}}": the labels as they were written, then the expressions.
std::string requirements_text(const LabelSelector& selector, const Node* written) {
  std::string labels, expressions;
  for (const Requirement& requirement : selector.requirements) {
    const bool as_label = written != nullptr && written->find_path({"matchLabels", requirement.key}) != nullptr && requirement.op == Requirement::Operator::kIn;
    if (as_label) {
      labels += fmt::format("{}{}={}", labels.empty() ? "" : ",", requirement.key, requirement.values.front());
    } else {
      expressions += fmt::format("{}{{Key:{},Operator:{},Values:[{}],}}", expressions.empty() ? "" : ",", requirement.key, name(requirement.op),
                                 fmt::join(written_values(requirement, written), " "));
    }
  }
  return fmt::format("{{{}{}{}}}", labels, labels.empty() || expressions.empty() ? "" : ",", expressions);
}

// The selector of a peer as it was written, in any of the policy kinds.
const Node* written_selector(const Peer& peer, std::string_view field) {
  const Node* pods = peer.node->find("pods");
  const Node* found = (pods == nullptr ? peer.node : pods)->find(field);
  return found != nullptr || field == "podSelector" ? found : peer.node->find("namespaces");
}

std::string describe(const Peer& peer, const LabelSelector& namespaces) {
  std::string out;
  if (const auto one = one_namespace(namespaces)) {
    out = *one;
  } else if (namespaces.selects_everything()) {
    out = "[all namespaces]";
  } else {
    out = "[namespace with " + requirements_text(namespaces, written_selector(peer, "namespaceSelector")) + "]";
  }
  if (peer.pods.selects_everything()) return out + "/[all pods]";
  return out + "/[pod with " + requirements_text(peer.pods, written_selector(peer, "podSelector")) + "]";
}

class Finder {
 public:
  explicit Finder(Reach& reach) : reach_(reach), network_(*reach.networks().front()) { collect(); }

  std::vector<Exposure> run() {
    std::vector<std::size_t> members = network_.network().members;
    const auto& endpoints = reach_.topology().endpoints();
    std::erase_if(members, [&](std::size_t i) { return endpoints[i].ingress_controller; });
    std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) { return endpoints[a].title() < endpoints[b].title(); });
    std::vector<Exposure> incoming, out;
    for (const std::size_t member : members) {
      Exposure egress = of(member, Direction::kEgress);
      Exposure ingress = of(member, Direction::kIngress);
      // The outside is told of those that the inside of the cluster is told of, in either direction.
      if (egress.to.empty() && ingress.to.empty()) continue;
      outside(member, Direction::kEgress, egress);
      outside(member, Direction::kIngress, ingress);
      out.push_back(std::move(egress));
      incoming.push_back(std::move(ingress));
    }
    std::move(incoming.begin(), incoming.end(), std::back_inserter(out));
    return out;
  }

 private:
  void collect() {
    for (const Policy& policy : reach_.policies()) {
      if (policy.object->kind == "MultiNetworkPolicy") continue;
      for (const auto* rules : {&policy.ingress_rules, &policy.egress_rules}) {
        for (const PolicyRule& rule : *rules) {
          for (const Peer& peer : rule.peers) consider(policy, peer);
        }
      }
    }
  }

  void consider(const Policy& policy, const Peer& peer) {
    if (peer.kind != Peer::Kind::kPods) return;
    Stranger stranger{namespaces_of(peer, policy), peer.pods, {}};
    if (stranger.namespaces.selects_everything() && stranger.pods.selects_everything()) return;
    if (is_there(stranger, peer)) return;
    const bool known = std::any_of(strangers_.begin(), strangers_.end(),
                                   [&](const Stranger& other) { return other.namespaces == stranger.namespaces && other.pods == stranger.pods; });
    if (known) return;
    stranger.text = describe(peer, stranger.namespaces);
    strangers_.push_back(std::move(stranger));
  }

  // Pods that are named by their labels in one namespace, and exist, are in the table of connections already.
  bool is_there(const Stranger& stranger, const Peer& peer) const {
    const auto one = one_namespace(stranger.namespaces);
    const Node* written = written_selector(peer, "podSelector");
    if (!one || stranger.pods.selects_everything() || written == nullptr || written->find("matchExpressions") != nullptr) return false;
    const auto& endpoints = reach_.topology().endpoints();
    return std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& endpoint) { return endpoint.ns == *one && stranger.pods.matches(endpoint.labels); });
  }

  Exposure of(std::size_t member, Direction direction) {
    Exposure out{&reach_.topology().endpoints()[member], direction, true, {}};
    const std::vector<const Policy*> policies = network_.deciding(member, direction);
    ExposedTo cluster = allowed(policies, direction, *out.endpoint, {{}, {}, "entire-cluster"});
    const Connections everybody = cluster.ports;
    out.is_protected = !policies.empty();
    if (!everybody.empty()) out.to.push_back(std::move(cluster));
    for (const Stranger& stranger : strangers_) {
      ExposedTo to = allowed(policies, direction, *out.endpoint, stranger);
      if (to.ports != everybody) out.to.push_back(std::move(to));
    }
    return out;
  }

  void outside(std::size_t member, Direction direction, Exposure& out) {
    std::optional<AddressRange> open;
    ConnectionPool::Id ports = ConnectionPool::kNone;
    Reachability::PeerId first = 0;
    const auto close = [&] {
      if (open && ports != ConnectionPool::kNone) out.to.push_back({text(*open) + "[External]", reach_.pool().get(ports), rules_for(member, direction, first), true});
      open.reset();
    };
    for (std::size_t i = 0; i < network_.ranges().size(); ++i) {
      const ConnectionPool::Id now = network_.side(member, direction, network_.endpoint_count() + i).possible;
      const bool joins = open && (!network_.begins(direction, i) || (reach_.options().semantics == Semantics::kKubernetes && now == ports)) &&
                         is_v4(open->first) == is_v4(network_.ranges()[i].first);
      if (joins) {
        open->last = network_.ranges()[i].last;
        continue;
      }
      close();
      open = network_.ranges()[i];
      first = network_.endpoint_count() + i;
      ports = now;
    }
    close();
  }

  // The rules that let an outside range through.
  std::vector<ExposingRule> rules_for(std::size_t member, Direction direction, Reachability::PeerId range) {
    std::vector<ExposingRule> out;
    for (const Policy* policy : network_.deciding(member, direction)) {
      for (const PolicyRule& rule : policy->rules(direction)) {
        const ConnectionPool::Id ports = network_.by_rule(rule, member, direction, range).possible;
        if (rule.action == Action::kAllow && ports != ConnectionPool::kNone) out.push_back({policy, &rule, reach_.pool().get(ports)});
      }
    }
    return out;
  }

  static bool takes(const Policy& policy, const PolicyRule& rule, const Stranger& stranger) {
    if (rule.any_peer) return true;
    return std::any_of(rule.peers.begin(), rule.peers.end(), [&](const Peer& peer) {
      return peer.kind == Peer::Kind::kPods && covers(namespaces_of(peer, policy), stranger.namespaces) && covers(peer.pods, stranger.pods);
    });
  }

  static ExposedTo allowed(const std::vector<const Policy*>& policies, Direction direction, const Endpoint& self, const Stranger& stranger) {
    Connections left = Connections::all();
    ExposedTo out{stranger.text, {}, {}, false};
    const Endpoint* destination = direction == Direction::kIngress ? &self : nullptr;
    for (const Tier tier : {Tier::kAdmin, Tier::kNetworkPolicy, Tier::kBaseline}) {
      Connections passed;
      bool closes = false;
      for (const Policy* policy : policies) {
        if (policy->tier != tier) continue;
        closes = closes || tier == Tier::kNetworkPolicy;
        for (const PolicyRule& rule : policy->rules(direction)) {
          if (!takes(*policy, rule, stranger)) continue;
          const Connections part = left.intersected(ports_of(rule, destination, UnknownPortNames::kKeep));
          if (rule.action == Action::kAllow && !part.empty()) {
            out.ports = out.ports.united(part);
            out.by.push_back({policy, &rule, part});
          }
          if (tier == Tier::kNetworkPolicy) continue;
          left = left.without(part);
          if (rule.action == Action::kPass) passed = passed.united(part);
        }
      }
      if (closes) left = {};
      left = left.united(passed);
    }
    out.ports = out.ports.united(left);
    return out;
  }

  Reach& reach_;
  Reachability& network_;
  std::vector<Stranger> strangers_;
};

void write_side(const std::vector<Exposure>& exposures, Direction direction, std::string& out) {
  bool any = false;
  for (const Exposure& exposure : exposures) {
    if (exposure.direction != direction || exposure.to.empty()) continue;
    if (!any) out += direction == Direction::kEgress ? "\nEgress:\n" : "\nIngress:\n";
    any = true;
    for (const ExposedTo& to : exposure.to)
      out += fmt::format("{} {} {} : {}\n", exposure.endpoint->title(), direction == Direction::kEgress ? "=>" : "<=", to.who, to.ports.text());
  }
}

}  // namespace

std::vector<Exposure> find_exposures(Reach& reach) { return Finder(reach).run(); }

std::string write_exposures(const std::vector<Exposure>& exposures) {
  std::string out = "Exposed to whoever may come:\n";
  write_side(exposures, Direction::kEgress, out);
  write_side(exposures, Direction::kIngress, out);
  std::string open;
  for (const Exposure& exposure : exposures) {
    if (!exposure.is_protected) open += fmt::format("{} is not protected on {}\n", exposure.endpoint->title(), exposure.direction == Direction::kEgress ? "Egress" : "Ingress");
  }
  return open.empty() ? out : out + "\nNo policy protects:\n" + open;
}

}  // namespace raykeep::network
