// SPDX-License-Identifier: Apache-2.0
// Services and the Ingress of a cluster (ray-operator controllers/ray/common/{service,ingress}.go).
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "ray/expand_cluster.h"
#include "ray/kuberay_names.h"
#include "ray/version.h"

namespace raykeep::ray {
namespace {

// Name to port, in the order of the names. A port keeps the place of its number in the custom resource.
using Ports = std::map<std::string, Node, std::less<>>;

const Node* ray_container(const Cluster& cluster) {
  const Node* containers = cluster.spec.find_path({"headGroupSpec", "template", "spec", "containers"});
  return containers == nullptr || containers->items().empty() ? nullptr : &containers->items().front();
}

Ports service_ports(const Cluster& cluster) {
  Ports out;
  const Node* container = ray_container(cluster);
  const Node* declared = container == nullptr ? nullptr : container->find("ports");
  if (declared != nullptr) {
    for (const Node& port : declared->items()) {
      const Node* number = port.find("containerPort");
      if (number == nullptr) continue;
      const std::string_view name = kube::string_at(port, {"name"});
      out.insert_or_assign(name.empty() ? fmt::format("{}-port", number->text()) : std::string(name), *number);
    }
  }
  if (out.empty()) {
    out = {{"client", Node::integer(kClientPort)},
           {"gcs-server", Node::integer(kGcsPort)},
           {"dashboard", Node::integer(kDashboardPort)},
           {"serve", Node::integer(kServePort)}};
  }
  out.try_emplace("metrics", Node::integer(kMetricsPort));
  return out;
}

Node head_labels(const Cluster& cluster) {
  Node out = object({{kClusterLabel, text(cluster.name)},
                     {kNodeTypeLabel, text("head")},
                     {"ray.io/identifier", text(clipped_label(cluster.name + "-head"))}});
  add_application_labels(out);
  return out;
}

// The label app.kubernetes.io/name of the head's template goes over the operator's own, in labels and selector.
Node own_head_labels(const Cluster& cluster) {
  Node out = head_labels(cluster);
  constexpr std::string_view kName = "app.kubernetes.io/name";
  const Node* own = cluster.spec.find_path({"headGroupSpec", "template", "metadata", "labels", kName});
  if (own != nullptr) out.set(kName, *own);
  return out;
}

Node service(std::string_view name, std::string_view ns, Node labels) {
  return object({{"apiVersion", text("v1")},
                 {"kind", text("Service")},
                 {"metadata", object({{"name", text(name)}, {"namespace", text(ns)}, {"labels", labels}})},
                 {"spec", Node::mapping()}});
}

const Node* service_type(const Cluster& cluster) {
  const Node* type = cluster.spec.find_path({"headGroupSpec", "serviceType"});
  return type == nullptr || type->text().empty() ? nullptr : type;
}

void set_type(const Cluster& cluster, Node& spec) {
  const Node* own = spec.find("type");
  if (own != nullptr && !own->text().empty()) return;
  const Node* type = service_type(cluster);
  spec.set("type", type == nullptr ? text("ClusterIP") : *type);
}

// The user's own Service, with the names, labels and selector that the operator insists on.
Node user_service(const Node& own, std::string_view name, std::string_view ns, const Node& labels) {
  Node out = object({{"apiVersion", text("v1")}, {"kind", text("Service")}});
  const Node* metadata = own.find("metadata");
  out.set("metadata", metadata != nullptr && metadata->is_mapping() ? *metadata : Node::mapping());
  Node& kept = *out.find("metadata");
  if (kube::string_at(kept, {"name"}).empty()) kept.set("name", text(name));
  kept.set("namespace", text(ns));
  Node& kept_labels = mapping_at(kept, "labels");
  for (const document::Member& member : labels.members()) kept_labels.set(member.name(), member.value);
  const Node* spec = own.find("spec");
  out.set("spec", spec != nullptr && spec->is_mapping() ? *spec : Node::mapping());
  out.set_span(own.span());
  return out;
}

void own(const Cluster& cluster, Node& made) {
  made.find("metadata")->set("ownerReferences", owner_references("ray.io/v1", "RayCluster", cluster.name));
}

bool is_serving(std::string_view name) { return name == "serve" || name.starts_with("serve-"); }

// Where the operator lets an Ingress lead: the whole host since v1.7, "/<cluster>/" before.
Node ingress_path(const Cluster& cluster) {
  const auto version = parse_version(cluster.options->kuberay_version);
  if (version && *version < Version{1, 7, 0}) return text("/" + cluster.name + "/(.*)");
  const Node* own_path = cluster.spec.find_path({"headGroupSpec", "ingressOptions", "path"});
  return own_path == nullptr ? text("/") : *own_path;
}

Node ingress_path_type(const Cluster& cluster) {
  const auto version = parse_version(cluster.options->kuberay_version);
  if (version && *version < Version{1, 7, 0}) return text("Exact");
  const Node* own_type = cluster.spec.find_path({"headGroupSpec", "ingressOptions", "pathType"});
  return own_type == nullptr ? text("Prefix") : *own_type;
}

}  // namespace

namespace {

Node head_service_with(const Cluster& cluster, const Node& labels, const Node* annotations) {
  const std::string name = head_service_name(cluster.spec, cluster.name);
  const Node* custom = cluster.spec.find_path({"headGroupSpec", "headService"});
  const bool has_own = custom != nullptr && custom->is_mapping();
  Node out = has_own ? user_service(*custom, name, cluster.ns, labels) : service(name, cluster.ns, labels);
  if (annotations != nullptr) {
    for (const document::Member& member : annotations->members())
      mapping_at(*out.find("metadata"), "annotations").set(member.name(), member.value);
  }
  own(cluster, out);
  Node& spec = *out.find("spec");
  for (const auto& [port_name, number] : service_ports(cluster))
    sequence_at(spec, "ports").append(object({{"name", text(port_name)}, {"port", number}, {"appProtocol", text("tcp")}}));
  spec.set("selector", labels);
  set_type(cluster, spec);
  if (has_own || spec.find("type")->text() != "ClusterIP") return out;
  spec.set("clusterIP", text("None"));
  spec.set("publishNotReadyAddresses", Node::boolean(true));
  return out;
}

}  // namespace

Node head_service(const Cluster& cluster) { return head_service_with(cluster, own_head_labels(cluster), cluster.spec.find("headServiceAnnotations")); }

Node owner_head_service(const Cluster& cluster, std::string_view owner, std::string_view kind) {
  Node out = head_service_with(cluster, head_labels(cluster), nullptr);
  Node metadata = object({{"name", text(std::string(owner) + "-head-svc")}, {"namespace", text(cluster.ns)}});
  metadata.set("labels", object({{kOriginName, text(owner)},
                                 {kOriginKind, text(kind)},
                                 {kNodeTypeLabel, text("head")},
                                 {"ray.io/identifier", text(clipped_label(std::string(owner) + "-head"))}}));
  if (const Node* annotations = out.find_path({"metadata", "annotations"})) metadata.set("annotations", *annotations);
  metadata.set("ownerReferences", owner_references("ray.io/v1", kind, owner));
  out.set("metadata", std::move(metadata));
  return out;
}

Node serve_service(const Cluster& cluster, std::string_view owner, const Node* custom) {
  const bool for_service = cluster.creator == "RayService";
  const Node labels = object({{kOriginName, text(owner)},
                              {kOriginKind, text(for_service ? "RayService" : "RayCluster")},
                              {kServeLabel, text(std::string(owner) + "-serve")}});
  Node ports = Node::sequence();
  for (const auto& [name, number] : service_ports(cluster)) {
    if (is_serving(name)) ports.append(object({{"name", text(name)}, {"port", number}}));
  }
  const bool has_own = custom != nullptr && custom->is_mapping();
  if (ports.items().empty() && !has_own) return {};
  const std::string name = std::string(owner) + "-serve-svc";
  Node out = has_own ? user_service(*custom, name, cluster.ns, labels) : service(name, cluster.ns, labels);
  out.find("metadata")->set("ownerReferences", owner_references("ray.io/v1", cluster.creator, owner));
  Node& spec = *out.find("spec");
  if (!ports.items().empty()) {
    const Node before = spec.find("ports") == nullptr ? Node::sequence() : *spec.find("ports");
    for (Node& port : ports.items()) {
      const Node* written = named(&before, port.find("name")->text());
      if (written != nullptr) port = *written;
    }
    spec.set("ports", std::move(ports));
  }
  Node selector = object({{kClusterLabel, text(cluster.name)}});
  if (for_service) selector.set(kServeLabel, text("true"));
  spec.set("selector", std::move(selector));
  set_type(cluster, spec);
  return out;
}

// ray-operator controllers/ray/rayservice_controller.go, createGateway.
Node upgrade_gateway(const Cluster& cluster, std::string_view owner, const Node& gateway_class) {
  return object({{"apiVersion", text("gateway.networking.k8s.io/v1")},
                 {"kind", text("Gateway")},
                 {"metadata", object({{"name", text(std::string(owner) + "-gateway")},
                                      {"namespace", text(cluster.ns)},
                                      {"ownerReferences", owner_references("ray.io/v1", "RayService", owner)}})},
                 {"spec", object({{"gatewayClassName", gateway_class},
                                  {"listeners", list({object({{"name", text("http")}, {"protocol", text("HTTP")}, {"port", Node::integer(80)}})})}})}});
}

// createHTTPRoute, as it is while one cluster has all traffic.
Node upgrade_route(const Cluster& cluster, std::string_view owner) {
  const Ports ports = service_ports(cluster);
  const auto serve = ports.find("serve");
  const Node backend = object({{"name", text(cluster.name + "-serve-svc")},
                               {"namespace", text(cluster.ns)},
                               {"port", serve == ports.end() ? Node::integer(kServePort) : serve->second},
                               {"weight", Node::integer(100)}});
  const Node match = object({{"path", object({{"type", text("PathPrefix")}, {"value", text("/")}})}});
  return object({{"apiVersion", text("gateway.networking.k8s.io/v1")},
                 {"kind", text("HTTPRoute")},
                 {"metadata", object({{"name", text(std::string(owner) + "-httproute")},
                                      {"namespace", text(cluster.ns)},
                                      {"ownerReferences", owner_references("ray.io/v1", "RayService", owner)}})},
                 {"spec", object({{"parentRefs", list({object({{"name", text(std::string(owner) + "-gateway")}, {"namespace", text(cluster.ns)}})})},
                                  {"rules", list({object({{"matches", list({match})}, {"backendRefs", list({backend})}})})}})}});
}

Node headless_worker_service(const Cluster& cluster) {
  Node out = service(cluster.name + "-headless", cluster.ns, object({{"ray.io/headless-worker-svc", text(cluster.name)}}));
  own(cluster, out);
  out.set("spec", object({{"clusterIP", text("None")},
                          {"selector", object({{kClusterLabel, text(cluster.name)}, {kNodeTypeLabel, text("worker")}})},
                          {"type", text("ClusterIP")},
                          {"publishNotReadyAddresses", Node::boolean(true)}}));
  return out;
}

Node head_ingress(const Cluster& cluster) {
  Node labels = object({{kClusterLabel, text(cluster.name)}, {"ray.io/identifier", text(clipped_label(cluster.name + "-head"))}});
  add_application_labels(labels);
  Node annotations = cluster.annotations;
  annotations.erase("kubernetes.io/ingress.class");
  const Ports ports = service_ports(cluster);
  const auto dashboard = ports.find("dashboard");
  const Node backend = object(
      {{"service", object({{"name", text(head_service_name(cluster.spec, cluster.name))},
                           {"port", object({{"number", dashboard == ports.end() ? Node::integer(kDashboardPort) : dashboard->second}})}})}});
  Node rule = Node::mapping();
  const Node* host = cluster.spec.find_path({"headGroupSpec", "ingressOptions", "host"});
  if (host != nullptr) rule.set("host", *host);
  rule.set("http", object({{"paths", list({object({{"path", ingress_path(cluster)},
                                                   {"pathType", ingress_path_type(cluster)},
                                                   {"backend", backend}})})}}));
  Node spec = Node::mapping();
  if (const Node* name = cluster.annotations.find("kubernetes.io/ingress.class")) spec.set("ingressClassName", *name);
  spec.set("rules", list({rule}));
  if (const Node* tls = cluster.spec.find_path({"headGroupSpec", "ingressOptions", "tls"})) spec.set("tls", *tls);
  Node out = object({{"apiVersion", text("networking.k8s.io/v1")},
                     {"kind", text("Ingress")},
                     {"metadata", object({{"name", text(clipped_name(cluster.name + "-head-ingress"))},
                                          {"namespace", text(cluster.ns)},
                                          {"labels", labels},
                                          {"annotations", annotations}})},
                     {"spec", spec}});
  own(cluster, out);
  out.set_span(cluster.spec.find_path({"headGroupSpec", "enableIngress"})->span());
  return out;
}

}  // namespace raykeep::ray
