// SPDX-License-Identifier: Apache-2.0
// Ingresses that lead to Ray.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/door.h"
#include "checks/ingress_controller.h"
#include "checks/topics.h"
#include "kube/stored_value.h"
#include "ray/version.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;

constexpr Rule kNoAuth{
    "ray-ingress-without-auth", Severity::kCritical, "5,6,10", "An Ingress leads to Ray without authentication",
    "Whoever reaches the dashboard or Job API runs code on the cluster.",
    "Put an authenticating gateway in front, or at least auth-type and auth-secret (or auth-url) with TLS.",
    "metadata:\n  annotations: {}", "metadata:\n  annotations:\n    nginx.ingress.kubernetes.io/auth-url: https://login.example/oauth2/auth",
    "ingress-nginx annotations auth-*"};
constexpr Rule kNoTls{"ray-ingress-without-tls", Severity::kHigh, "6,10", "An Ingress leads to Ray without TLS",
                      "Passwords, tokens and submitted code travel in clear.", "Set spec.tls for the host.", "spec:\n  rules: []",
                      "spec:\n  tls:\n  - hosts: [ray.example]\n    secretName: ray-example-tls", "networking.k8s.io/v1 Ingress spec.tls"};
constexpr Rule kNoClass{"ray-ingress-class-missing", Severity::kMedium, "10", "An Ingress names no class",
                        "Without spec.ingressClassName or the annotation kubernetes.io/ingress.class, which controller takes it, and whether its "
                        "authentication annotations mean anything, is left to chance.",
                        "Name the class whose annotations are used.", "spec: {}", "spec:\n  ingressClassName: nginx", "networking.k8s.io/v1 Ingress spec.ingressClassName"};
constexpr Rule kSecretMissing{"ray-ingress-auth-secret-missing", Severity::kMedium, "10", "The Secret of basic authentication is not there",
                              "ingress-nginx answers 503 until the Secret exists in the namespace and has the key auth.",
                              "Add the Secret, or make sure that it is made elsewhere.", "nginx.ingress.kubernetes.io/auth-secret: basic-auth",
                              "kind: Secret\nmetadata: {name: basic-auth}", "ingress-nginx auth-secret"};
constexpr Rule kWeakHash{"ray-ingress-auth-weak-hash", Severity::kHigh, "10", "Passwords are stored as weak hashes",
                         "htpasswd writes MD5 (apr1) unless told otherwise; SHA-1 and crypt are no better. Such hashes are guessed in hours.",
                         "Make the file with htpasswd -B (bcrypt).", "auth: user:$apr1$...", "auth: user:$2y$10$...", "Apache htpasswd -B"};
constexpr Rule kRewrite{"ray-ingress-rewrite-wrong", Severity::kMedium, "10", "The rewrite of an Ingress names a group that its path has not",
                        "rewrite-target: /$2 with a path of one group sends everything to /; the dashboard does not load.",
                        "Use /$1 with the path of KubeRay up to 1.6, and no rewrite from 1.7 on.", "nginx.ingress.kubernetes.io/rewrite-target: /$2",
                        "nginx.ingress.kubernetes.io/rewrite-target: /$1", "ray-operator common/ingress.go"};
constexpr std::array kRules{&kNoAuth, &kNoTls, &kNoClass, &kClosedDoor, &kSecretMissing, &kWeakHash, &kRewrite};

struct Backend {
  std::string_view service, port;
  const Node* where = nullptr;
};

void add_backend(std::vector<Backend>& out, const Node* backend) {
  if (backend == nullptr) return;
  const Node* old = backend->find("servicePort");  // before networking.k8s.io/v1
  if (old != nullptr) return out.push_back({kube::string_at(*backend, {"serviceName"}), old->text(), backend});
  const Node* number = backend->find_path({"service", "port", "number"});
  const std::string_view port = number == nullptr ? kube::string_at(*backend, {"service", "port", "name"}) : number->text();
  out.push_back({kube::string_at(*backend, {"service", "name"}), port, backend});
}

std::vector<Backend> backends(const kube::Object& ingress) {
  std::vector<Backend> out;
  for (const char* field : {"defaultBackend", "backend"}) add_backend(out, ingress.find({"spec", field}));
  const Node* rules = ingress.find({"spec", "rules"});
  if (rules == nullptr) return out;
  for (const Node& rule : rules->items()) {
    const Node* paths = rule.find_path({"http", "paths"});
    if (paths == nullptr) continue;
    for (const Node& path : paths->items()) add_backend(out, path.find("backend"));
  }
  return out;
}

// "user:hash" lines, as htpasswd writes them.
void check_hashes(const Subject& owner, const Node& at, std::string_view text, Findings& findings) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with('#')) continue;
    const std::string_view hash = line.substr(colon + 1);
    if (hash.starts_with("$2") || hash.starts_with("$y$") || hash.starts_with("$6$") || hash.starts_with("$argon2")) continue;
    findings.add(kWeakHash, owner, at, fmt::format("line {}, user {}: this is no bcrypt hash", number, line.substr(0, colon)));
  }
}

