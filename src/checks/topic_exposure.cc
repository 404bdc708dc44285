// SPDX-License-Identifier: Apache-2.0
// Services that lead to Ray from outside the cluster: LoadBalancer, NodePort, external addresses.
#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

#include "checks/door.h"
#include "checks/topics.h"
#include "core/ip_network.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;

constexpr Rule kServiceExposed{
    "ray-head-service-exposed", Severity::kCritical, "3,5,12", "A Service publishes Ray to outside the cluster",
    "Ray runs the code of whoever reaches its GCS (6379), dashboard and Job API (8265), client (10001) or agent (52365) port. A Service of type "
    "LoadBalancer or NodePort gives all its ports an address outside the cluster.",
    "Use type ClusterIP, and let people in through an authenticating gateway.", "headGroupSpec:\n  serviceType: LoadBalancer", "headGroupSpec:\n  serviceType: ClusterIP",
    "CVE-2023-48022; ray-operator common/service.go: the head Service carries all ports of the head container"};

constexpr Rule kExternalAddress{
    "ray-service-external-ip", Severity::kCritical, "3,5", "A Service gives Ray an external address",
    "spec.externalIPs makes every node accept traffic for these addresses and send it to Ray.", "Remove externalIPs.",
    "spec:\n  externalIPs: [203.0.113.7]", "spec: {}", "Kubernetes Service spec.externalIPs"};

constexpr Rule kOpenLoadBalancer{
    "load-balancer-without-acl", Severity::kCritical, "6,9,11", "An Internet load balancer has no access control",
    "On ACK a load balancer is on the Internet unless its address type says intranet, and admits everybody unless access control is switched on with "
    "a list that is a whitelist.",
    "Set address-type: intranet, or all three of acl-status: \"on\", acl-type: white and acl-id.",
    "metadata:\n  annotations: {}\nspec:\n  type: LoadBalancer",
    "metadata:\n  annotations:\n    service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type: intranet\nspec:\n  type: LoadBalancer",
    "cloud-provider-alibaba-cloud annotations.go"};

constexpr Rule kIncompleteAcl{
    "load-balancer-acl-incomplete", Severity::kHigh, "6,9,11", "The access control of a load balancer is incomplete",
    "acl-status, acl-id and acl-type work only together. A black list admits everybody who is not on it, and an empty white list admits everybody.",
    "Set acl-status: \"on\", acl-type: white and the acl-id of a list that is not empty.",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-status: \"on\"",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-status: \"on\"\nservice.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-type: white\n"
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-id: acl-example",
    "cloud-provider-alibaba-cloud annotations.go"};

constexpr Rule kIgnoredRanges{
    "load-balancer-source-ranges-ignored", Severity::kHigh, "9", "loadBalancerSourceRanges has no effect on a CLB",
    "ACK's classic load balancer ignores spec.loadBalancerSourceRanges; only NLB (loadBalancerClass alibabacloud.com/nlb) applies it.",
    "Use an access control list, or loadBalancerClass: alibabacloud.com/nlb.", "spec:\n  loadBalancerSourceRanges: [10.0.0.0/8]",
    "spec:\n  loadBalancerClass: alibabacloud.com/nlb\n  loadBalancerSourceRanges: [10.0.0.0/8]", "cloud-provider-alibaba-cloud pkg/controller/service"};

constexpr Rule kOpenRanges{
    "load-balancer-open-to-everyone", Severity::kCritical, "9", "A load balancer admits every address",
    "0.0.0.0/0 or ::/0 in loadBalancerSourceRanges is no restriction.", "List the networks that need it.", "loadBalancerSourceRanges: [0.0.0.0/0]",
    "loadBalancerSourceRanges: [192.0.2.0/24]", "Kubernetes Service spec.loadBalancerSourceRanges"};

constexpr Rule kReusedBalancer{
    "load-balancer-reused", Severity::kMedium, "9", "A reused load balancer keeps its own listeners",
    "With an id annotation and without force-override-listeners the listeners of the existing load balancer stay as they are, so the access control that is written here "
    "may have no effect.",
    "Set force-override-listeners: \"true\", or check the access control of the load balancer itself.",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-id: lb-example", "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-force-override-listeners: \"true\"",
    "cloud-provider-alibaba-cloud annotations.go"};

constexpr std::array kRules{&kServiceExposed, &kExternalAddress, &kOpenLoadBalancer, &kIncompleteAcl, &kIgnoredRanges, &kOpenRanges, &kReusedBalancer};

constexpr std::array<std::string_view, 2> kPrefixes{"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-",
                                                    "service.beta.kubernetes.io/alicloud-loadbalancer-"};

