// SPDX-License-Identifier: Apache-2.0
#include "network/topology.h"

#include <algorithm>
#include <fmt/format.h>

#include "kube/workload.h"

namespace raykeep::network {
namespace {

using document::Node;
using kube::Object;

constexpr std::string_view kNameLabel = "kubernetes.io/metadata.name";

std::vector<NamedPort> named_ports(const Node* pod_spec) {
  std::vector<NamedPort> out;
  if (pod_spec == nullptr) return out;
  for (const kube::Container& container : kube::containers(*pod_spec)) {
    const Node* ports = container.node->find("ports");
    if (container.kind == kube::ContainerKind::kEphemeral || ports == nullptr) continue;
    for (const Node& port : ports->items()) {
      const Node* number = port.find("containerPort");
      const std::string_view protocol = kube::string_at(port, {"protocol"});
      const auto parsed = protocol.empty() ? Protocol::kTcp : parse_protocol(protocol);
      const std::int64_t value = number == nullptr ? 0 : number->as_integer().value_or(0);
      const std::string_view label = kube::string_at(port, {"name"});
      if (!label.empty() && parsed && value >= 1 && value <= 65535) out.push_back({std::string(label), *parsed, static_cast<std::uint32_t>(value)});
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// The workload that a pod belongs to: its controller, or its first owner.
struct Owner {
  std::string name, kind;
};
Owner owner_of(const Object& pod) {
  Owner own{pod.name, pod.kind};
  const Node* owners = pod.find({"metadata", "ownerReferences"});
  if (owners == nullptr || owners->items().empty()) return own;
  const Node* chosen = &owners->items().front();
  for (const Node& owner : owners->items()) {
    if (kube::is_true(owner.find("controller"))) chosen = &owner;
  }
  const std::string_view name = kube::string_at(*chosen, {"name"});
  const std::string_view kind = kube::string_at(*chosen, {"kind"});
  if (kind == "Node") return own;  // a static pod, which its node mirrors
  if (!name.empty()) own.name = name;
  // The pods of a virtual machine are the machine (kubevirt.io).
  if (!kind.empty()) own.kind = kind == "VirtualMachineInstance" ? "VirtualMachine" : kind;
  return own;
}

std::string name_of(const Object& object) {
  const std::string_view prefix = kube::string_at(*object.root, {"metadata", "generateName"});
  return object.name.empty() ? std::string(prefix) : object.name;
}

bool may_be_several(const Object& object) {
  if (object.kind == "Pod" || object.kind == "VirtualMachine") return false;
  if (object.kind == "Job" || object.kind == "CronJob") return false;
  const Node* replicas = object.find({"spec", "replicas"});
  return object.kind == "DaemonSet" || (replicas != nullptr && replicas->as_integer().value_or(1) > 1);
}

bool is_virtual_machine(const Object& object) { return object.kind == "VirtualMachine" || object.kind == "VirtualMachineInstance"; }

// Pods are taken under any group: what else would call itself one?
kube::PodTemplate template_of(const Object& object) {
  if (object.kind == "Pod") {
    const Node* spec = object.find({"spec"});
    return {object.find({"metadata"}), spec != nullptr && spec->is_mapping() ? spec : nullptr};
  }
  return object.kind == "PodTemplate" ? kube::PodTemplate{} : kube::pod_template(object);
}

}  // namespace

Topology::Topology(const kube::Manifests& manifests, const ray::ExpandOptions& options, MixedOwners mixed) : mixed_(mixed) {
  for (const Object& object : manifests.objects()) {
    add_object(object);
    if (!ray::is_ray_resource(object)) continue;
    expansions_.push_back(ray::expand(object, options));
    add_expansion(object);
  }
  add_ingress_controller();
  settle_namespaces();
  networks_ = read_networks(objects_, endpoints_, namespaces_);
}

kube::Labels Topology::namespace_labels(std::string_view name) const {
  const auto found = namespaces_.find(name);
  return found != namespaces_.end() ? found->second.labels : kube::Labels{{std::string(kNameLabel), std::string(name)}};
}

void Topology::add_object(const Object& object) {
  objects_.push_back(&object);
  if (object.kind == "Namespace") {
    namespaces_[object.name] = {object.name, kube::labels_of(object.find({"metadata", "labels"})), &object};
    return;
  }
  if (is_virtual_machine(object)) return add_virtual_machine(object);
  const kube::PodTemplate pod = template_of(object);
  if (!pod) return;
  const Owner owner = object.kind == "Pod" ? owner_of(object) : Owner{name_of(object), object.kind};
  Endpoint endpoint;
  endpoint.ns = object.ns.empty() ? "default" : object.ns;
  endpoint.name = owner.name.empty() ? name_of(object) : owner.name;
  endpoint.kind = owner.kind;
  endpoint.labels = kube::labels_of(pod.metadata == nullptr ? nullptr : pod.metadata->find("labels"));
  endpoint.named_ports = named_ports(pod.spec);
  endpoint.host_network = kube::is_true(pod.spec->find("hostNetwork"));
  endpoint.several = may_be_several(object);
  endpoint.written = &object;
  endpoint.pod_spec = pod.spec;
  add_endpoint(std::move(endpoint));
}

void Topology::add_virtual_machine(const Object& object) {
  Endpoint endpoint;
  endpoint.ns = object.ns.empty() ? "default" : object.ns;
  endpoint.name = object.name;
  endpoint.kind = "VirtualMachine";
  const Node* labels = object.kind == "VirtualMachine" ? object.find({"spec", "template", "metadata", "labels"}) : object.find({"metadata", "labels"});
  endpoint.labels = kube::labels_of(labels);
  endpoint.written = &object;
  add_endpoint(std::move(endpoint));
}

void Topology::add_expansion(const Object& object) {
  ray::Expansion& expansion = expansions_.back();
  for (Error& problem : expansion.problems) problems_.push_back(problem);
  for (const Object& made : expansion.objects) {
    const auto group = std::find_if(expansion.pods.begin(), expansion.pods.end(), [&](const ray::PodGroup& one) { return one.pod == &made; });
    if (group == expansion.pods.end()) {
      objects_.push_back(&made);  // a Job among them, whose pods are the group of submitters
      continue;
    }
    const kube::PodTemplate pod = kube::pod_template(made);
    if (!pod) continue;
    Endpoint endpoint;
    endpoint.ns = object.ns.empty() ? "default" : object.ns;
    endpoint.name = name_of(object) + "/" + (group->role == ray::PodRole::kHead ? "head" : group->name);
    endpoint.kind = object.kind;
    endpoint.labels = kube::labels_of(pod.metadata == nullptr ? nullptr : pod.metadata->find("labels"));
    endpoint.named_ports = named_ports(pod.spec);
    endpoint.host_network = kube::is_true(pod.spec->find("hostNetwork"));
    endpoint.several = group->most_pods() > 1;
    endpoint.written = &object;
    endpoint.pod_spec = pod.spec;
    endpoint.expansion = &expansion;
    endpoint.group = &*group;
    add_endpoint(std::move(endpoint));
  }
}

// Pods of one owner are one endpoint as long as policies see them alike: the same labels, ports and network.
void Topology::add_endpoint(Endpoint endpoint) {
  const std::string title = endpoint.title();
  const auto known = by_title_.find(title);
  if (known == by_title_.end()) {
    by_title_.emplace(title, endpoints_.size());
    endpoints_.push_back(std::move(endpoint));
    return;
  }
  Endpoint& first = endpoints_[known->second];
  if (first.pod_spec == nullptr || endpoint.pod_spec == nullptr) return;  // a virtual machine and its pods
  const bool alike = first.labels == endpoint.labels && first.named_ports == endpoint.named_ports && first.host_network == endpoint.host_network;
  if (alike || mixed_ == MixedOwners::kAsTheFirst || endpoint.written->kind != "Pod") {
    first.several = true;
    return;
  }
  endpoint.name = name_of(*endpoint.written);
  endpoint.kind = "Pod";
  if (by_title_.try_emplace(endpoint.title(), endpoints_.size()).second) endpoints_.push_back(std::move(endpoint));
}

void Topology::add_ingress_controller() {
  const bool wanted = std::any_of(objects_.begin(), objects_.end(), [](const Object* object) { return object->kind == "Ingress" || object->kind.ends_with("Route"); });
  if (!wanted) return;
  Endpoint endpoint;
  endpoint.ns = "ingress-controller-ns";
  endpoint.name = "ingress-controller";
  endpoint.ingress_controller = true;
  add_endpoint(std::move(endpoint));
}

void Topology::settle_namespaces() {
  for (const Endpoint& endpoint : endpoints_) {
    if (!namespaces_.contains(endpoint.ns)) namespaces_[endpoint.ns] = {endpoint.ns, {}, nullptr};
  }
  for (auto& [name, space] : namespaces_) space.labels[std::string(kNameLabel)] = name;
}

}  // namespace raykeep::network
