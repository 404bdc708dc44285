// SPDX-License-Identifier: Apache-2.0
// NetworkPolicies around Ray: that they are there, select something, close something, and let Ray work.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <set>

#include "checks/door.h"
#include "checks/topics.h"
#include "core/ip_network.h"
#include "ray/kuberay_names.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;

constexpr std::string_view kSource = "networking.k8s.io/v1 NetworkPolicy; ray-operator common/pod.go labelPod";
constexpr Rule kMissing{"network-policy-missing", Severity::kHigh, "4", "No NetworkPolicy protects a Ray pod",
                        "Every pod of the Kubernetes cluster reaches GCS, dashboard and client, and so runs code on this Ray cluster.",
                        "Deny by default in the namespace, and allow what Ray needs.", "kind: RayCluster", "kind: NetworkPolicy\nspec: {podSelector: {}, policyTypes: [Ingress]}", kSource};
constexpr Rule kSelectsNothing{"network-policy-selects-nothing", Severity::kMedium, "4", "A NetworkPolicy selects no pod",
                               "It protects nothing. KubeRay's pods have the labels ray.io/cluster, ray.io/node-type and ray.io/group, not app.",
                               "Select the labels that the operator sets.", "podSelector: {matchLabels: {app: ray-cluster-head}}",
                               "podSelector: {matchLabels: {ray.io/cluster: demo, ray.io/node-type: head}}", kSource};
constexpr Rule kAdmitsNamespace{"network-policy-admits-namespace", Severity::kHigh, "4", "A NetworkPolicy lets the whole namespace reach Ray",
                                "podSelector: {} as a source admits every pod of the namespace, which then runs code on the cluster.",
                                "Admit the pods of the same cluster by ray.io/cluster.", "from: [{podSelector: {}}]",
                                "from: [{podSelector: {matchLabels: {ray.io/cluster: demo}}}]", kSource};
constexpr Rule kAdmitsAll{"network-policy-admits-everyone", Severity::kHigh, "4", "A NetworkPolicy lets everybody reach Ray",
                          "A rule without sources, with an empty namespaceSelector or with 0.0.0.0/0 admits everybody.", "Name the sources.", "ingress: [{}]",
                          "ingress: [{from: [{podSelector: {matchLabels: {ray.io/cluster: demo}}}]}]", kSource};
constexpr Rule kNotScoped{"network-policy-not-scoped", Severity::kMedium, "4,14", "A NetworkPolicy lets Ray clusters of one namespace reach each other",
                          "Sources named by ray.io/node-type alone are the pods of every cluster.", "Add ray.io/cluster to the selector.",
                          "from: [{podSelector: {matchLabels: {ray.io/node-type: worker}}}]",
                          "from: [{podSelector: {matchLabels: {ray.io/cluster: demo, ray.io/node-type: worker}}}]", kSource};
constexpr Rule kNoDns{"network-policy-no-dns", Severity::kHigh, "4", "Ray pods may not ask DNS",
                      "Workers find the head by its name; without port 53 over UDP and TCP the cluster never forms.", "Allow egress to port 53, UDP and TCP.",
                      "policyTypes: [Egress]\negress: []", "egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]", kSource};
constexpr Rule kNoPeers{"network-policy-splits-cluster", Severity::kHigh, "4", "Pods of one Ray cluster may not reach each other",
                        "Ray moves objects between all its pods on ports that it picks; a head or worker that is cut off makes tasks hang or the cluster fail.",
                        "Allow all ports between pods of the same ray.io/cluster.", "ingress: []",
                        "ingress: [{from: [{podSelector: {matchLabels: {ray.io/cluster: demo}}}]}]", kSource};
constexpr Rule kNoApiServer{"network-policy-no-api-server", Severity::kMedium, "4", "The autoscaler may not reach the API server",
                            "The autoscaler in the head pod adds and removes workers through the API server.", "Allow egress to the API server's addresses on 443 and 6443.",
                            "enableInTreeAutoscaling: true", "egress: [{to: [{ipBlock: {cidr: 10.0.0.1/32}}], ports: [{port: 6443}]}]", kSource};
