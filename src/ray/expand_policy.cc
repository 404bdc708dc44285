// SPDX-License-Identifier: Apache-2.0
// spec.networkPolicy of KubeRay v1.7 (ray-operator controllers/ray/networkpolicy_controller.go).
#include "ray/expand_cluster.h"
#include "ray/kuberay_names.h"

namespace raykeep::ray {
namespace {

const Node* rules_of(const Cluster& cluster, const Node* group, std::string_view key) {
  const Node& policy = *cluster.spec.find("networkPolicy");
  if (group == nullptr) return policy.find_path({"head", key});
  const Node* overrides = policy.find("workerGroups");
  if (overrides != nullptr) {
    for (const Node& own : overrides->items()) {
      if (kube::string_at(own, {"groupName"}) == kube::string_at(*group, {"groupName"})) return own.find(key);
    }
  }
  return policy.find_path({"worker", key});
}

// A rule from or to the pods of the same cluster, on all ports.
Node same_cluster(const Cluster& cluster, std::string_view direction) {
  const Node peer = object({{"podSelector", object({{"matchLabels", object({{kClusterLabel, text(cluster.name)}})}})}});
  return object({{direction, list({peer})}});
}

Node submitter_rule(const Cluster& cluster) {
  const Node* owner = cluster.labels.find(kOriginName);
  const Node labels = object({{kOriginName, owner == nullptr ? text("") : *owner}, {kOriginKind, text("RayJob")}});
  return object({{"from", list({object({{"podSelector", object({{"matchLabels", labels}})}})})},
                 {"ports", list({object({{"protocol", text("TCP")}, {"port", Node::integer(kDashboardPort)}})})}});
}

void append_own(Node& rules, const Node* own) {
  if (own == nullptr) return;
  for (const Node& rule : own->items()) rules.append(rule);
}

}  // namespace

Node network_policy(const Cluster& cluster, const Node* group) {
  const Node& policy = *cluster.spec.find("networkPolicy");
  const std::string_view mode = kube::string_at(policy, {"mode"});
  const bool ingress = mode != "DenyAllEgress";
  const bool egress = mode != "DenyAllIngress";
  Node labels = object({{kClusterLabel, text(cluster.name)}, {kNodeTypeLabel, text(group == nullptr ? "head" : "worker")}});
  const std::string_view group_name = group == nullptr ? std::string_view() : kube::string_at(*group, {"groupName"});
  if (group != nullptr) labels.set(kGroupLabel, text(group_name));
  Node spec = object({{"podSelector", object({{"matchLabels", labels}})}, {"policyTypes", Node::sequence()}});
  if (ingress) {
    spec.find("policyTypes")->append(text("Ingress"));
    Node rules = list({same_cluster(cluster, "from")});
    const Node* submission = cluster.labels.find(kSubmissionModeLabel);
    if (group == nullptr && cluster.creator == "RayJob" && submission != nullptr && submission->text() == "K8sJobMode") rules.append(submitter_rule(cluster));
    append_own(rules, rules_of(cluster, group, "ingressRules"));
    spec.set("ingress", std::move(rules));
  }
  if (egress) {
    spec.find("policyTypes")->append(text("Egress"));
    Node rules = list({same_cluster(cluster, "to")});
    append_own(rules, rules_of(cluster, group, "egressRules"));
    spec.set("egress", std::move(rules));
  }
  const std::string name = cluster.name + (group == nullptr ? "-head" : "-workers-" + std::string(group_name));
  Node out = object({{"apiVersion", text("networking.k8s.io/v1")},
                     {"kind", text("NetworkPolicy")},
                     {"metadata", object({{"name", text(name)},
                                          {"namespace", text(cluster.ns)},
                                          {"ownerReferences", owner_references("ray.io/v1", "RayCluster", cluster.name)}})},
                     {"spec", spec}});
  out.set_span(policy.span());
  return out;
}

}  // namespace raykeep::ray
