// SPDX-License-Identifier: Apache-2.0
#include "ray/probes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <fmt/format.h>

#include "kube/object.h"
#include "ray/kuberay_names.h"
#include "ray/version.h"

namespace raykeep::ray {
namespace {

int port_of(const StartParams& params, std::string_view key, int fallback) {
  const auto found = params.find(key);
  if (found == params.end()) return fallback;
  int out = 0;
  const char* last = found->second.data() + found->second.size();
  const auto [end, problem] = std::from_chars(found->second.data(), last, out);
  return problem == std::errc{} && end == last ? out : fallback;
}

std::string check(int timeout, int port, std::string_view path) {
  return fmt::format("wget --tries 1 -T {} -q -O- http://localhost:{}/{} | grep success", timeout, port, path);
}

Node probe(int delay, int timeout, int failures, const Node& action, bool http) {
  Node out = object({{"initialDelaySeconds", Node::integer(delay)},
                     {"timeoutSeconds", Node::integer(timeout)},
                     {"periodSeconds", Node::integer(5)},
                     {"successThreshold", Node::integer(1)},
                     {"failureThreshold", Node::integer(failures)}});
  out.set(http ? "httpGet" : "exec", action);
  return out;
}

Node command(const std::string& line) { return object({{"command", list({text("bash"), text("-c"), text(line)})}}); }

bool missing(const Node& container, std::string_view key) {
  const Node* found = container.find(key);
  return found == nullptr || found->is_null();
}

int serve_port(const Node& container) {
  const Node* port = named(container.find("ports"), "serve");
  const Node* number = port == nullptr ? nullptr : port->find("containerPort");
  return number == nullptr ? kServePort : static_cast<int>(number->as_integer().value_or(kServePort));
}

// One HTTP endpoint answers for the whole node since Ray 2.53.
bool has_unified_health(std::string_view version) {
  version.remove_prefix(std::min(version.find_first_not_of(' '), version.size()));
  const auto parsed = parse_version(version);
  return parsed && *parsed >= Version{2, 53, 0};
}

// What decides about the probes of a container.
struct ProbeKind {
  bool head = false;
  bool http = false;
  int agent = kAgentPort;
  int dashboard = kDashboardPort;
  int serve = 0;  // the port of an application that decides whether the pod is ready; 0 for none
  auto operator<=>(const ProbeKind&) const = default;
};

struct Probes {
  Node liveness, readiness;
};

Probes make_probes(const ProbeKind& kind) {
  std::string line = check(2, kind.agent, "api/local_raylet_healthz");
  if (kind.head) line += " && " + check(10, kind.dashboard, "api/gcs_healthz");
  const Node action = kind.http ? object({{"path", text("/api/healthz")}, {"port", Node::integer(kind.agent)}}) : command(line);
  const int timeout = kind.head ? 5 : 2;
  Probes out{probe(30, timeout, 120, action, kind.http), probe(10, timeout, 10, action, kind.http)};
  if (kind.serve != 0) out.readiness = probe(10, timeout, 1, command(line + " && " + check(10, kind.serve, "-/healthz")), false);
  return out;
}

// Almost every pod has the default ports, and shares its probes with all others that have.
Probes probes_of(const ProbeKind& kind) {
  static const std::array kDefaults{make_probes({false, false}), make_probes({false, true}), make_probes({true, false}), make_probes({true, true})};
  if (kind != ProbeKind{kind.head, kind.http}) return make_probes(kind);
  return kDefaults[(kind.head ? 2U : 0U) + (kind.http ? 1U : 0U)];
}

}  // namespace

void add_probes(Node& container, const ProbedNode& node, const StartParams& params) {
  ProbeKind kind{node.head, has_unified_health(node.ray_version), port_of(params, "dashboard-agent-listen-port", kAgentPort)};
  if (node.head) kind.dashboard = port_of(params, "dashboard-port", kDashboardPort);
  if (node.serves && !node.head) kind.serve = serve_port(container);
  const Probes probes = probes_of(kind);
  if (missing(container, "livenessProbe")) container.set("livenessProbe", probes.liveness);
  if (missing(container, "readinessProbe")) container.set("readinessProbe", probes.readiness);
}

}  // namespace raykeep::ray
