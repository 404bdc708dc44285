// SPDX-License-Identifier: Apache-2.0
#include "checks/world.h"

#include "core/parallel.h"

namespace raykeep::checks {
namespace {

std::string kind_key(std::string_view group, std::string_view kind) { return std::string(group) + "/" + std::string(kind); }

std::string name_key(std::string_view group, std::string_view kind, std::string_view ns, std::string_view name) {
  std::string out = kind_key(group, kind);
  out += '/';
  out += ns;
  out += '/';
  return out += name;
}

std::string part_of(const ray::PodGroup& group) {
  switch (group.role) {
    case ray::PodRole::kHead: return "head";
    case ray::PodRole::kWorker: return "worker group " + group.name;
    case ray::PodRole::kSubmitter: return "submitter";
  }
  return {};
}

}  // namespace

World::World(const kube::Manifests& all, const Settings& chosen) : manifests(all), settings(chosen) {
  expand_all();
  auto expansion = expansions.cbegin();
  for (const kube::Object& object : manifests.objects()) {
    index({&object, &object, nullptr});
    if (ray::is_ray_resource(object)) {
      add_expansion(object, *expansion++);
    } else if (const kube::PodTemplate made = kube::pod_template(object)) {
      Pod pod;
      pod.written = &object;
      pod.metadata = made.metadata;
      pod.spec = made.spec;
      pod.ns = object.effective_namespace();
      if (made.metadata != nullptr) pod.labels = kube::labels_of(made.metadata->find("labels"));
      pods.push_back(std::move(pod));
    }
  }
  for (std::size_t i = 0; i < pods.size(); ++i) pods_by_namespace_[pods[i].ns].push_back(i);
}

// One for each Ray resource, in the order of the objects.
void World::expand_all() {
  std::vector<const kube::Object*> resources;
  for (const kube::Object& object : manifests.objects()) {
    if (ray::is_ray_resource(object)) resources.push_back(&object);
  }
  expansions.resize(resources.size());
  parallel_for(resources.size(), [&](std::size_t i) { expansions[i] = ray::expand(*resources[i], {settings.kuberay_version}); });
}

void World::add_expansion(const kube::Object& object, const ray::Expansion& expansion) {
  for (const kube::Object& made : expansion.objects) {
    if (made.kind != "Pod" && made.kind != "RayCluster") index({&made, &object, &expansion});
  }
  for (const ray::PodGroup& group : expansion.pods) {
    Pod pod;
    pod.written = &object;
    pod.expansion = &expansion;
    pod.group = &group;
    pod.metadata = group.pod->find({"metadata"});
    pod.spec = group.pod->find({"spec"});
    pod.ns = object.effective_namespace();
    pod.part = part_of(group);
    pod.labels = kube::labels_of(pod.metadata->find("labels"));
    pods.push_back(std::move(pod));
  }
}

void World::index(const Subject& subject) {
  const kube::Object& object = *subject.object;
  by_kind_[kind_key(object.group(), object.kind)].push_back(subject);
  if (!object.name.empty()) by_name_.try_emplace(name_key(object.group(), object.kind, object.effective_namespace(), object.name), &object);
}

const std::vector<Subject>& World::of(std::string_view group, std::string_view kind) const {
  static const std::vector<Subject> kNone;
  const auto found = by_kind_.find(kind_key(group, kind));
  return found == by_kind_.end() ? kNone : found->second;
}

const kube::Object* World::find(std::string_view group, std::string_view kind, std::string_view ns, std::string_view name) const {
  const auto found = by_name_.find(name_key(group, kind, ns, name));
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<const Pod*> World::selected(std::string_view ns, const kube::LabelSelector& selector) const {
  std::vector<const Pod*> out;
  const auto found = pods_by_namespace_.find(ns);
  if (found == pods_by_namespace_.end()) return out;
  for (const std::size_t i : found->second) {
    if (selector.matches(pods[i].labels)) out.push_back(&pods[i]);
  }
  return out;
}

const Node* ray_container(const Pod& pod) {
  const Node* list = pod.spec->find("containers");
  return list == nullptr || list->items().empty() ? nullptr : &list->items().front();
}

const Node* env_entry(const Node& container, std::string_view name) {
  const Node* variables = container.find("env");
  if (variables == nullptr) return nullptr;
  for (const Node& variable : variables->items()) {
    if (kube::string_at(variable, {"name"}) == name) return &variable;
  }
  return nullptr;
}

const Node* literal_env(const Node& container, std::string_view name) {
  const Node* entry = env_entry(container, name);
  return entry == nullptr ? nullptr : entry->find("value");
}

}  // namespace raykeep::checks
