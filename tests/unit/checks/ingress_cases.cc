// SPDX-License-Identifier: Apache-2.0
// What an Ingress in front of Ray asks of its callers, as its own controller reads it.
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

const char* const kOpen = "ray-ingress-without-auth";
const char* const kClear = "ray-ingress-without-tls";
const char* const kNoClass = "ray-ingress-class-missing";
const char* const kSecret = "ray-ingress-auth-secret-missing";
const char* const kWeak = "ray-ingress-auth-weak-hash";
const char* const kRewrite = "ray-ingress-rewrite-wrong";
const std::string kBasic = "nginx.ingress.kubernetes.io/auth-type: basic, nginx.ingress.kubernetes.io/auth-secret: users";
const std::string kBcrypt = "$2y$10$abcdefghijklmnopqrstuv";

std::string annotation(const std::string& key, const std::string& value) { return ", nginx.ingress.kubernetes.io/" + key + ": '" + value + "'"; }
// An Ingress of a cluster's dashboard; `spec` are members before its rules, `rule` of the rule.
std::string ingress(const std::string& annotations, const std::string& spec = "ingressClassName: nginx, ", const std::string& rule = "", const std::string& path = "/demo/(.*)") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {headGroupSpec: {template: {spec: {containers: [{name: h, image: 'rayproject/ray:2.56.0'}]}}}}\n"
         "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: team, annotations: {" + annotations + "}}\nspec: {" + spec + "rules: [{" + rule +
         "http: {paths: [{path: '" + path + "', backend: {service: {name: demo-head-svc, port: {number: 8265}}}}]}}]}\n";
}
std::string ingress_class(const std::string& name, const std::string& controller, const std::string& annotations = "") {
  return "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: " + name + ", annotations: {" + annotations + "}}\nspec: {controller: " + controller + "}\n";
}
std::string secret(const std::string& values) { return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: users, namespace: team}\n" + values + "\n"; }

}  // namespace

std::vector<Case> ingress_cases() {
  return {
      {kOpen, ingress(kBasic + annotation("satisfy", "any")), ingress(kBasic + annotation("satisfy", "all"))},
      {kOpen, ingress(kBasic + annotation("satisfy", "any") + annotation("whitelist-source-range", "0.0.0.0/0")),
       ingress(kBasic + annotation("satisfy", "any") + annotation("whitelist-source-range", "192.0.2.0/24"))},
      {kOpen, ingress(kBasic + annotation("configuration-snippet", "auth_basic off;")), ingress(kBasic + annotation("configuration-snippet", "more_set_headers \"A: b\";"))},
      {kOpen, ingress(kBasic, "ingressClassName: inner, ") + ingress_class("inner", "ingress.k8s.alibabacloud/alb"), ingress(kBasic, "ingressClassName: inner, ") + ingress_class("inner", "k8s.io/ingress-nginx")},
      {kOpen, ingress(kBasic, "ingressClassName: f5, ") + ingress_class("f5", "nginx.org/ingress-controller"),
       ingress("nginx.org/basic-auth-secret: users", "ingressClassName: f5, ") + ingress_class("f5", "nginx.org/ingress-controller")},
      {kOpen, ingress(kBasic, "ingressClassName: kong, "), ingress("konghq.com/plugins: key-auth", "ingressClassName: kong, ")},
      {kOpen, ingress("traefik.ingress.kubernetes.io/router.middlewares: a", "ingressClassName: nginx, "), ingress("traefik.ingress.kubernetes.io/router.middlewares: a", "")},
      {kOpen, ingress(kBasic, "ingressClassName: haproxy, "), ingress("haproxy.org/auth-type: basic-auth", "ingressClassName: haproxy, ")},
      {kOpen, ingress(kBasic, "ingressClassName: apisix, "), ingress("k8s.apisix.apache.org/auth-type: keyAuth", "ingressClassName: apisix, ")},
      {kOpen, ingress(kBasic, "ingressClassName: gce, "), ingress("cloud.google.com/backend-config: iap", "ingressClassName: gce, ")},
      {kOpen, ingress("", "ingressClassName: public, "), ingress("", "ingressClassName: tailscale, ")},
      {kClear, ingress("", "ingressClassName: alb, "), ingress("alb.ingress.kubernetes.io/certificate-arn: arn", "ingressClassName: alb, ")},
      {kClear, ingress("traefik.ingress.kubernetes.io/router.tls: 'false'", ""), ingress("traefik.ingress.kubernetes.io/router.tls: 'true'", "")},
      {kClear, ingress("", "tls: [{hosts: [other.example], secretName: t}], ", "host: ray.example, "), ingress("", "tls: [{hosts: ['*.example'], secretName: t}], ", "host: ray.example, ")},
      {kClear, ingress("", "tls: [{hosts: [ray.example], secretName: t}], "), ingress("", "tls: [{secretName: t}], ")},
      {kClear, ingress("nginx.ingress.kubernetes.io/ssl-redirect: 'false'", "tls: [{secretName: t}], "), ingress("nginx.ingress.kubernetes.io/ssl-redirect: 'true'", "tls: [{secretName: t}], ")},
      {kClear, ingress(""), ingress("nginx.ingress.kubernetes.io/ssl-passthrough: 'true'")},
      {kClear, ingress("alb.ingress.kubernetes.io/listen-ports: '[{\"HTTP\": 80}, {\"HTTPS\": 443}]'", "ingressClassName: alb, "),
       ingress("alb.ingress.kubernetes.io/listen-ports: '[{\"HTTPS\": 443}]'", "ingressClassName: alb, ")},
      {kNoClass, ingress("", "") + ingress_class("x", "k8s.io/ingress-nginx"), ingress("", "") + ingress_class("x", "k8s.io/ingress-nginx", "ingressclass.kubernetes.io/is-default-class: 'true'")},
      {kSecret, ingress(kBasic) + secret("stringData: {users: 'u:" + kBcrypt + "'}"), ingress(kBasic) + secret("stringData: {auth: 'u:" + kBcrypt + "'}")},
      {kWeak, ingress(kBasic + annotation("auth-secret-type", "auth-map")) + secret("stringData: {alice: '$apr1$x$y'}"),
       ingress(kBasic + annotation("auth-secret-type", "auth-map")) + secret("stringData: {alice: '" + kBcrypt + "'}")},
      {kWeak, ingress(kBasic) + secret("stringData: {auth: \"# people: all\\nu:$apr1$x$y\"}"), ingress(kBasic) + secret("stringData: {auth: \"# people: all\\nu:" + kBcrypt + "\"}")},
      // u:$apr1$x$y, and u:$2y$10$x, on two lines.
      {kWeak, ingress(kBasic) + secret("data: {auth: \"dTokYXByMSR4\\nJHk=\"}"), ingress(kBasic) + secret("data: {auth: \"dTokMnkkMTAk\\neA==\"}")},
      {kRewrite, ingress("nginx.ingress.kubernetes.io/rewrite-target: /$1$2"), ingress("nginx.ingress.kubernetes.io/rewrite-target: /$1$2", "", "", "/(demo)/(.*)")},
      {kRewrite, ingress("nginx.ingress.kubernetes.io/rewrite-target: /$2", "", "", "/demo(?:/|$)(.*)"), ingress("nginx.ingress.kubernetes.io/rewrite-target: /$1", "", "", "/demo(?:/|$)(.*)")},
  };
}

}  // namespace raykeep::checks