// What other clouds call a load balancer inside their network.
struct InternalMark {
  std::string_view annotation, value;  // no value: any
};
constexpr std::array kInternalMarks{
    InternalMark{"networking.gke.io/load-balancer-type", "Internal"},
    InternalMark{"cloud.google.com/load-balancer-type", "Internal"},
    InternalMark{"service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"},
    InternalMark{"service.beta.kubernetes.io/aws-load-balancer-internal", ""},
    InternalMark{"service.beta.kubernetes.io/azure-load-balancer-internal", "true"},
    InternalMark{"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"},
    InternalMark{"service.beta.kubernetes.io/openstack-internal-load-balancer", "true"},
    InternalMark{"service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "true"},
    InternalMark{"service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", ""},
    InternalMark{"service.beta.kubernetes.io/oci-load-balancer-internal", "true"},
};

constexpr std::array<std::string_view, 4> kPrivate{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"};

// Whether a Service is written for a cloud other than Alibaba's.
bool is_elsewhere(const kube::Object& service) {
  const Node* annotations = service.find({"metadata", "annotations"});
  if (annotations == nullptr) return false;
  return std::any_of(annotations->members().begin(), annotations->members().end(), [](const document::Member& member) {
    const std::string_view name = member.name();
    return name.find("kubernetes.io/aws-") != std::string_view::npos || name.find("kubernetes.io/azure-") != std::string_view::npos || name.starts_with("cloud.google.com/") || name.starts_with("networking.gke.io/");
  });
}

// The annotation under the present or the old prefix; null pointer when there is none.
const Node* ack(const kube::Object& service, std::string_view name) {
  for (const std::string_view prefix : kPrefixes) {
    if (const Node* found = service.find({"metadata", "annotations", std::string(prefix) + std::string(name)})) return found;
  }
  return nullptr;
}

std::string_view ack_text(const kube::Object& service, std::string_view name) {
  const Node* found = ack(service, name);
  return found == nullptr ? std::string_view() : found->text();
}

bool is_internal(const kube::Object& service) {
  if (ack_text(service, "address-type") == "intranet") return true;
  for (const InternalMark& mark : kInternalMarks) {
    const std::string_view value = kube::annotation(*service.root, mark.annotation);
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b)); };
    const bool is_meant = mark.value.empty() ? value != "false" : value.size() == mark.value.size() && std::equal(value.begin(), value.end(), mark.value.begin(), same);
    if (!value.empty() && is_meant) return true;
  }
  if (kube::string_at(*service.root, {"spec", "loadBalancerClass"}) == "tailscale") return true;
  const auto address = IpAddress::parse(kube::string_at(*service.root, {"spec", "loadBalancerIP"}));
  return address && std::any_of(kPrivate.begin(), kPrivate.end(), [&](std::string_view network) { return IpNetwork::parse(network)->contains(*address); });
}

bool is_ingress_controller(const kube::Object& service) {
  const Node* selector = service.find({"spec", "selector"});
  if (selector == nullptr) return false;
  const auto& labels = selector->members();
  return std::any_of(labels.begin(), labels.end(), [](const document::Member& label) {
    const std::string_view value = label.value.text();
    for (const std::string_view part : {"ingress-nginx", "nginx-ingress", "ingress-controller", "ingressgateway", "ingress-gateway"}) {
      if (value.find(part) != std::string_view::npos) return true;
    }
    return value == "traefik" || value == "ingress" || value.ends_with("-ingress");
  });
}

// A Service's ports as people name them, and whether one of them is a way to run code. Serve and metrics are not.
struct PublishedPorts {
  std::string names;
  bool has_door = false;
};
PublishedPorts published_ports(const World& world, const kube::Object& service) {
  PublishedPorts out;
  const Node* ports = service.find({"spec", "ports"});
  if (ports == nullptr) return out;
  for (const Node& port : ports->items()) {
    const Node* number = port.find("port");
    if (number == nullptr) continue;
    const ray::DoorPort door = door_behind(world, service, port);
    out.has_door = out.has_door || door.door != ray::Door::kNone;
    const std::string_view what = door.door == ray::Door::kNone ? kube::string_at(port, {"name"}) : door.name;
    out.names += fmt::format("{}{}{}", out.names.empty() ? "" : ", ", number->text(), what.empty() ? "" : fmt::format(" ({})", what));
  }
  return out;
}