constexpr Rule kNoOperator{"network-policy-no-operator", Severity::kMedium, "4", "The operator may not reach the dashboard",
                           "For RayJob and RayService the operator asks the dashboard (8265); closed off, the job fails after five minutes.",
                           "Admit the operator's pods to port 8265.", "ingress: []",
                           "from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kuberay-system}}, podSelector: {matchLabels: {app.kubernetes.io/name: kuberay-operator}}}]", kSource};
constexpr Rule kMetadata{"network-policy-metadata-reachable", Severity::kMedium, "4,22", "Ray pods may reach the node's metadata address",
                         "169.254.169.254, and 100.100.100.200 on Alibaba Cloud, hand out the node's own credentials to whatever code asks.", "Add an except for 169.254.0.0/16 and 100.100.100.200/32.",
                         "to: [{ipBlock: {cidr: 0.0.0.0/0}}]", "to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16, 100.100.100.200/32]}}]", "ACK, RRSA; cloud providers, instance metadata"};
constexpr std::array kRules{&kMissing, &kSelectsNothing, &kAdmitsNamespace, &kAdmitsAll, &kNotScoped, &kNoDns, &kNoPeers, &kNoApiServer, &kNoOperator, &kMetadata};

struct Policy {
  const Subject* subject = nullptr;
  std::string_view ns;
  kube::LabelSelector selector;
  bool ingress = false, egress = false;

  const Node* rules(std::string_view direction) const { return subject->object->find({"spec", direction}); }
};

bool names_type(const Node* types, std::string_view type) {
  return types != nullptr && std::any_of(types->items().begin(), types->items().end(), [&](const Node& item) { return item.text() == type; });
}

std::vector<Policy> policies_of(const World& world) {
  std::vector<Policy> out;
  for (const Subject& subject : world.of("networking.k8s.io", "NetworkPolicy")) {
    const Node* spec = subject.object->find({"spec"});
    if (spec == nullptr) continue;
    const Node nothing;
    const Node* selector = spec->find("podSelector");
    auto read = kube::read_selector(selector == nullptr ? nothing : *selector);
    if (!read) continue;
    const Node* types = spec->find("policyTypes");
    const Node* egress = spec->find("egress");
    Policy policy{&subject, subject.object->effective_namespace(), std::move(*read), true, egress != nullptr && !egress->items().empty()};
    if (types != nullptr && !types->items().empty()) {
      policy.ingress = names_type(types, "Ingress");
      policy.egress = names_type(types, "Egress");
    }
    out.push_back(std::move(policy));
  }
  return out;
}

// The number behind a name of a rule's port, as Ray's and DNS pods usually call theirs; 0 for none.
std::int64_t usual_number(std::string_view name) {
  if (name == "dns" || name == "dns-tcp") return 53;
  if (name == "https") return 443;
  const ray::DoorPort called = ray::door_called(name);
  for (const ray::DoorPort& door : ray::door_ports(nullptr, true)) {
    if (door.name == called.name) return door.first;
  }
  return 0;
}

// Whether one of a rule's ports (all, when none is written) takes this port.
bool has_port(const Node& rule, std::int64_t wanted, std::string_view protocol) {
  const Node* ports = rule.find("ports");
  if (ports == nullptr || ports->items().empty()) return true;
  return std::any_of(ports->items().begin(), ports->items().end(), [&](const Node& entry) {
    const Node* kind = entry.find("protocol");
    if ((kind == nullptr ? std::string_view("TCP") : kind->text()) != protocol) return false;
    const Node* port = entry.find("port");
    const Node* end = entry.find("endPort");
    if (port == nullptr) return true;
    if (!port->is_integer()) return usual_number(port->text()) == wanted;
    const std::int64_t first = port->as_integer().value_or(0);
    return wanted >= first && wanted <= (end == nullptr ? first : end->as_integer().value_or(first));
  });
}

