// SPDX-License-Identifier: Apache-2.0
// User-defined networks of OVN-Kubernetes (k8s.ovn.org/v1) and attachments of Multus (k8s.cni.cncf.io/v1).
#include <algorithm>
#include <optional>
#include <set>

#include "document/json.h"
#include "network/policy_reading.h"
#include "network/topology.h"

namespace raykeep::network {
namespace {

using document::Node;
using kube::Object;

constexpr std::string_view kPrimaryLabel = "k8s.ovn.org/primary-user-defined-network";
constexpr std::string_view kAttachments = "k8s.v1.cni.cncf.io/networks";

bool is_primary(const Node* network) {
  if (network == nullptr) return false;
  return kube::string_at(*network, {"layer2", "role"}) == "Primary" || kube::string_at(*network, {"layer3", "role"}) == "Primary";
}

// The primary network of each namespace that has one.
struct Primary {
  Network::Kind kind = Network::Kind::kPrimary;
  std::string name;
  auto operator<=>(const Primary&) const = default;
};
using Primaries = std::map<std::string, Primary, std::less<>>;

Primaries primaries(const std::vector<const Object*>& objects, const std::map<std::string, Namespace, std::less<>>& namespaces) {
  Primaries out;
  for (const Object* object : objects) {
    if (object->kind == "UserDefinedNetwork" && is_primary(object->find({"spec"}))) {
      const auto space = namespaces.find(object->effective_namespace());
      if (space != namespaces.end() && space->second.labels.contains(kPrimaryLabel)) out[space->first] = {Network::Kind::kPrimary, space->first};
    }
    if (object->kind == "ClusterUserDefinedNetwork" && is_primary(object->find({"spec", "network"}))) {
      const Node* selector = object->find({"spec", "namespaceSelector"});
      const auto read = selector == nullptr ? Result<kube::LabelSelector>{} : kube::read_selector(*selector);
      if (!read) continue;
      for (const auto& [name, space] : namespaces) {
        if (space.labels.contains(kPrimaryLabel) && read->matches(space.labels)) out.try_emplace(name, Primary{Network::Kind::kPrimaryCluster, object->name});
      }
    }
  }
  return out;
}

// "net", "ns/net@eth1" or a JSON list of objects with name and namespace, as "namespace/name".
std::vector<std::string> attachments_of(const Endpoint& endpoint) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view text) {
    text = text.substr(0, text.find('@'));
    if (!text.empty()) out.push_back(text.find('/') == std::string_view::npos ? endpoint.ns + "/" + std::string(text) : std::string(text));
  };
  const Node& root = *endpoint.written->root;
  if (endpoint.pod_spec == nullptr) {
    const Node* networks = root.find_path({"spec", "template", "spec", "networks"});
    if (networks == nullptr) networks = root.find_path({"spec", "networks"});
    if (networks == nullptr) return out;
    for (const Node& network : networks->items()) add(kube::string_at(network, {"multus", "networkName"}));
    return out;
  }
  std::string_view text = kube::annotation(root, kAttachments);
  if (text.empty()) text = kube::string_at(root, {"spec", "template", "metadata", "annotations", kAttachments});
  if (const std::size_t first = text.find_first_not_of(" \t\r\n"); first != std::string_view::npos && text[first] == '[') {
    const auto list = document::read_json(text, {}, "");
    if (!list) return out;
    for (const Node& entry : list->items()) {
      const std::string_view space = kube::string_at(entry, {"namespace"});
      add((space.empty() ? endpoint.ns : std::string(space)) + "/" + std::string(kube::string_at(entry, {"name"})));
    }
    return out;
  }
  for (const std::string_view one : comma_list(text)) add(one);
  return out;
}

}  // namespace

std::vector<Network> read_networks(const std::vector<const Object*>& objects, const std::vector<Endpoint>& endpoints,
                                   const std::map<std::string, Namespace, std::less<>>& namespaces) {
  const Primaries primary = primaries(objects, namespaces);
  std::map<std::pair<Network::Kind, std::string>, std::vector<std::size_t>> members;
  members[{Network::Kind::kPod, ""}];
  std::optional<std::size_t> controller;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].ingress_controller) {
      controller = i;
      continue;
    }
    const auto own = primary.find(endpoints[i].ns);
    if (own == primary.end()) {
      members[{Network::Kind::kPod, ""}].push_back(i);
    } else {
      members[{own->second.kind, own->second.name}].push_back(i);
    }
    // Attachments of one name are one network, whatever the namespace of their definition: the name is what their
    // configuration shares.
    std::set<std::string> once;
    for (const std::string& attachment : attachments_of(endpoints[i])) {
      const std::string name = attachment.substr(attachment.find('/') + 1);
      if (once.insert(name).second) members[{Network::Kind::kAttachment, name}].push_back(i);
    }
  }
  std::vector<Network> out;
  for (auto& [key, list] : members) {
    if (controller && key.first != Network::Kind::kAttachment) list.push_back(*controller);
  }
  for (auto& [key, list] : members) out.push_back({key.first, key.second, std::move(list)});
  return out;
}

}  // namespace raykeep::network
