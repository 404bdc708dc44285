// SPDX-License-Identifier: Apache-2.0
// Where the port of a Service leads: through the pods it selects to what listens there.
#pragma once

#include <string_view>

#include "checks/world.h"
#include "ray/door_ports.h"

namespace raykeep::checks {

// What listens at a port of a Ray node's pod; `target` is a number or the name of a container's port.
ray::DoorPort door_at(const Pod& pod, std::string_view target);

// Whether a Service sends its callers to nodes of Ray clusters, here or, by its labels, elsewhere.
bool selects_ray(const World& world, const kube::Object& service);

// What is behind an entry of spec.ports; Door::kNone behind a Service that selects no Ray.
ray::DoorPort door_behind(const World& world, const kube::Object& service, const Node& port);

// The same of a Service under its name, as other objects mean it. `name` may be a host name such as demo-head-svc.team.svc;
// `port` is a number or a name. A Service of type ExternalName is followed, and one that is not among the manifests is known
// as the operator's by the end of its name.
ray::DoorPort door_behind(const World& world, std::string_view ns, std::string_view name, std::string_view port);

}  // namespace raykeep::checks