bool all_ports(const Node& rule) {
  const Node* ports = rule.find("ports");
  if (ports == nullptr || ports->items().empty()) return true;
  return std::any_of(ports->items().begin(), ports->items().end(), [](const Node& port) {
    const Node* first = port.find("port");
    const Node* last = port.find("endPort");
    return first == nullptr || (first->as_integer().value_or(2) <= 1024 && last != nullptr && last->as_integer().value_or(0) >= 60000);
  });
}

// Whether a peer of a rule takes this pod.
bool has_peer(const Node& rule, std::string_view key, const Policy& policy, const Pod& pod) {
  const Node* peers = rule.find(key);
  if (peers == nullptr || peers->items().empty()) return true;
  return std::any_of(peers->items().begin(), peers->items().end(), [&](const Node& peer) {
    const Node* block = peer.find("ipBlock");
    if (block != nullptr) return kube::string_at(*block, {"cidr"}) == "0.0.0.0/0";
    const Node* spaces = peer.find("namespaceSelector");
    if (spaces != nullptr) {
      const auto selector = kube::read_selector(*spaces);
      if (!selector || !(selector->selects_everything() || selector->matches(kube::Labels{{"kubernetes.io/metadata.name", std::string(pod.ns)}}))) return false;
    } else if (policy.ns != pod.ns) {
      return false;
    }
    const Node* pods = peer.find("podSelector");
    if (pods == nullptr) return true;
    const auto selector = kube::read_selector(*pods);
    return selector && selector->matches(pod.labels);
  });
}

// Whether an egress rule can lead out of the pod's namespace: to addresses, and where asked, to pods of other namespaces.
bool leads_out(const Node& rule, bool to_pods) {
  const Node* to = rule.find("to");
  if (to == nullptr || to->items().empty()) return true;
  return std::any_of(to->items().begin(), to->items().end(),
                     [&](const Node& peer) { return peer.find("ipBlock") != nullptr || (to_pods && peer.find("namespaceSelector") != nullptr); });
}

// Whether the policies that select a pod let it have this connection. True when none isolates it in this direction.
bool allowed(const std::vector<const Policy*>& policies, std::string_view direction, const std::function<bool(const Policy&, const Node&)>& takes) {
  bool isolated = false;
  for (const Policy* policy : policies) {
    if (direction == "ingress" ? !policy->ingress : !policy->egress) continue;
    isolated = true;
    const Node* rules = policy->rules(direction);
    if (rules == nullptr) continue;
    if (std::any_of(rules->items().begin(), rules->items().end(), [&](const Node& rule) { return takes(*policy, rule); })) return true;
  }
  return !isolated;
}

using Policies = std::map<std::string_view, std::vector<const Policy*>>;  // by namespace

std::vector<const Policy*> selecting(const Policies& policies, const Pod& pod) {
  std::vector<const Policy*> out;
  const auto own = policies.find(pod.ns);
  if (own == policies.end()) return out;
  std::copy_if(own->second.begin(), own->second.end(), std::back_inserter(out), [&](const Policy* policy) { return policy->selector.matches(pod.labels); });
  return out;
}

// Whether a rule's ports take one of the ports behind which Ray runs code.
bool takes_a_door(const Node& rule, const std::vector<const Pod*>& pods) {
  const Node* ports = rule.find("ports");
  if (ports == nullptr || ports->items().empty()) return true;
  for (const Pod* pod : pods) {
    if (!pod->is_ray_node()) continue;
    const std::vector<ray::DoorPort> doors = ray::door_ports(pod->group->source, pod->is_head());
    if (std::any_of(doors.begin(), doors.end(), [&](const ray::DoorPort& door) { return has_port(rule, door.first, "TCP") || has_port(rule, door.last, "TCP"); })) return true;
    if (std::any_of(ports->items().begin(), ports->items().end(), [&](const Node& port) {
          const Node* name = port.find("port");
          return name != nullptr && !name->is_integer() && door_at(*pod, name->text()).door != ray::Door::kNone;
        })) return true;
  }
  return false;
}

