// SPDX-License-Identifier: Apache-2.0
#include "network/explain.h"

#include <algorithm>
#include <fmt/format.h>

namespace raykeep::network {
namespace {

std::string place_text(const SourcePosition& at) {
  if (at.file.empty()) return "made by the operator";
  return at.line == 0 ? at.file + ", made by the operator" : fmt::format("{}:{}:{}", at.file, at.line, at.column);
}

std::string_view verb(Action action) {
  switch (action) {
    case Action::kAllow: return "allows";
    case Action::kDeny: return "denies";
    case Action::kPass: return "passes on";
  }
  return "";
}

class Writer {
 public:
  Writer(Reach& reach, Reachability& network, const Sink& sink) : reach_(reach), network_(network), sink_(sink) {}

  void pair(const Place& from, const Place& to) {
    const Answer answer = network_.between(from.peer, to.peer);
    sink_(fmt::format("{} => {} : {}\n", title(from), title(to), reach_.text(answer)));
    if (from.endpoint != nullptr) side(from, Direction::kEgress, to);
    if (to.endpoint != nullptr) side(to, Direction::kIngress, from);
    const auto on_host = [](const Place& place) { return place.endpoint != nullptr && place.endpoint->host_network; };
    if (reach_.options().semantics == Semantics::kKubernetes && (on_host(from) || on_host(to)))
      sink_("  One end is on its host's network, where plugins differ: most apply no policy, and a node always reaches its own pods.\n");
    sink_("\n");
  }

 private:
  std::string title(const Place& place) const { return reach_.title(place, network_.network()); }

  void side(const Place& self, Direction direction, const Place& peer) {
    const std::string_view what = direction == Direction::kEgress ? "leaves" : "enters";
    const std::vector<const Policy*> policies = network_.deciding(self.peer, direction);
    if (policies.empty()) {
      sink_(fmt::format("  {} {}: everything; no policy decides about its {}.\n", what, title(self), name(direction)));
      return;
    }
    sink_(fmt::format("  {} {}: {}\n", what, title(self), reach_.text(network_.side(self.peer, direction, peer.peer))));
    for (const Policy* policy : policies) {
      sink_(fmt::format("    {} ({}) selects it.\n", policy->object->title(), place_text(policy->object->at(*policy->object->root))));
      rules(*policy, self, direction, peer);
    }
  }

  void rules(const Policy& policy, const Place& self, Direction direction, const Place& peer) {
    bool any = false;
    for (const PolicyRule& rule : policy.rules(direction)) {
      const Answer answer = network_.by_rule(rule, self.peer, direction, peer.peer);
      if (answer.possible == ConnectionPool::kNone) continue;
      any = true;
      sink_(fmt::format("      its rule at {} {} {}.\n", place_text(policy.object->at(*rule.node)), verb(rule.action), reach_.text(answer)));
      if (answer.certain != answer.possible) sink_("        May: whether an ipBlock takes pods, or a selector pods on the host's network, is left to the network plugin.\n");
    }
    if (!any) sink_(fmt::format("      none of its {} {} rules takes {}.\n", policy.rules(direction).size(), name(direction), title(peer)));
  }

  Reach& reach_;
  Reachability& network_;
  const Sink& sink_;
};

// Of namespaces that these manifests have no pod of, nothing can be said: DNS and operators are installed by others.
bool takes_nobody(Selection& selection, const Policy& policy, const PolicyRule& rule) {
  if (rule.any_peer) return false;
  return std::all_of(rule.peers.begin(), rule.peers.end(), [&](const Peer& peer) {
    return peer.kind == Peer::Kind::kPods && selection.select(peer.namespaces, policy.ns, {}).any() && !selection.select(peer.namespaces, policy.ns, peer.pods).any();
  });
}

}  // namespace

Reason reason_of(const Policy& policy, const PolicyRule& rule) { return {policy.object->title(), policy.object->at(*rule.node)}; }

std::vector<Reason> reasons_for(Reach& reach, Reachability& network, Reachability::PeerId endpoint, Direction direction, Reachability::PeerId peer,
                                Protocol protocol, std::uint32_t port) {
  std::vector<Reason> out;
  const std::vector<const Policy*> policies = network.deciding(endpoint, direction);
  for (const Policy* policy : policies) {
    for (const PolicyRule& rule : policy->rules(direction)) {
      const bool lets = rule.action == Action::kAllow &&
                        reach.pool().get(network.by_rule(rule, endpoint, direction, peer).possible).contains(protocol, port);
      if (lets) out.push_back(reason_of(*policy, rule));
    }
  }
  const bool open = reach.pool().get(network.side(endpoint, direction, peer).possible).contains(protocol, port);
  if (out.empty() && open) out.push_back({policies.empty() ? "no policy closes it" : "no rule denies it", {}});
  return out;
}

void write_explanation(Reach& reach, const ConnectionFilter& filter, const Sink& sink) {
  for (const auto& network : reach.networks()) {
    Writer writer(reach, *network, sink);
    const std::vector<Place> sources = reach.places(*network, Direction::kIngress);
    const std::vector<Place> targets = reach.places(*network, Direction::kEgress);
    for (const Place& from : sources) {
      for (const Place& to : targets) {
        if (from.endpoint == nullptr && to.endpoint == nullptr) continue;
        if (from.endpoint != nullptr && from.endpoint == to.endpoint && !from.endpoint->several) continue;
        if (filter.takes({from, to, {}})) writer.pair(from, to);
      }
    }
  }
}

std::vector<Note> find_idle(Reach& reach) {
  std::vector<Note> out;
  Selection& selection = reach.selection();
  for (const Policy& policy : reach.policies()) {
    const SourcePosition at = policy.object->at(*policy.object->root);
    if (at.line == 0) continue;  // the operator's own
    if (!selection.select(policy.subject_namespaces, policy.ns, policy.subject_pods).any()) {
      out.push_back({at, policy.object->title() + " selects no pod of these manifests: it protects nothing"});
      continue;
    }
    for (const auto* rules : {&policy.ingress_rules, &policy.egress_rules}) {
      for (const PolicyRule& rule : *rules) {
        if (takes_nobody(selection, policy, rule))
          out.push_back({policy.object->at(*rule.node), fmt::format("{}: this {} rule takes no pod of these manifests", policy.object->title(),
                                                                    rules == &policy.ingress_rules ? "ingress" : "egress")});
      }
    }
  }
  return out;
}

}  // namespace raykeep::network
