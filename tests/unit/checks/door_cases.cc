// SPDX-License-Identifier: Apache-2.0
// The ways to a Ray node's doors: Services whose ports lead there, and what leads to those Services.
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

// A RayCluster; `params` are members of the head's rayStartParams, `ports` of its container's.
std::string ray(const std::string& params = "", const std::string& ports = "") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec:\n  headGroupSpec:\n    rayStartParams: {" + params +
         "}\n    template: {metadata: {labels: {app: head}}, spec: {containers: [{name: h, image: 'rayproject/ray:2.56.0', ports: [" + ports + "]}]}}\n";
}
std::string service(const std::string& spec, const std::string& name = "s") { return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: team}\nspec: {" + spec + "}\n"; }
std::string published(const std::string& ports, const std::string& selector = "app: head") { return service("type: NodePort, selector: {" + selector + "}, ports: [" + ports + "]"); }
std::string object(const std::string& version, const std::string& kind, const std::string& spec, const std::string& metadata = "") {
  return "---\napiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: r, namespace: team" + metadata + "}\nspec: {" + spec + "}\n";
}
std::string ingress(const std::string& service, const std::string& port) {
  return object("networking.k8s.io/v1", "Ingress", "defaultBackend: {service: {name: " + service + ", port: {" + port + "}}}");
}
std::string istio(const std::string& gateways) {
  return ray() + object("networking.istio.io/v1", "VirtualService", gateways + "http: [{route: [{destination: {host: demo-head-svc.team.svc.cluster.local, port: {number: 8265}}}]}]");
}
std::string traefik(const std::string& middlewares, const std::string& port = "8265") {
  return ray() + object("traefik.io/v1alpha1", "IngressRoute", "routes: [{kind: Rule, match: 'Host(`a`)', " + middlewares + "services: [{name: demo-head-svc, port: " + port + "}]}]");
}
std::string middleware(const std::string& spec) { return object("traefik.io/v1alpha1", "Middleware", spec); }
std::string open_shift(const std::string& port) { return ray() + object("route.openshift.io/v1", "Route", "to: {kind: Service, name: demo-head-svc}" + port); }
std::string tcp_services(const std::string& target) { return ray() + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp-services, namespace: ingress-nginx}\ndata: {'9000': '" + target + "'}\n"; }

std::string balancer(const std::string& selector, const std::string& spec = "", const std::string& annotations = "") {
  return "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: team, annotations: {" + annotations + "}}\nspec: {type: LoadBalancer, " + spec + "selector: {" + selector + "}, ports: [{port: 443}]}\n";
}
std::string http_route(const std::string& spec, const std::string& rule = "", const std::string& service = "demo-head-svc", const std::string& port = "8265") {
  return ray() + object("gateway.networking.k8s.io/v1", "HTTPRoute", spec + "rules: [{" + rule + "backendRefs: [{name: " + service + ", port: " + port + "}]}]");
}
std::string security_policy(const std::string& target) { return object("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy", "targetRefs: [{kind: " + target + "}], oidc: {}"); }

const char* const kExposed = "ray-head-service-exposed";
const char* const kRoute = "ray-route-exposed";
const char* const kClosed = "ray-ingress-exposes-gcs-or-client";

}  // namespace

