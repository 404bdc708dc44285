// SPDX-License-Identifier: Apache-2.0
#include "ray/probes.h"

#include <charconv>
#include <fmt/format.h>

#include "kube/object.h"
#include "ray/kuberay_names.h"
#include "ray/version.h"

namespace raykeep::ray {
namespace {

int port_of(const StartParams& params, std::string_view key, int fallback) {
  const auto found = params.find(key);
  int out = fallback;
  if (found != params.end()) std::from_chars(found->second.data(), found->second.data() + found->second.size(), out);
  return out;
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
  const auto parsed = parse_version(version);
  return parsed && *parsed >= Version{2, 53, 0};
}

}  // namespace

void add_probes(Node& container, const ProbedNode& node, const StartParams& params) {
  const int agent = port_of(params, "dashboard-agent-listen-port", kAgentPort);
  std::string line = check(2, agent, "api/local_raylet_healthz");
  if (node.head) line += " && " + check(10, port_of(params, "dashboard-port", kDashboardPort), "api/gcs_healthz");
  const bool http = has_unified_health(node.ray_version);
  const Node action = http ? object({{"path", text("/api/healthz")}, {"port", Node::integer(agent)}}) : command(line);
  const int timeout = node.head ? 5 : 2;
  if (missing(container, "livenessProbe")) container.set("livenessProbe", probe(30, timeout, 120, action, http));
  if (!missing(container, "readinessProbe")) return;
  if (!node.serves || node.head) {
    container.set("readinessProbe", probe(10, timeout, 10, action, http));
    return;
  }
  line += " && " + check(10, serve_port(container), "-/healthz");
  container.set("readinessProbe", probe(10, timeout, 1, command(line), false));
}

}  // namespace raykeep::ray
