// SPDX-License-Identifier: Apache-2.0
// The ways from outside the cluster to its pods that objects open: Ingress, Gateway API and OpenShift routes, Services
// of type LoadBalancer and NodePort, external addresses, host ports.
#pragma once

#include <string>
#include <vector>

#include "network/reachability.h"
#include "network/topology.h"

namespace raykeep::network {

struct Entrance {
  enum class Kind : std::uint8_t { kIngress, kLoadBalancer, kNodePort, kExternalAddress, kHostPort };
  Kind kind = Kind::kIngress;
  std::size_t endpoint = 0;
  Connections ports;                     // of the pod, not of the Service
  const kube::Object* object = nullptr;  // the Ingress, route, Service or workload
  const document::Node* place = nullptr; // in it
};

// "Ingress team-a/web", "LoadBalancer Service team-a/web".
std::string title(const Entrance& entrance);

// What ends in a pod of this topology. Targets that no manifest has are left out.
std::vector<Entrance> find_entrances(const Topology& topology, Semantics semantics);

}  // namespace raykeep::network
