// SPDX-License-Identifier: Apache-2.0
// Other ways than Ingresses and Services by which the doors of Ray are published: the Gateway API, the resources of service
// meshes and ingress controllers, and the TCP ports of ingress-nginx.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/door.h"
#include "checks/topics.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;

constexpr Rule kRoute{"ray-route-exposed", Severity::kHigh, "5,6", "A route leads to Ray and asks nobody who is calling",
                      "The Gateway API and most resources of other controllers have no field that says who may pass, so the route is open unless something else on the way authenticates.",
                      "Lead the route to an authenticating gateway.", "kind: HTTPRoute", "backendRefs:\n- name: raykeep-gateway",
                      "gateway.networking.k8s.io, networking.istio.io, traefik.io, route.openshift.io, projectcontour.io, k8s.nginx.org, apisix.apache.org; ingress-nginx, exposing TCP and UDP services"};
constexpr std::array kRules{&kRoute};

// Where a kind keeps its destinations: a path below spec, and from there the names of Service, port and namespace.
struct Way {
  std::string_view group, kind, path, service, port, ns;
};
constexpr std::string_view kGateway = "gateway.networking.k8s.io", kIstio = "networking.istio.io", kContour = "projectcontour.io", kApisix = "apisix.apache.org";
constexpr std::array kWays{
    Way{kGateway, "HTTPRoute", "rules[].backendRefs[]", "name", "port", "namespace"},
    Way{kGateway, "HTTPRoute", "rules[].filters[].requestMirror.backendRef", "name", "port", "namespace"},
    Way{kGateway, "GRPCRoute", "rules[].backendRefs[]", "name", "port", "namespace"},
    Way{kGateway, "TCPRoute", "rules[].backendRefs[]", "name", "port", "namespace"},
    Way{kGateway, "TLSRoute", "rules[].backendRefs[]", "name", "port", "namespace"},
    Way{kIstio, "VirtualService", "http[].route[].destination", "host", "port.number", ""},
    Way{kIstio, "VirtualService", "tcp[].route[].destination", "host", "port.number", ""},
    Way{kIstio, "VirtualService", "tls[].route[].destination", "host", "port.number", ""},
    Way{"traefik.io", "IngressRoute", "routes[].services[]", "name", "port", "namespace"},
    Way{"traefik.io", "IngressRouteTCP", "routes[].services[]", "name", "port", "namespace"},
    Way{"traefik.containo.us", "IngressRoute", "routes[].services[]", "name", "port", "namespace"},
    Way{"traefik.containo.us", "IngressRouteTCP", "routes[].services[]", "name", "port", "namespace"},
    Way{"route.openshift.io", "Route", "to", "name", "", ""},
    Way{"route.openshift.io", "Route", "alternateBackends[]", "name", "", ""},
    Way{kContour, "HTTPProxy", "routes[].services[]", "name", "port", ""},
    Way{kContour, "HTTPProxy", "tcpproxy.services[]", "name", "port", ""},
    Way{"k8s.nginx.org", "VirtualServer", "upstreams[]", "service", "port", ""},
    Way{"k8s.nginx.org", "TransportServer", "upstreams[]", "service", "port", ""},
    Way{kApisix, "ApisixRoute", "http[].backends[]", "serviceName", "servicePort", ""},
    Way{kApisix, "ApisixRoute", "stream[].backend", "serviceName", "servicePort", ""},
};

// The node at "a.b"; null pointer when there is none.
const Node* below(const Node& node, std::string_view path) {
  const std::size_t dot = path.find('.');
  const Node* next = path.empty() ? nullptr : node.find(path.substr(0, dot));
  return next == nullptr || dot == std::string_view::npos ? next : below(*next, path.substr(dot + 1));
}

std::string_view text_below(const Node& node, std::string_view path) {
  const Node* found = below(node, path);
  return found == nullptr ? std::string_view() : found->text();
}

// Calls for every node that a path names; "a[].b" is b of every item of a.
void each(const Node& node, std::string_view path, const std::function<void(const Node&)>& call) {
  if (path.empty()) return call(node);
  const std::size_t dot = std::min(path.find('.'), path.size());
  std::string_view step = path.substr(0, dot);
  const std::string_view rest = path.substr(std::min(dot + 1, path.size()));
  const bool many = step.ends_with("[]");
  if (many) step.remove_suffix(2);
  const Node* next = node.find(step);
  if (next == nullptr) return;
  if (!many) return each(*next, rest, call);
  for (const Node& item : next->items()) each(item, rest, call);
}

// Of an Istio VirtualService that no gateway serves, or a route that belongs to Services alone: the mesh's own callers.
bool stays_inside(const kube::Object& route) {
  if (route.group() == kGateway) {
    const Node* parents = route.find({"spec", "parentRefs"});
    return parents != nullptr && !parents->items().empty() && std::all_of(parents->items().begin(), parents->items().end(), [](const Node& parent) { return kube::string_at(parent, {"kind"}) == "Service"; });
  }
  if (!route.is(kIstio, "VirtualService")) return false;
  const Node* gateways = route.find({"spec", "gateways"});
  if (gateways == nullptr) return true;
  const auto& all = gateways->items();
  return std::all_of(all.begin(), all.end(), [](const Node& gateway) { return gateway.text() == "mesh"; });
}

// Whether a Middleware of Traefik asks who is calling. One that is not among the manifests may.
bool may_authenticate(const World& world, const kube::Object& route, const Node& reference) {
  const std::string_view own = kube::string_at(reference, {"namespace"});
  const std::string_view name = kube::string_at(reference, {"name"});
  const kube::Object* found = world.find(route.group(), "Middleware", own.empty() ? route.effective_namespace() : own, name);
  if (found == nullptr) return true;
  const Node* spec = found->find({"spec"});
  return spec != nullptr && std::any_of(spec->members().begin(), spec->members().end(), [](const document::Member& member) {
           return member.name() == "basicAuth" || member.name() == "digestAuth" || member.name() == "forwardAuth" || member.name() == "plugin" || member.name() == "chain";
         });
}