// Blocks larger than any network of one owner: everybody is in them.
bool is_everyone(std::string_view cidr) {
  const std::size_t slash = cidr.find('/');
  const auto address = IpAddress::parse(cidr.substr(0, slash));
  if (!address || slash == std::string_view::npos) return false;
  int bits = 0;
  for (const char c : cidr.substr(slash + 1)) bits = bits * 10 + (c - '0');
  return bits < (address->is_v4() ? 8 : 16);
}

// A selector that only says which are not meant.
bool only_leaves_out(const kube::LabelSelector& selector) {
  using Operator = kube::Requirement::Operator;
  const auto& all = selector.requirements;
  return std::all_of(all.begin(), all.end(), [](const auto& one) { return one.op == Operator::kNotIn || one.op == Operator::kDoesNotExist; });
}

// Labels of Ray pods, but not the cluster's: the pods of all clusters wear them.
bool is_of_any_cluster(const kube::LabelSelector& selector) {
  const auto& all = selector.requirements;
  const bool scoped = std::any_of(all.begin(), all.end(), [](const auto& one) { return one.key == ray::kClusterLabel && one.op == kube::Requirement::Operator::kIn; });
  return !scoped && std::any_of(all.begin(), all.end(), [](const auto& one) { return one.key == ray::kClusterLabel || one.key == ray::kNodeTypeLabel || one.key == ray::kGroupLabel || one.key == "ray.io/is-ray-node"; });
}

void check_peer(const Policy& policy, const Node& peer, Findings& findings) {
  if (const Node* block = peer.find("ipBlock")) {
    const std::string_view cidr = kube::string_at(*block, {"cidr"});
    if (is_everyone(cidr)) findings.add(kAdmitsAll, *policy.subject, peer, fmt::format("{} is every address", cidr));
    return;
  }
  const Node nothing;
  const Node *pods = peer.find("podSelector"), *spaces = peer.find("namespaceSelector");
  const auto selector = kube::read_selector(pods == nullptr ? nothing : *pods), space = kube::read_selector(spaces == nullptr ? nothing : *spaces);
  if (!selector || !space) return;
  if (spaces != nullptr && only_leaves_out(*space) && only_leaves_out(*selector))
    findings.add(kAdmitsAll, *policy.subject, peer, spaces->members().empty() ? "an empty namespaceSelector admits every pod of the cluster" : "a namespaceSelector that only leaves some out admits every pod of all others");
  else if (only_leaves_out(*selector))
    findings.add(kAdmitsNamespace, *policy.subject, peer,
                 spaces != nullptr ? "every pod of the selected namespaces is admitted" : selector->selects_everything() ? "podSelector: {} admits every pod of the namespace" : "a podSelector that only leaves some out admits every other pod of the namespace");
  else if (spaces == nullptr && is_of_any_cluster(*selector))
    findings.add(kNotScoped, *policy.subject, peer, "these are the pods of every Ray cluster in the namespace");
}

void check_sources(const Policy& policy, const std::vector<const Pod*>& pods, Findings& findings) {
  const Node* rules = policy.rules("ingress");
  if (rules == nullptr || !policy.ingress) return;
  for (const Node& rule : rules->items()) {
    if (!takes_a_door(rule, pods)) continue;
    const Node* from = rule.find("from");
    if (from == nullptr || from->items().empty()) {
      findings.add(kAdmitsAll, *policy.subject, rule, "this rule names no source, so everybody may connect");
      continue;
    }
    for (const Node& peer : from->items()) check_peer(policy, peer, findings);
  }
}

// The first metadata address that a block takes; empty for none.
std::string_view metadata_address(const Node& block) {
  const auto taken = IpNetwork::parse(kube::string_at(block, {"cidr"}));
  for (const std::string_view text : {"169.254.169.254", "100.100.100.200"}) {
    const auto address = IpAddress::parse(text);
    if (!taken || !address || !taken->contains(*address)) continue;
    const Node* except = block.find("except");
    const bool excepted = except != nullptr && std::any_of(except->items().begin(), except->items().end(), [&](const Node& item) {
      const auto network = IpNetwork::parse(item.text());
      return network && network->contains(*address);
    });
    if (!excepted) return text;
  }
  return {};
}

