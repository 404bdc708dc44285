// SPDX-License-Identifier: Apache-2.0
#include "network/doors.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "kube/workload.h"
#include "network/explain.h"
#include "ray/door_ports.h"
#include "ray/kuberay_names.h"

namespace raykeep::network {
namespace {

using document::Node;

struct KnownDoor {
  std::string_view name;
  std::uint32_t port;
  bool on_workers;
  std::string_view option;  // of `ray start`, that moves it; empty for none
};
constexpr std::array kDoors{
    KnownDoor{"gcs", ray::kGcsPort, false, "port"},
    KnownDoor{"dashboard", ray::kDashboardPort, false, "dashboard-port"},
    KnownDoor{"client", ray::kClientPort, false, "ray-client-server-port"},
    KnownDoor{"agent", ray::kAgentPort, true, "dashboard-agent-listen-port"},
    KnownDoor{"serve", ray::kServePort, true, ""},
    KnownDoor{"metrics", ray::kMetricsPort, true, "metrics-export-port"},
};

// The port that the pod declares under this name ("gcs-server" is the operator's name of gcs), else the one that
// rayStartParams give it, else the usual one.
std::uint32_t port_of(const KnownDoor& door, const Endpoint& endpoint) {
  for (const NamedPort& port : endpoint.named_ports) {
    if (port.protocol == Protocol::kTcp && (port.name == door.name || (door.name == "gcs" && port.name == "gcs-server"))) return port.port;
  }
  return static_cast<std::uint32_t>(ray::option_port(endpoint.group == nullptr ? nullptr : endpoint.group->source, door.option, door.port));
}

std::string cluster_of(const Endpoint& endpoint) {
  const auto label = endpoint.labels.find(ray::kClusterLabel);
  return label == endpoint.labels.end() ? std::string() : endpoint.ns + "/" + label->second;
}

bool is_own(const Endpoint& endpoint, const Endpoint& visitor) {
  if (visitor.expansion != nullptr && visitor.expansion == endpoint.expansion) return true;
  return !cluster_of(endpoint).empty() && cluster_of(endpoint) == cluster_of(visitor);
}

class Finder {
 public:
  explicit Finder(Reach& reach) : reach_(reach), network_(*reach.networks().front()), exposures_(find_exposures(reach)) {}

  std::vector<EndpointDoors> run() {
    std::vector<EndpointDoors> out;
    for (const std::size_t member : network_.network().members) {
      const Endpoint& endpoint = reach_.topology().endpoints()[member];
      if (!endpoint.is_ray_node()) continue;
      EndpointDoors doors{&endpoint, {}};
      for (const KnownDoor& known : kDoors) {
        if (endpoint.is_head() || known.on_workers) doors.doors.push_back(door(member, known, port_of(known, endpoint)));
      }
      out.push_back(std::move(doors));
    }
    std::sort(out.begin(), out.end(), [](const EndpointDoors& a, const EndpointDoors& b) { return a.endpoint->title() < b.endpoint->title(); });
    return out;
  }

 private:
  Door door(std::size_t member, const KnownDoor& known, std::uint32_t port) {
    Door out{std::string(known.name), port, {}};
    workloads(member, out);
    strangers(member, out);
    entrances(member, out);
    std::sort(out.visitors.begin(), out.visitors.end(), [](const Visitor& a, const Visitor& b) { return std::tie(a.kind, a.who) < std::tie(b.kind, b.who); });
    return out;
  }

  void workloads(std::size_t member, Door& door) {
    const Endpoint& self = reach_.topology().endpoints()[member];
    for (const std::size_t other : network_.network().members) {
      const Endpoint& visitor = reach_.topology().endpoints()[other];
      if (visitor.ingress_controller || (other == member && !self.several)) continue;
      const Answer answer = network_.between(other, member);
      if (!reach_.pool().get(answer.possible).contains(Protocol::kTcp, door.port)) continue;
      const bool certain = reach_.pool().get(answer.certain).contains(Protocol::kTcp, door.port);
      door.visitors.push_back({is_own(self, visitor) ? Visitor::Kind::kOwn : Visitor::Kind::kOther, visitor.title(), certain,
                               reasons_for(reach_, network_, member, Direction::kIngress, other, Protocol::kTcp, door.port)});
    }
  }

  // Whoever may create a pod there, and the outside.
  void strangers(std::size_t member, Door& door) {
    const Endpoint& self = reach_.topology().endpoints()[member];
    for (const Exposure& exposure : exposures_) {
      if (exposure.endpoint != &self || exposure.direction != Direction::kIngress) continue;
      for (const ExposedTo& to : exposure.to) {
        if (!to.ports.contains(Protocol::kTcp, door.port)) continue;
        std::vector<Reason> reasons;
        for (const ExposingRule& by : to.by) {
          if (by.ports.contains(Protocol::kTcp, door.port)) reasons.push_back(reason_of(*by.policy, *by.rule));
        }
        if (reasons.empty()) reasons.push_back({exposure.is_protected ? "no rule denies it" : "no policy closes it", {}});
        door.visitors.push_back({to.outside ? Visitor::Kind::kOutside : Visitor::Kind::kStranger, to.who, true, std::move(reasons)});
      }
    }
  }

  void entrances(std::size_t member, Door& door) {
    for (const Entrance& entrance : reach_.entrances()) {
      if (entrance.endpoint != member || !entrance.ports.contains(Protocol::kTcp, door.port)) continue;
      door.visitors.push_back({Visitor::Kind::kOutside, "through " + title(entrance), true, {{"it leads here", entrance.object->at(*entrance.place)}}});
    }
  }

  Reach& reach_;
  Reachability& network_;
  std::vector<Exposure> exposures_;
};

}  // namespace

bool Door::is_open() const {
  return std::any_of(visitors.begin(), visitors.end(), [](const Visitor& visitor) {
    if (visitor.kind == Visitor::Kind::kOutside) return true;
    // A stranger whom a selector of pods describes is somebody whom the policy meant.
    return visitor.kind == Visitor::Kind::kStranger && (visitor.who == "entire-cluster" || visitor.who.ends_with("/[all pods]"));
  });
}

std::vector<EndpointDoors> find_doors(Reach& reach) { return Finder(reach).run(); }

}  // namespace raykeep::network
