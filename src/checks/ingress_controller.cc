// SPDX-License-Identifier: Apache-2.0
#include "checks/ingress_controller.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace raykeep::checks {
namespace {

// Reaches nobody but the members of a private network, who are known to it.
constexpr std::string_view kTailnet = "tailscale";
constexpr std::string_view kNginx = "nginx.ingress.kubernetes.io/";

std::string_view written(const kube::Object& ingress, std::string_view prefix, std::string_view key) {
  return kube::annotation(*ingress.root, std::string(prefix) + std::string(key));
}
std::string_view nginx(const kube::Object& ingress, std::string_view key) { return written(ingress, kNginx, key); }

// The class with its controller, in which the controller's name is looked for.
std::string controller_of(const World& world, const kube::Object& ingress) {
  const std::string_view name = ingress_class(world, ingress);
  const kube::Object* found = world.find("networking.k8s.io", "IngressClass", "", name);
  const std::string_view controller = found == nullptr ? std::string_view() : kube::string_at(*found->root, {"spec", "controller"});
  return std::string(controller.empty() ? name : controller);
}

// Annotations that make a controller ask; any of them will do unless it has the value that switches it off.
struct Asking {
  std::string_view controller, annotation, off;
};
constexpr std::array kAsking{
    Asking{"alb", "alb.ingress.kubernetes.io/auth-type", "none"},
    Asking{"traefik", "traefik.ingress.kubernetes.io/router.middlewares", ""},
    Asking{"nginx.org", "nginx.org/basic-auth-secret", ""},
    Asking{"nginx.org", "nginx.com/jwt-key", ""},
    Asking{"haproxy", "haproxy.org/auth-type", ""},
    Asking{"haproxy", "haproxy-ingress.github.io/auth-url", ""},
    Asking{"haproxy", "haproxy-ingress.github.io/auth-secret", ""},
    Asking{"haproxy", "haproxy-ingress.github.io/auth-tls-secret", ""},
    Asking{"kong", "konghq.com/plugins", ""},
    Asking{"apisix", "k8s.apisix.apache.org/auth-type", ""},
    Asking{"gce", "beta.cloud.google.com/backend-config", ""},
    Asking{"gce", "cloud.google.com/backend-config", ""},
};

// Annotations by which a controller serves with TLS without spec.tls.
struct Encrypting {
  std::string_view annotation, value;  // no value: any
};
constexpr std::array kEncrypting{
    Encrypting{"alb.ingress.kubernetes.io/certificate-arn", ""},
    Encrypting{"traefik.ingress.kubernetes.io/router.tls", "true"},
    Encrypting{"networking.gke.io/managed-certificates", ""},
    Encrypting{"ingress.gcp.kubernetes.io/pre-shared-cert", ""},
};

bool is_everyone(std::string_view ranges) { return ranges.empty() || ranges.find("0.0.0.0/0") != std::string_view::npos || ranges.find("::/0") != std::string_view::npos; }

// A snippet that takes back what the annotations ask for.
std::string_view switched_off_by(const kube::Object& ingress) {
  for (const std::string_view snippet : {"configuration-snippet", "server-snippet", "auth-snippet"}) {
    const std::string_view text = nginx(ingress, snippet);
    for (const std::string_view directive : {"auth_basic off", "auth_request off", "satisfy any"}) {
      if (text.find(directive) != std::string_view::npos) return directive;
    }
  }
  return {};
}

std::string open_at_nginx(const kube::Object& ingress) {
  const std::string_view type = nginx(ingress, "auth-type"), verify = nginx(ingress, "auth-tls-verify-client");
  const bool by_password = (type == "basic" || type == "digest") && !nginx(ingress, "auth-secret").empty();
  const bool by_certificate = !nginx(ingress, "auth-tls-secret").empty() && verify != "off" && !verify.starts_with("optional");
  if (!by_password && !by_certificate && nginx(ingress, "auth-url").empty()) return "nothing on this Ingress asks who is calling";
  if (nginx(ingress, "satisfy") == "any" && is_everyone(nginx(ingress, "whitelist-source-range")) && !by_certificate)
    return "satisfy: any admits every address, so nobody needs a password";
  const std::string_view directive = switched_off_by(ingress);
  return directive.empty() ? std::string() : fmt::format("a snippet says {}", directive);
}

bool covers(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && host.substr(dot) == pattern.substr(1);
}

// Whether spec.tls is for this host; an entry without hosts is for all.
bool has_tls(const Node& tls, std::string_view host) {
  const auto& entries = tls.items();
  return std::any_of(entries.begin(), entries.end(), [&](const Node& entry) {
    const Node* hosts = entry.find("hosts");
    if (hosts == nullptr || hosts->items().empty()) return true;
    return std::any_of(hosts->items().begin(), hosts->items().end(), [&](const Node& one) { return covers(one.text(), host); });
  });
}

std::string uncovered_host(const kube::Object& ingress, const Node& tls) {
  const Node* rules = ingress.find({"spec", "rules"});
  if (rules == nullptr || rules->items().empty()) return has_tls(tls, "") ? std::string() : "spec.tls does not cover the default backend, which answers to every host";
  for (const Node& rule : rules->items()) {
    const std::string_view host = kube::string_at(rule, {"host"});
    if (!has_tls(tls, host)) return host.empty() ? std::string("spec.tls covers its own hosts, and a rule without a host answers to all others in clear") : fmt::format("spec.tls does not cover the host {}", host);
  }
  return {};
}

}  // namespace