void check_secret(const World& world, const Subject& subject, Findings& findings) {
  const kube::Object& ingress = *subject.object;
  const Node* written = ingress.find({"metadata", "annotations", "nginx.ingress.kubernetes.io/auth-secret"});
  if (written == nullptr) return;
  std::string_view name = written->text();
  std::string_view ns = ingress.effective_namespace();
  if (const std::size_t slash = name.find('/'); slash != std::string_view::npos) {
    ns = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  const kube::Object* secret = world.find("", "Secret", ns, name);
  if (secret == nullptr) {
    findings.add(kSecretMissing, subject, *written, fmt::format("Secret {}/{} is not among the manifests", ns, name));
    return;
  }
  // auth-map: each key is a user, and its value the hash; else the key auth holds a file of htpasswd.
  const bool is_map = kube::annotation(*ingress.root, "nginx.ingress.kubernetes.io/auth-secret-type") == "auth-map";
  bool any = false;
  for (const char* part : {"stringData", "data"}) {
    const Node* values = secret->find({part});
    if (values == nullptr) continue;
    for (const document::Member& member : values->members()) {
      if (!is_map && member.name() != "auth") continue;
      any = true;
      const std::string text = kube::stored_value(*secret, member.name());
      check_hashes({secret, secret, nullptr}, member.value, is_map ? fmt::format("{}:{}", member.name(), text) : text, findings);
    }
  }
  if (!any) findings.add(kSecretMissing, subject, *written, fmt::format("Secret {}/{} has no key auth", ns, name));
}

// The highest n of the $n in a text; 0 for none.
int last_group(std::string_view text) {
  int out = 0;
  for (std::size_t at = text.find('$'); at != std::string_view::npos && at + 1 < text.size(); at = text.find('$', at + 1)) {
    const char digit = text[at + 1];
    if (digit >= '0' && digit <= '9') out = std::max(out, digit - '0');
  }
  return out;
}

void check_rewrite(const Subject& subject, Findings& findings) {
  const kube::Object& ingress = *subject.object;
  const Node* target = ingress.find({"metadata", "annotations", "nginx.ingress.kubernetes.io/rewrite-target"});
  const Node* rules = ingress.find({"spec", "rules"});
  if (target == nullptr || rules == nullptr) return;
  const int wanted = last_group(target->text());
  for (const Node& rule : rules->items()) {
    const Node* paths = rule.find_path({"http", "paths"});
    if (paths == nullptr) continue;
    for (const Node& path : paths->items()) {
      const std::string_view text = kube::string_at(path, {"path"});
      int groups = 0;
      for (std::size_t at = text.find('('); at != std::string_view::npos; at = text.find('(', at + 1)) groups += text.substr(at).starts_with("(?") ? 0 : 1;
      if (wanted > groups) findings.add(kRewrite, subject, *target, fmt::format("rewrite-target {} names group {}, and path {} has {}", target->text(), wanted, text, groups));
    }
  }
}

void check_ingress(const World& world, const Subject& subject, Findings& findings) {
  const kube::Object& ingress = *subject.object;
  bool for_ray = subject.expansion != nullptr;
  for (const Backend& backend : backends(ingress)) {
    const ray::Door door = door_behind(world, ingress.effective_namespace(), backend.service, backend.port).door;
    for_ray = for_ray || door != ray::Door::kNone;
    if (door == ray::Door::kClosed) findings.add(kClosedDoor, subject, *backend.where, fmt::format("port {} of Service {} is published", backend.port, backend.service));
  }
  if (!for_ray) return;
  const Node& place = *ingress.root;
  if (std::string open = open_to_all(world, ingress); !open.empty()) findings.add(kNoAuth, subject, place, std::move(open));
  if (std::string clear = served_in_clear(world, ingress); !clear.empty()) findings.add(kNoTls, subject, place, std::move(clear));
  if (ingress_class(world, ingress).empty()) findings.add(kNoClass, subject, place, "neither spec.ingressClassName nor kubernetes.io/ingress.class is set, and no default class is here");
  check_secret(world, subject, findings);
  check_rewrite(subject, findings);
}

void check(const World& world, Findings& findings) {
  for (const char* group : {"networking.k8s.io", "extensions"}) {
    for (const Subject& subject : world.of(group, "Ingress")) check_ingress(world, subject, findings);
  }
}

}  // namespace

const Rule kClosedDoor{"ray-ingress-exposes-gcs-or-client", Severity::kCritical, "3", "An Ingress or route leads to the GCS or Ray Client port",
                           "GCS (6379) and Ray Client (10001) are never meant for anything but the cluster itself.", "Remove the path or route.",
                           "port: {number: 10001}", "port: {number: 8265}", "Ray ports"};

const Topic kIngressTopic{kRules, check};

}  // namespace raykeep::checks