// Whether a policy of another kind asks the callers of a route: Envoy Gateway's SecurityPolicy on it or its gateway, Istio's
// AuthorizationPolicy in its namespace.
bool has_policy(const World& world, const kube::Object& route) {
  const auto names_it = [&](const Node& target) {
    const std::string_view kind = kube::string_at(target, {"kind"}), name = kube::string_at(target, {"name"});
    if (kind == route.kind) return name == route.name;
    const Node* parents = route.find({"spec", "parentRefs"});
    return kind == "Gateway" && parents != nullptr && std::any_of(parents->items().begin(), parents->items().end(), [&](const Node& parent) { return kube::string_at(parent, {"name"}) == name; });
  };
  for (const Subject& policy : world.of("gateway.envoyproxy.io", "SecurityPolicy")) {
    const Node* one = policy.object->find({"spec", "targetRef"});
    const Node* several = policy.object->find({"spec", "targetRefs"});
    if (one != nullptr && names_it(*one)) return true;
    if (several != nullptr && std::any_of(several->items().begin(), several->items().end(), names_it)) return true;
  }
  const auto& policies = world.of("security.istio.io", "AuthorizationPolicy");
  return route.group() == kIstio && std::any_of(policies.begin(), policies.end(), [&](const Subject& policy) { return policy.object->effective_namespace() == route.effective_namespace(); });
}

bool is_asking_filter(const Node& filter) {
  const std::string_view type = kube::string_at(filter, {"type"});
  return type == "ExtensionRef" || type == "ExternalAuth";
}

// Whether the part of a route that leads to this destination has a middleware, an auth policy or a plugin that may ask.
bool asks_who_is_calling(const World& world, const kube::Object& route, const Node& destination) {
  if (kube::string_at(*route.root, {"spec", "virtualhost", "authorization", "extensionRef", "name"}) != "") return true;  // Contour
  bool out = has_policy(world, route) || !kube::annotation(*route.root, "konghq.com/plugins").empty();
  const Node& spec = *route.find({"spec"});
  for (const char* parts : {"routes[]", "http[]", "rules[]"}) {
    each(spec, parts, [&](const Node& part) {
      if (destination.span().begin < part.span().begin || destination.span().end > part.span().end) return;
      if (const Node* middlewares = part.find("middlewares")) {
        const auto& all = middlewares->items();
        out = out || std::any_of(all.begin(), all.end(), [&](const Node& reference) { return may_authenticate(world, route, reference); });
      }
      out = out || kube::is_true(part.find_path({"authentication", "enable"}));  // APISIX
      const Node* filters = part.find("filters");
      out = out || (filters != nullptr && std::any_of(filters->items().begin(), filters->items().end(), is_asking_filter));
    });
  }
  return out;
}

void tell(const World& world, const Subject& subject, const Node& at, std::string_view ns, std::string_view service, std::string_view port, const std::function<bool()>& asked, Findings& findings) {
  const ray::DoorPort door = door_behind(world, ns, service, port);
  const std::string where = port.empty() ? fmt::format("Service {}", service) : fmt::format("port {} of Service {}", port, service);
  if (door.door == ray::Door::kClosed) findings.add(kClosedDoor, subject, at, fmt::format("{} is published ({})", where, door.name));
  if (door.door == ray::Door::kDashboard && !asked()) findings.add(kRoute, subject, at, fmt::format("this leads to {} ({}), and nothing here says who may pass", where, door.name));
}

void check_route(const World& world, const Subject& subject, const Way& way, Findings& findings) {
  const kube::Object& route = *subject.object;
  const Node* spec = route.find({"spec"});
  if (spec == nullptr || stays_inside(route)) return;
  each(*spec, way.path, [&](const Node& destination) {
    const std::string_view own = text_below(destination, way.ns);
    const std::string_view port = way.port.empty() ? text_below(*spec, "port.targetPort") : text_below(destination, way.port);
    tell(world, subject, destination, own.empty() ? route.effective_namespace() : own, text_below(destination, way.service), port, [&] { return asks_who_is_calling(world, route, destination); }, findings);
  });
}

// The ConfigMap of ingress-nginx's --tcp-services-configmap: "9000": "team/demo-head-svc:8265".
void check_tcp_services(const World& world, const Subject& subject, Findings& findings) {
  const Node* data = subject.object->find({"data"});
  if (data == nullptr || subject.object->name.find("tcp") == std::string::npos) return;
  for (const document::Member& member : data->members()) {
    const std::string_view text = member.value.text();
    const std::size_t slash = text.find('/'), colon = text.find(':', std::min(slash, text.size()));
    if (slash == std::string_view::npos || colon == std::string_view::npos) continue;
    const std::string_view port = text.substr(colon + 1);
    tell(world, subject, member.value, text.substr(0, slash), text.substr(slash + 1, colon - slash - 1), port.substr(0, port.find(':')), [] { return false; }, findings);
  }
}

void check(const World& world, Findings& findings) {
  for (const Way& way : kWays) {
    for (const Subject& subject : world.of(way.group, way.kind)) check_route(world, subject, way, findings);
  }
  for (const Subject& subject : world.of("", "ConfigMap")) check_tcp_services(world, subject, findings);
}

}  // namespace

const Topic kRouteTopic{kRules, check};

}  // namespace raykeep::checks