std::string_view ingress_class(const World& world, const kube::Object& ingress) {
  const std::string_view own = kube::string_at(*ingress.root, {"spec", "ingressClassName"});
  if (!own.empty()) return own;
  const std::string_view old = kube::annotation(*ingress.root, "kubernetes.io/ingress.class");
  if (!old.empty()) return old;
  for (const Subject& subject : world.of("networking.k8s.io", "IngressClass")) {
    if (kube::annotation(*subject.object->root, "ingressclass.kubernetes.io/is-default-class") == "true") return subject.object->name;
  }
  return {};
}

std::string open_to_all(const World& world, const kube::Object& ingress) {
  const std::string controller = controller_of(world, ingress);
  if (controller.find(kTailnet) != std::string::npos) return {};
  const auto is_of = [&](const Asking& asking) { return controller.find(asking.controller) != std::string::npos; };
  const bool known = std::any_of(kAsking.begin(), kAsking.end(), is_of);
  // A class that names no known controller may be anybody's.
  const bool unknown = !known && controller.find("nginx") == std::string::npos;
  for (const Asking& asking : kAsking) {
    const std::string_view value = is_of(asking) || unknown ? kube::annotation(*ingress.root, asking.annotation) : std::string_view();
    if (!value.empty() && value != asking.off) return {};
  }
  return known ? "nothing on this Ingress asks who is calling" : open_at_nginx(ingress);
}

std::string served_in_clear(const World& world, const kube::Object& ingress) {
  const std::string controller = controller_of(world, ingress);
  if (controller.find("alb") != std::string::npos) {
    const std::string_view ports = written(ingress, "alb.ingress.kubernetes.io/", "listen-ports");
    const bool in_clear = ports.find("\"HTTP\"") != std::string_view::npos && written(ingress, "alb.ingress.kubernetes.io/", "ssl-redirect").empty();
    if (ports.find("HTTPS") != std::string_view::npos) return in_clear ? "listen-ports has HTTP too, and nothing redirects it" : std::string();
  }
  if (nginx(ingress, "ssl-passthrough") == "true" || controller.find(kTailnet) != std::string::npos) return {};
  for (const Encrypting& encrypting : kEncrypting) {
    const std::string_view value = kube::annotation(*ingress.root, encrypting.annotation);
    if (!value.empty() && (encrypting.value.empty() || value == encrypting.value)) return {};
  }
  const Node* tls = ingress.find({"spec", "tls"});
  if (tls == nullptr || tls->items().empty()) return "this Ingress has no spec.tls";
  if (nginx(ingress, "ssl-redirect") == "false" && nginx(ingress, "force-ssl-redirect") != "true") return "ssl-redirect is false, so the same is served in clear";
  return uncovered_host(ingress, *tls);
}

}  // namespace raykeep::checks
