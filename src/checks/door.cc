// SPDX-License-Identifier: Apache-2.0
#include "checks/door.h"

#include <algorithm>
#include <charconv>

namespace raykeep::checks {
namespace {

using ray::Door;
using ray::DoorPort;

std::vector<const Pod*> ray_nodes(const World& world, const kube::Object& service) {
  const Node* selector = service.find({"spec", "selector"});
  if (selector == nullptr || selector->members().empty()) return {};
  std::vector<const Pod*> out = world.selected(service.effective_namespace(), kube::equality_selector(*selector));
  out.erase(std::remove_if(out.begin(), out.end(), [](const Pod* pod) { return !pod->is_ray_node(); }), out.end());
  return out;
}

std::int64_t number_in(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size() ? out : 0;
}

DoorPort more_closed(const DoorPort& a, const DoorPort& b) { return b.door > a.door ? b : a; }

DoorPort among(const std::vector<DoorPort>& doors, std::int64_t number) {
  const auto found = std::find_if(doors.begin(), doors.end(), [&](const DoorPort& door) { return number >= door.first && number <= door.last; });
  return found == doors.end() ? DoorPort{} : *found;
}

// At a node of which nothing is known.
DoorPort usual_door(std::string_view target) {
  const std::int64_t number = number_in(target);
  return number > 0 ? among(ray::door_ports(nullptr, true), number) : ray::door_called(target);
}

// Behind a head Service that is not among the manifests: the ports of web pages may be the dashboard.
DoorPort unseen_door(std::string_view port) {
  const bool is_web = port.empty() || port == "80" || port == "443" || port.find("http") != std::string_view::npos;
  return is_web ? ray::door_called("dashboard") : usual_door(port);
}

// A port of a container by its number, or by its name.
const Node* container_port(const Pod& pod, std::string_view target) {
  for (const kube::Container& container : pod.containers) {
    const Node* ports = container.node->find("ports");
    if (ports == nullptr) continue;
    for (const Node& port : ports->items()) {
      for (const char* key : {"name", "containerPort"}) {
        const Node* own = port.find(key);
        if (own != nullptr && own->text() == target) return &port;
      }
    }
  }
  return nullptr;
}

bool is_selected_by_label(const kube::Object& service) {
  const Node* selector = service.find({"spec", "selector"});
  if (selector == nullptr) return false;
  const auto& labels = selector->members();
  return std::any_of(labels.begin(), labels.end(), [](const document::Member& member) { return member.name().starts_with("ray.io/"); });
}

// Whether others may mean this port of a Service by a name or number; without one they mean any.
bool is_meant(const Node& port, std::string_view wanted) {
  if (wanted.empty()) return true;
  for (const char* key : {"port", "name", "targetPort"}) {
    const Node* own = port.find(key);
    if (own != nullptr && own->text() == wanted) return true;
  }
  return false;
}

// "demo-head-svc.team.svc.cluster.local" as a name and a namespace.
void take_host_apart(std::string_view& ns, std::string_view& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return;
  const std::string_view rest = name.substr(dot + 1);
  ns = rest.substr(0, rest.find('.'));
  name = name.substr(0, dot);
}

}  // namespace

DoorPort door_at(const Pod& pod, std::string_view target) {
  const Node* declared = container_port(pod, target);
  const Node* number = declared == nullptr ? nullptr : declared->find("containerPort");
  const std::int64_t wanted = number == nullptr ? number_in(target) : number->as_integer().value_or(0);
  if (wanted == 0) return ray::door_called(target);
  const DoorPort found = among(ray::door_ports(pod.group->source, pod.is_head()), wanted);
  // A port that is moved by the words of a command keeps its name.
  return found.door != Door::kNone || declared == nullptr ? found : ray::door_called(kube::string_at(*declared, {"name"}));
}

bool selects_ray(const World& world, const kube::Object& service) { return is_selected_by_label(service) || !ray_nodes(world, service).empty(); }

DoorPort door_behind(const World& world, const kube::Object& service, const Node& port) {
  const Node* target = port.find("targetPort");
  if (target == nullptr) target = port.find("port");
  if (target == nullptr) return {};
  const std::vector<const Pod*> nodes = ray_nodes(world, service);
  if (nodes.empty()) return is_selected_by_label(service) ? usual_door(target->text()) : DoorPort{};
  DoorPort out;
  for (const Pod* node : nodes) {
    out = more_closed(out, door_at(*node, target->text()));
  }
  return out;
}

DoorPort door_behind(const World& world, std::string_view ns, std::string_view name, std::string_view port) {
  constexpr int kMostSteps = 4;
  for (int step = 0; step < kMostSteps; ++step) {
    take_host_apart(ns, name);
    const kube::Object* service = world.find("", "Service", ns, name);
    if (service == nullptr) return name.ends_with("-head-svc") ? unseen_door(port) : DoorPort{};
    if (kube::string_at(*service->root, {"spec", "type"}) == "ExternalName") {
      name = kube::string_at(*service->root, {"spec", "externalName"});
      continue;
    }
    DoorPort out;
    const Node* ports = service->find({"spec", "ports"});
    if (ports == nullptr) return out;
    for (const Node& own : ports->items()) {
      if (is_meant(own, port)) out = more_closed(out, door_behind(world, *service, own));
    }
    return out;
  }
  return {};
}

}  // namespace raykeep::checks