void check_metadata(const Policy& policy, const std::vector<const Pod*>& pods, Findings& findings) {
  const Node* rules = policy.rules("egress");
  if (rules == nullptr || !policy.egress) return;
  if (std::none_of(pods.begin(), pods.end(), [](const Pod* pod) { return pod->is_ray(); })) return;
  for (const Node& rule : rules->items()) {
    const Node* to = rule.find("to");
    if (!has_port(rule, 80, "TCP")) continue;
    if (to == nullptr || to->items().empty()) {
      findings.add(kMetadata, *policy.subject, rule, "this rule names no destination, so metadata addresses are among them");
      continue;
    }
    for (const Node& peer : to->items()) {
      const Node* block = peer.find("ipBlock");
      const std::string_view address = block == nullptr ? std::string_view() : metadata_address(*block);
      if (!address.empty()) findings.add(kMetadata, *policy.subject, *block, fmt::format("{} takes {}", kube::string_at(*block, {"cidr"}), address));
    }
  }
}

// Whether a peer may be the operator, which is known by the labels of its chart; its namespace is anybody's choice.
bool may_be_operator(const Policy& policy, const Node& peer) {
  static const kube::Labels kOperator{{"app.kubernetes.io/name", "kuberay-operator"}, {"app.kubernetes.io/component", "kuberay-operator"}, {"app.kubernetes.io/instance", "kuberay-operator"}};
  if (peer.find("ipBlock") != nullptr) return true;
  const Node nothing;
  const Node *pods = peer.find("podSelector"), *spaces = peer.find("namespaceSelector");
  const auto selector = kube::read_selector(pods == nullptr ? nothing : *pods), space = kube::read_selector(spaces == nullptr ? nothing : *spaces);
  if (!selector || !space || !selector->matches(kOperator)) return false;
  const auto sounds_like_it = [](std::string_view name) { return name.find("ray") != std::string_view::npos || name.find("operator") != std::string_view::npos || name == "default"; };
  if (spaces == nullptr) return sounds_like_it(policy.ns);
  const auto& all = space->requirements;
  return std::none_of(all.begin(), all.end(), [&](const auto& one) {
    return one.key == "kubernetes.io/metadata.name" && one.op == kube::Requirement::Operator::kIn && std::none_of(one.values.begin(), one.values.end(), sounds_like_it);
  });
}

// The namespaces with policies that only one network plugin heeds.
std::set<std::string_view> spaces_with_others(const World& world) {
  std::set<std::string_view> out;
  for (const auto& [group, kind] : {std::pair("cilium.io", "CiliumNetworkPolicy"), std::pair("crd.projectcalico.org", "NetworkPolicy"), std::pair("projectcalico.org", "NetworkPolicy")}) {
    for (const Subject& policy : world.of(group, kind)) out.insert(policy.object->effective_namespace());
  }
  return out;
}

