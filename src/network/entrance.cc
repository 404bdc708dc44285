// SPDX-License-Identifier: Apache-2.0
#include "network/entrance.h"

#include <algorithm>
#include <map>
#include <optional>

#include "kube/workload.h"

namespace raykeep::network {
namespace {

using document::Node;
using kube::Object;

using Services = std::map<std::string, const Object*, std::less<>>;  // "ns/name"

std::string key(std::string_view ns, std::string_view name) { return std::string(ns) + "/" + std::string(name); }

std::uint32_t number_of(const Node* node) {
  const std::int64_t value = node == nullptr ? 0 : node->as_integer().value_or(0);
  return value >= 1 && value <= 65535 ? static_cast<std::uint32_t>(value) : 0;
}

Protocol protocol_of(const Node& port) { return parse_protocol(kube::string_at(port, {"protocol"})).value_or(Protocol::kTcp); }

// The ports that the containers of an endpoint declare.
Connections declared(const Endpoint& endpoint) {
  Connections out;
  if (endpoint.pod_spec == nullptr) return Connections::all();
  for (const kube::Container& container : kube::containers(*endpoint.pod_spec)) {
    const Node* ports = container.node->find("ports");
    if (ports == nullptr) continue;
    for (const Node& port : ports->items()) {
      if (const std::uint32_t number = number_of(port.find("containerPort"))) out = out.united(Connections::of(Protocol::kTcp, {{number}, {number}}));
    }
  }
  return out;
}

// The port of a pod that one port of a Service leads to; nothing when the pod has none of that name.
std::optional<std::uint32_t> target_of(const Node& service_port, const Endpoint& endpoint) {
  const Node* target = service_port.find("targetPort");
  if (target == nullptr || target->is_null()) target = service_port.find("port");
  if (target == nullptr) return std::nullopt;
  if (!target->is_string()) return number_of(target);
  for (const NamedPort& port : endpoint.named_ports) {
    if (port.name == target->text() && port.protocol == protocol_of(service_port)) return port.port;
  }
  return std::nullopt;
}

// Whether a reference to a port of a Service (a number or a name; null for all of them) means this one.
bool refers(const Node* wanted, const Node& service_port) {
  if (wanted == nullptr) return true;
  if (wanted->is_string() && !wanted->text().empty()) {
    const Node* target = service_port.find("targetPort");
    return kube::string_at(service_port, {"name"}) == wanted->text() || (target != nullptr && target->is_string() && target->text() == wanted->text());
  }
  const std::uint32_t number = number_of(wanted);
  return number != 0 && (number_of(service_port.find("port")) == number || number_of(service_port.find("targetPort")) == number);
}

class Finder {
 public:
  Finder(const Topology& topology, Semantics semantics) : topology_(topology), semantics_(semantics) {
    for (const Object* object : topology.objects()) {
      if (object->is("", "Service")) services_.emplace(key(object->effective_namespace(), object->name), object);
    }
  }

  std::vector<Entrance> run() {
    for (const Object* object : topology_.objects()) {
      if (object->kind == "Ingress") ingress(*object);
      if (object->kind == "Route") route(*object);
      if (object->group() == "gateway.networking.k8s.io" && object->kind.ends_with("Route")) gateway_route(*object);
      if (object->is("", "Service")) service(*object);
    }
    for (std::size_t i = 0; i < topology_.endpoints().size(); ++i) host_ports(i);
    return std::move(found_);
  }

 private:
  // Leads through a Service to its pods. `port` refers to one of its ports.
  void through(const Object& by, const Node& place, std::string_view ns, std::string_view name, const Node* port, Entrance::Kind kind) {
    const auto service = services_.find(key(ns, name));
    if (service == services_.end()) return;
    const Node* selector = service->second->find({"spec", "selector"});
    const Node* ports = service->second->find({"spec", "ports"});
    if (selector == nullptr || ports == nullptr || selector->members().empty()) return;
    const kube::LabelSelector pods = kube::equality_selector(*selector);
    const bool only_first = port != nullptr;
    for (std::size_t i = 0; i < topology_.endpoints().size(); ++i) {
      const Endpoint& endpoint = topology_.endpoints()[i];
      if (endpoint.ns != ns || endpoint.ingress_controller || !pods.matches(endpoint.labels)) continue;
      Connections open;
      for (const Node& service_port : ports->items()) {
        if (!refers(port, service_port)) continue;
        const auto target = target_of(service_port, endpoint);
        const Protocol protocol = kind == Entrance::Kind::kIngress ? Protocol::kTcp : protocol_of(service_port);
        if (target && *target != 0) open = open.united(Connections::of(protocol, {{*target}, {*target}}));
        if (only_first) break;
      }
      if (semantics_ == Semantics::kNpGuard) open = open.intersected(declared(endpoint));
      if (!open.empty()) found_.push_back({kind, i, std::move(open), &by, &place});
    }
  }