void check_access_control(const World& world, const Subject& subject, Findings& findings) {
  const kube::Object& service = *subject.object;
  const Node& type = *service.find({"spec", "type"});
  const Node* ranges = service.find({"spec", "loadBalancerSourceRanges"});
  const bool has_ranges = ranges != nullptr && !ranges->items().empty();
  if (has_ranges) {
    for (const Node& range : ranges->items()) {
      if (range.text() == "0.0.0.0/0" || range.text() == "::/0") findings.add(kOpenRanges, subject, range, fmt::format("{} admits every address", range.text()));
    }
  }
  if (is_internal(service)) return;
  const bool nlb = kube::string_at(*service.root, {"spec", "loadBalancerClass"}) == "alibabacloud.com/nlb";
  const bool on_ack = world.settings.profile == Profile::kAck && !is_elsewhere(service);
  const Node* status = ack(service, "acl-status");
  if (status != nullptr && status->text() == "on") {
    if (ack_text(service, "acl-id").empty()) findings.add(kIncompleteAcl, subject, *status, "acl-status is on, but there is no acl-id");
    if (ack_text(service, "acl-type") != "white")
      findings.add(kIncompleteAcl, subject, *status, fmt::format("acl-type must be white, not \"{}\"", ack_text(service, "acl-type")));
  } else if (has_ranges && on_ack && !nlb) {
    findings.add(kIgnoredRanges, subject, *ranges, "a CLB ignores loadBalancerSourceRanges; everybody is admitted");
  } else if (!has_ranges && !(nlb && !ack_text(service, "security-group-ids").empty())) {
    findings.add(kOpenLoadBalancer, subject, type, "this load balancer is on the Internet and admits everybody");
  }
  const Node* reused = ack(service, "id");
  if (reused != nullptr && ack_text(service, "force-override-listeners") != "true")
    findings.add(kReusedBalancer, subject, *reused, fmt::format("load balancer {} keeps the listeners that it has", reused->text()));
}

// Type ClusterIP, without the fields that the API server refuses then (Kubernetes validation.ValidateService).
std::vector<report::Fix> as_cluster_ip(const Subject& subject, const Node& type) {
  constexpr std::array<std::string_view, 6> kPublishing{"externalTrafficPolicy", "healthCheckNodePort", "loadBalancerSourceRanges", "loadBalancerClass", "loadBalancerIP",
                                                        "allocateLoadBalancerNodePorts"};
  const std::vector<std::string> path = path_to(*subject.written->root, type);
  if (path.empty()) return {};
  std::vector<report::Fix> out{{report::Fix::Kind::kSet, path, Node::string("ClusterIP")}};
  if (path.back() != "type") return out;  // serviceType of a head group: the rest of the Service is the operator's
  const std::vector<std::string> parent(path.begin(), path.end() - 1);
  const Node* spec = subject.written->root;
  for (const std::string& key : parent) spec = spec->find(key);
  const auto remove = [&](std::initializer_list<std::string> keys) {
    std::vector<std::string> below = parent;
    below.insert(below.end(), keys);
    out.push_back({report::Fix::Kind::kRemove, std::move(below), {}});
  };
  for (const std::string_view field : kPublishing) {
    if (spec->find(field) != nullptr) remove({std::string(field)});
  }
  const Node* ports = spec->find("ports");
  for (std::size_t i = 0; ports != nullptr && i < ports->items().size(); ++i) {
    if (ports->items()[i].find("nodePort") != nullptr) remove({"ports", std::to_string(i), "nodePort"});
  }
  return out;
}

void check(const World& world, Findings& findings) {
  for (const Subject& subject : world.of("", "Service")) {
    const kube::Object& service = *subject.object;
    const bool for_ray = selects_ray(world, service);
    if (!for_ray && !is_ingress_controller(service)) continue;
    const Node* type = service.find({"spec", "type"});
    const std::string_view kind = type == nullptr ? std::string_view("ClusterIP") : type->text();
    const Node* addresses = service.find({"spec", "externalIPs"});
    const PublishedPorts ports = published_ports(world, service);
    if (for_ray && addresses != nullptr && !addresses->items().empty())
      findings.add(kExternalAddress, subject, *addresses, fmt::format("external addresses lead to ports {}", ports.names));
    if ((kind == "LoadBalancer" || kind == "NodePort") && ports.has_door)
      findings.add(kServiceExposed, subject, *type, fmt::format("type {} publishes ports {}", kind, ports.names), [&] { return as_cluster_ip(subject, *type); });
    if (kind == "LoadBalancer") check_access_control(world, subject, findings);
  }
}

}  // namespace

const Topic kExposureTopic{kRules, check};

}  // namespace raykeep::checks