void check_pod(const World& world, const Policies& policies, const std::set<std::string_view>& others, const Pod& pod, Findings& findings) {
  const std::vector<const Policy*> mine = selecting(policies, pod);
  const auto at = [&]() -> const Node& { return *pod.spec; };
  if (std::none_of(mine.begin(), mine.end(), [](const Policy* policy) { return policy->ingress; })) {
    findings.add(kMissing, pod, at(), "", std::string("no NetworkPolicy of the manifests restricts who may connect to this pod") + (others.contains(pod.ns) ? "; those of Cilium and Calico are not read" : ""));
  }
  const auto dns = [](std::string_view protocol) {
    return [protocol](const Policy&, const Node& rule) { return has_port(rule, 53, protocol) && leads_out(rule, true); };
  };
  if (!allowed(mine, "egress", dns("UDP")) || !allowed(mine, "egress", dns("TCP")))
    findings.add(kNoDns, pod, at(), "", std::string("the policies on this pod let it reach port 53 neither by UDP nor TCP, or only by one of them"));
  for (const Pod& other : world.pods_of(*pod.expansion)) {
    if (!other.is_ray_node()) continue;
    const auto in = [&](const Policy& policy, const Node& rule) { return all_ports(rule) && has_peer(rule, "from", policy, other); };
    const auto out = [&](const Policy& policy, const Node& rule) { return all_ports(rule) && has_peer(rule, "to", policy, other); };
    if (allowed(mine, "ingress", in) && allowed(mine, "egress", out)) continue;
    findings.add(kNoPeers, pod, at(), "", fmt::format("not all ports between this pod and {} are allowed", other.part));
    break;
  }
  if (!pod.is_head()) return;
  if (std::none_of(mine.begin(), mine.end(), [](const Policy* policy) { return policy->egress; }))
    findings.add(kMetadata, pod, at(), "", "no NetworkPolicy of the manifests restricts where this pod may connect to, so metadata addresses are among it");
  const auto api = [](const Policy&, const Node& rule) {
    return (has_port(rule, 6443, "TCP") || has_port(rule, 443, "TCP")) && leads_out(rule, false);
  };
  if (pod.expansion->autoscaling && !allowed(mine, "egress", api)) findings.add(kNoApiServer, pod, at(), "", "egress to 443 or 6443 is not allowed, and this cluster scales itself");
  const auto outside = [&](const Policy& policy, const Node& rule) {
    const Node* from = rule.find("from");
    if (!has_port(rule, 8265, "TCP")) return false;
    if (from == nullptr || from->items().empty()) return true;
    return std::any_of(from->items().begin(), from->items().end(), [&](const Node& peer) { return may_be_operator(policy, peer); });
  };
  if (pod.written->kind != "RayCluster" && !allowed(mine, "ingress", outside))
    findings.add(kNoOperator, pod, at(), "", fmt::format("the operator must reach port 8265 of a {}", pod.written->kind));
}

// Whether labels somewhere in an object are ones that the selector selects: pods of a kind that is not known here.
bool holds_labels(const Node& at, const kube::LabelSelector& selector) {
  for (const Node& item : at.items()) {
    if (holds_labels(item, selector)) return true;
  }
  for (const document::Member& member : at.members()) {
    if (member.name() == "labels" && selector.matches(&member.value)) return true;
    if (holds_labels(member.value, selector)) return true;
  }
  return false;
}

bool is_known_elsewhere(const World& world, const Policy& policy) {
  const auto& all = world.manifests.objects();
  return std::any_of(all.begin(), all.end(), [&](const kube::Object& object) {
    const bool other_kind = !ray::is_ray_resource(object) && !kube::pod_template(object) && !object.is("networking.k8s.io", "NetworkPolicy") && !object.is("", "Service");
    return other_kind && object.effective_namespace() == policy.ns && holds_labels(*object.root, policy.selector);
  });
}

void check(const World& world, Findings& findings) {
  const std::vector<Policy> policies = policies_of(world);
  const bool any_pod = !world.pods.empty();
  for (const Policy& policy : policies) {
    const auto pods = world.selected(policy.ns, policy.selector);
    const Node* selector = policy.subject->object->find({"spec", "podSelector"});
    if (pods.empty() && any_pod && !policy.selector.selects_everything() && !is_known_elsewhere(world, policy))
      findings.add(kSelectsNothing, *policy.subject, selector == nullptr ? *policy.subject->object->root : *selector,
                   fmt::format("no pod of namespace {} among the manifests has these labels", policy.ns));
    if (std::any_of(pods.begin(), pods.end(), [](const Pod* pod) { return pod->is_ray_node(); })) check_sources(policy, pods, findings);
    check_metadata(policy, pods, findings);
  }
  Policies by_namespace;
  for (const Policy& policy : policies) by_namespace[policy.ns].push_back(&policy);
  const auto others = spaces_with_others(world);
  for (const Pod& pod : world.pods) {
    if (pod.is_ray_node()) check_pod(world, by_namespace, others, pod, findings);
  }
}

}  // namespace

const Topic kNetworkPolicyTopic{kRules, check};

}  // namespace raykeep::checks