  void ingress_backend(const Object& object, const Node* backend) {
    if (backend == nullptr) return;
    const Node* service = backend->find("service");
    if (service != nullptr) {
      const Node* port = service->find_path({"port", "name"});
      if (port == nullptr) port = service->find_path({"port", "number"});
      return through(object, *backend, object.effective_namespace(), kube::string_at(*service, {"name"}), port, Entrance::Kind::kIngress);
    }
    // extensions/v1beta1 and networking.k8s.io/v1beta1.
    through(object, *backend, object.effective_namespace(), kube::string_at(*backend, {"serviceName"}), backend->find("servicePort"), Entrance::Kind::kIngress);
  }

  void ingress(const Object& object) {
    ingress_backend(object, object.find({"spec", "defaultBackend"}));
    const Node* rules = object.find({"spec", "rules"});
    if (rules == nullptr) return;
    for (const Node& rule : rules->items()) {
      const Node* paths = rule.find_path({"http", "paths"});
      if (paths == nullptr) continue;
      for (const Node& path : paths->items()) ingress_backend(object, path.find("backend"));
    }
  }

  // route.openshift.io/v1.
  void route(const Object& object) {
    const Node* port = object.find({"spec", "port", "targetPort"});
    const auto target = [&](const Node& to) {
      const std::string_view kind = kube::string_at(to, {"kind"});
      if (kind.empty() || kind == "Service") through(object, to, object.effective_namespace(), kube::string_at(to, {"name"}), port, Entrance::Kind::kIngress);
    };
    if (const Node* to = object.find({"spec", "to"})) target(*to);
    if (const Node* others = object.find({"spec", "alternateBackends"})) {
      for (const Node& to : others->items()) target(to);
    }
  }

  void gateway_route(const Object& object) {
    const Node* rules = object.find({"spec", "rules"});
    if (rules == nullptr) return;
    for (const Node& rule : rules->items()) {
      const Node* backends = rule.find("backendRefs");
      if (backends == nullptr) continue;
      for (const Node& backend : backends->items()) {
        const std::string_view ns = kube::string_at(backend, {"namespace"});
        through(object, backend, ns.empty() ? object.effective_namespace() : ns, kube::string_at(backend, {"name"}), backend.find("port"), Entrance::Kind::kIngress);
      }
    }
  }

  void service(const Object& object) {
    if (semantics_ == Semantics::kNpGuard) return;
    const std::string_view type = kube::string_at(*object.root, {"spec", "type"});
    const Node* place = object.find({"spec", "type"});
    if (type == "LoadBalancer") through(object, *place, object.effective_namespace(), object.name, nullptr, Entrance::Kind::kLoadBalancer);
    if (type == "NodePort") through(object, *place, object.effective_namespace(), object.name, nullptr, Entrance::Kind::kNodePort);
    const Node* external = object.find({"spec", "externalIPs"});
    if (external != nullptr && !external->items().empty())
      through(object, *external, object.effective_namespace(), object.name, nullptr, Entrance::Kind::kExternalAddress);
  }

  void host_ports(std::size_t index) {
    const Endpoint& endpoint = topology_.endpoints()[index];
    if (semantics_ == Semantics::kNpGuard || endpoint.pod_spec == nullptr) return;
    for (const kube::Container& container : kube::containers(*endpoint.pod_spec)) {
      const Node* ports = container.node->find("ports");
      if (ports == nullptr) continue;
      for (const Node& port : ports->items()) {
        const std::uint32_t number = number_of(port.find("containerPort"));
        if (number_of(port.find("hostPort")) == 0 || number == 0) continue;
        found_.push_back({Entrance::Kind::kHostPort, index, Connections::of(protocol_of(port), {{number}, {number}}), endpoint.written, port.find("hostPort")});
      }
    }
  }

  const Topology& topology_;
  Semantics semantics_;
  Services services_;
  std::vector<Entrance> found_;
};

}  // namespace

std::string title(const Entrance& entrance) {
  const std::string of = entrance.object->title();
  switch (entrance.kind) {
    case Entrance::Kind::kIngress: return of;
    case Entrance::Kind::kLoadBalancer: return "LoadBalancer " + of;
    case Entrance::Kind::kNodePort: return "NodePort " + of;
    case Entrance::Kind::kExternalAddress: return of + " with externalIPs";
    case Entrance::Kind::kHostPort: return "hostPort of " + of;
  }
  return of;
}

std::vector<Entrance> find_entrances(const Topology& topology, Semantics semantics) { return Finder(topology, semantics).run(); }

}  // namespace raykeep::network
