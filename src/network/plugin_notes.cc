// SPDX-License-Identifier: Apache-2.0
#include "network/plugin_notes.h"

#include <algorithm>
#include <fmt/format.h>

namespace raykeep::network {
namespace {

constexpr std::size_t kTerwayMost = 100;  // policies a cluster, as ACK advises
constexpr std::size_t kPoseidonMost = 40;

class Notes {
 public:
  explicit Notes(Reach& reach) : reach_(reach) {}

  std::vector<Note> terway() {
    all("Terway enforces policies in shared-ENI mode only: on nodes with exclusive ENIs everything is open");
    count(kTerwayMost, "Terway");
    each_policy([&](const Policy& policy) { standard_only(policy, "Terway"); });
    each_rule([&](const Policy& policy, const PolicyRule& rule) {
      const auto block = std::find_if(rule.peers.begin(), rule.peers.end(), [](const Peer& peer) { return peer.kind == Peer::Kind::kAddresses; });
      if (block != rule.peers.end() && block->node != nullptr) at(policy, *block->node, "an ipBlock takes no pods with Terway from 1.9 on: read \"may\" as no");
    });
    return std::move(out_);
  }

  std::vector<Note> poseidon() {
    count(kPoseidonMost, "Poseidon");
    each_policy([&](const Policy& policy) { standard_only(policy, "Poseidon"); });
    each_rule([&](const Policy& policy, const PolicyRule& rule) {
      for (const Peer& peer : rule.peers) {
        const document::Node* cidr = peer.node == nullptr ? nullptr : peer.node->find_path({"ipBlock", "cidr"});
        if (cidr != nullptr && cidr->text().find(':') != std::string_view::npos) at(policy, *cidr, "Poseidon does not know IPv6");
      }
      const document::Node* ports = rule.node == nullptr ? nullptr : rule.node->find("ports");
      if (ports == nullptr) return;
      for (const document::Node& port : ports->items()) {
        if (const document::Node* end = port.find("endPort")) at(policy, *end, "Poseidon does not know endPort");
      }
    });
    return std::move(out_);
  }

  std::vector<Note> flannel() {
    if (!reach_.policies().empty()) all("Flannel enforces no policy: everybody reaches everything, whatever is printed here");
    return std::move(out_);
  }

 private:
  void all(std::string text) { out_.push_back({{}, std::move(text)}); }
  void at(const Policy& policy, const document::Node& node, std::string_view text) { out_.push_back({policy.object->at(node), fmt::format("{}: {}", policy.object->title(), text)}); }

  void count(std::size_t most, std::string_view plugin) {
    if (reach_.policies().size() > most) all(fmt::format("{} policies; ACK advises fewer than {} a cluster with {}", reach_.policies().size(), most, plugin));
  }
  void standard_only(const Policy& policy, std::string_view plugin) {
    if (policy.tier != Tier::kNetworkPolicy) at(policy, *policy.object->root, fmt::format("{} enforces NetworkPolicy alone", plugin));
  }
  template <typename Do>
  void each_policy(const Do& action) {
    for (const Policy& policy : reach_.policies()) action(policy);
  }
  template <typename Do>
  void each_rule(const Do& action) {
    for (const Policy& policy : reach_.policies()) {
      for (const auto* rules : {&policy.ingress_rules, &policy.egress_rules}) {
        for (const PolicyRule& rule : *rules) action(policy, rule);
      }
    }
  }

  Reach& reach_;
  std::vector<Note> out_;
};

}  // namespace

std::optional<Plugin> parse_plugin(std::string_view name) {
  if (name == "terway") return Plugin::kTerway;
  if (name == "poseidon") return Plugin::kPoseidon;
  if (name == "flannel") return Plugin::kFlannel;
  return std::nullopt;
}

std::vector<Note> plugin_notes(Reach& reach, Plugin plugin) {
  switch (plugin) {
    case Plugin::kTerway: return Notes(reach).terway();
    case Plugin::kPoseidon: return Notes(reach).poseidon();
    case Plugin::kFlannel: return Notes(reach).flannel();
  }
  return {};
}

}  // namespace raykeep::network
