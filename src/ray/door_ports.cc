// SPDX-License-Identifier: Apache-2.0
#include "ray/door_ports.h"

#include <algorithm>
#include <array>

#include "ray/kuberay_names.h"

namespace raykeep::ray {
namespace {

using document::Node;

struct Option {
  std::string_view param;
  std::int64_t usual;  // 0: picked at random
  DoorPort door;
  bool on_workers;
};
constexpr DoorPort kGcs{Door::kClosed, "GCS"}, kDashboard{Door::kDashboard, "dashboard and Job API"}, kClient{Door::kClosed, "Ray Client"}, kAgent{Door::kClosed, "agent"},
    kRaylet{Door::kClosed, "raylet"}, kObjects{Door::kClosed, "object store"}, kProcess{Door::kClosed, "worker processes"};
constexpr std::array kOptions{
    Option{"port", kGcsPort, kGcs, false},
    Option{"dashboard-port", kDashboardPort, kDashboard, false},
    Option{"ray-client-server-port", kClientPort, kClient, false},
    Option{"dashboard-agent-listen-port", kAgentPort, kAgent, true},
    Option{"dashboard-agent-grpc-port", 0, kAgent, true},
    Option{"runtime-env-agent-port", 0, kAgent, true},
    Option{"node-manager-port", 0, kRaylet, true},
    Option{"object-manager-port", 0, kObjects, true},
};

bool has_dashboard(const Node* group) {
  const auto written = [&](std::string_view param) {
    const Node* value = group == nullptr ? nullptr : group->find_path({"rayStartParams", param});
    return value == nullptr ? std::string_view() : value->text();
  };
  const std::string_view host = written("dashboard-host"), included = written("include-dashboard");
  return host != "127.0.0.1" && host != "localhost" && included != "false" && included != "False";
}

}  // namespace

std::int64_t option_port(const Node* group, std::string_view option, std::int64_t usual) {
  const Node* written = group == nullptr ? nullptr : group->find_path({"rayStartParams", option});
  if (written == nullptr) return usual;
  const std::string_view text = written->text();
  std::int64_t out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || out > 65535) return usual;
    out = out * 10 + (c - '0');
  }
  return text.empty() ? usual : out;
}

std::vector<DoorPort> door_ports(const Node* group, bool head) {
  std::vector<DoorPort> out;
  const auto add = [&](DoorPort door, std::int64_t first, std::int64_t last) {
    door.first = first;
    door.last = last;
    out.push_back(door);
  };
  for (const Option& option : kOptions) {
    if (!head && !option.on_workers) continue;
    if (option.door.door == Door::kDashboard && !has_dashboard(group)) continue;
    const std::int64_t port = option_port(group, option.param, option.usual);
    if (port > 0) add(option.door, port, port);
  }
  const std::int64_t least = option_port(group, "min-worker-port", 0), most = option_port(group, "max-worker-port", 0);
  if (least > 0 && most >= least) add(kProcess, least, most);
  return out;
}

DoorPort door_called(std::string_view name) {
  if (name == "gcs-server" || name == "gcs" || name == "redis") return kGcs;
  if (name == "client") return kClient;
  if (name == "dashboard" || name == "job-api") return kDashboard;
  if (name == "dashboard-agent" || name == "agent") return kAgent;
  return {};
}

}  // namespace raykeep::ray