std::vector<Case> door_cases() {
  return {
      // Ports are what listens there.
      {kExposed, ray("port: '7379'") + published("{port: 7379}"), ray("port: '7379'") + published("{port: 6379}")},
      {kExposed, ray("dashboard-port: '9265'") + published("{port: 80, targetPort: 9265}"), ray("dashboard-port: '9265'") + published("{port: 80, targetPort: 8265}")},
      {kExposed, ray() + published("{port: 8265}"), ray("dashboard-host: 127.0.0.1") + published("{port: 8265}")},
      {kExposed, ray("node-manager-port: '7000'") + published("{port: 7000}"), ray() + published("{port: 7000}")},
      {kExposed, ray("min-worker-port: '11000', max-worker-port: '11100'") + published("{port: 11050}"), ray("min-worker-port: '11000', max-worker-port: '11100'") + published("{port: 12000}")},
      {kExposed, ray("", "{containerPort: 8265, name: web}") + published("{port: 80, targetPort: web}"), ray("", "{containerPort: 8000, name: web}") + published("{port: 80, targetPort: web}")},
      {kExposed, ray("", "{containerPort: 9265, name: dashboard}") + published("{port: 9265}"), ray("", "{containerPort: 9265, name: proxy}") + published("{port: 9265}")},
      {kExposed, ray() + published("{port: 443, targetPort: 52365}"), ray() + published("{port: 443, targetPort: 8443}")},
      {kExposed, ray() + published("{port: 8265}"), ray() + published("{port: 8265}", "app: other")},
      {"load-balancer-without-acl", service("type: LoadBalancer, selector: {app.kubernetes.io/component: ingress-controller}, ports: [{port: 443}]"),
       service("type: LoadBalancer, selector: {app: shop}, ports: [{port: 443}]")},
      {"load-balancer-without-acl", service("type: LoadBalancer, loadBalancerClass: alibabacloud.com/nlb, selector: {app: traefik}, ports: [{port: 443}]"),
       "apiVersion: v1\nkind: Service\nmetadata: {name: s, annotations: {service.beta.kubernetes.io/alibaba-cloud-loadbalancer-security-group-ids: sg-1}}\n"
       "spec: {type: LoadBalancer, loadBalancerClass: alibabacloud.com/nlb, selector: {app: traefik}, ports: [{port: 443}]}\n"},
      {"load-balancer-without-acl", balancer("app: x-ingress", "loadBalancerIP: 203.0.113.7, "), balancer("app: x-ingress", "loadBalancerIP: 10.1.2.3, ")},
      {"load-balancer-without-acl", balancer("app: nginx-ingress"), balancer("app: ingress-metrics-exporter-db")},
      {"load-balancer-without-acl", balancer("app: traefik", "", "service.beta.kubernetes.io/aws-load-balancer-internal: 'false'"), balancer("app: traefik", "", "service.beta.kubernetes.io/aws-load-balancer-internal: 0.0.0.0/0")},
      {"load-balancer-without-acl", balancer("app: traefik"), balancer("app: traefik", "", "cloud.google.com/load-balancer-type: internal")},
      {"load-balancer-source-ranges-ignored", balancer("app: traefik", "loadBalancerSourceRanges: [192.0.2.0/24], "),
       balancer("app: traefik", "loadBalancerSourceRanges: [192.0.2.0/24], ", "service.beta.kubernetes.io/aws-load-balancer-type: external")},
      // Ingresses see through names.
      {"ray-ingress-without-auth", ray() + service("type: ExternalName, externalName: demo-head-svc.team.svc.cluster.local") + ingress("s", "number: 8265"),
       ray() + service("type: ExternalName, externalName: shop.other.svc.cluster.local") + ingress("s", "number: 8265")},
      {kClosed, ray("ray-client-server-port: '20001'") + service("selector: {app: head}, ports: [{port: 80, targetPort: 20001}]") + ingress("s", "number: 80"),
       ray() + service("selector: {app: head}, ports: [{port: 80, targetPort: 20001}]") + ingress("s", "number: 80")},
      // Routes.
      {kRoute, istio("gateways: [istio-system/public], "), istio("gateways: [mesh], ")},
      {kRoute, istio("gateways: [istio-system/public], "), istio("")},
      {kRoute, traefik(""), traefik("middlewares: [{name: elsewhere}], ")},
      {kRoute, traefik("middlewares: [{name: r}], ") + middleware("headers: {}"), traefik("middlewares: [{name: r}], ") + middleware("basicAuth: {secret: users}")},
      {kClosed, traefik("", "10001"), traefik("", "8265")},
      {kRoute, open_shift(", port: {targetPort: dashboard}"), open_shift(", port: {targetPort: metrics}")},
      {kClosed, open_shift(""), open_shift(", port: {targetPort: 8265}")},
      {kRoute, ray() + object("projectcontour.io/v1", "HTTPProxy", "routes: [{services: [{name: demo-head-svc, port: 8265}]}]"),
       ray() + object("projectcontour.io/v1", "HTTPProxy", "virtualhost: {authorization: {extensionRef: {name: oidc}}}, routes: [{services: [{name: demo-head-svc, port: 8265}]}]")},
      {kRoute, ray() + object("apisix.apache.org/v2", "ApisixRoute", "http: [{name: a, backends: [{serviceName: demo-head-svc, servicePort: 8265}]}]"),
       ray() + object("apisix.apache.org/v2", "ApisixRoute", "http: [{name: a, authentication: {enable: true, type: keyAuth}, backends: [{serviceName: demo-head-svc, servicePort: 8265}]}]")},
      {kRoute, ray() + object("k8s.nginx.org/v1", "VirtualServer", "upstreams: [{name: u, service: demo-head-svc, port: 8265}]"),
       ray() + object("k8s.nginx.org/v1", "VirtualServer", "upstreams: [{name: u, service: shop, port: 8265}]")},
      {kRoute, ray() + object("gateway.networking.k8s.io/v1", "HTTPRoute", "rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: demo-head-svc, port: 8265}}}]}]"),
       ray() + object("gateway.networking.k8s.io/v1", "HTTPRoute", "rules: [{backendRefs: [{name: demo-head-svc, port: 8000}]}]")},
      {kRoute, http_route(""), http_route("parentRefs: [{kind: Service, name: shop}], ")},
      {kRoute, http_route("parentRefs: [{name: public}], ") + security_policy("HTTPRoute, name: other"), http_route("parentRefs: [{name: public}], ") + security_policy("Gateway, name: public")},
      {kRoute, http_route("", "filters: [{type: RequestHeaderModifier}], "), http_route("", "filters: [{type: ExternalAuth}], ")},
      {kRoute, istio("gateways: [istio-system/public], "), istio("gateways: [istio-system/public], ") + object("security.istio.io/v1", "AuthorizationPolicy", "action: CUSTOM")},
      {kRoute, http_route("", "", "shop-head-svc", "80"), http_route("", "", "printer-head-svc", "9100")},
      {kClosed, tcp_services("team/demo-head-svc:6379"), tcp_services("team/demo-head-svc:8000")},
      {kRoute, tcp_services("team/demo-head-svc:8265:PROXY"), tcp_services("team/shop:8265")},
  };
}

}  // namespace raykeep::checks
