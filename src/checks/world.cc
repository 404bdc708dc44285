// SPDX-License-Identifier: Apache-2.0
#include "checks/world.h"

#include <algorithm>
#include <iterator>

#include "core/parallel.h"
#include "ray/kuberay_names.h"

namespace raykeep::checks {
namespace {

constexpr std::size_t kBlock = 64;  // objects that are worth a thread's while

std::string part_of(const ray::PodGroup& group) {
  switch (group.role) {
    case ray::PodRole::kHead: return "head";
    case ray::PodRole::kWorker: return "worker group " + group.name;
    case ray::PodRole::kSubmitter: return "submitter";
  }
  return {};
}

Pod pod_of(const kube::Object& object, const Node* metadata, const Node& spec) {
  Pod out;
  out.written = &object;
  out.metadata = metadata;
  out.spec = &spec;
  out.labels = metadata == nullptr ? nullptr : metadata->find("labels");
  out.containers = kube::containers(spec);
  out.ns = object.effective_namespace();
  std::string_view account = kube::string_at(spec, {"serviceAccountName"});
  if (account.empty()) account = kube::string_at(spec, {"serviceAccount"});  // its old name, which still counts
  out.account = account.empty() ? std::string_view("default") : account;
  if (out.labels != nullptr) out.cluster = kube::string_at(*out.labels, {ray::kClusterLabel});
  return out;
}

void add_pods(const kube::Object& object, const ray::Expansion* expansion, std::vector<Pod>& out) {
  if (expansion == nullptr) {
    if (const kube::PodTemplate made = kube::pod_template(object)) out.push_back(pod_of(object, made.metadata, *made.spec));
    return;
  }
  for (const ray::PodGroup& group : expansion->pods) {
    Pod& pod = out.emplace_back(pod_of(object, group.pod->find({"metadata"}), *group.pod->find({"spec"})));
    pod.expansion = expansion;
    pod.group = &group;
    pod.part = part_of(group);
  }
}

}  // namespace

World::World(const kube::Manifests& all, const Settings& chosen) : manifests(all), settings(chosen) {
  expand_all();
  by_name_.reserve(manifests.objects().size());
  for (const kube::Object& object : manifests.objects()) index({&object, &object, nullptr});
  std::vector<Subject> made;
  for (const ray::Expansion& expansion : expansions) {
    for (const kube::Object& object : expansion.objects) {
      if (object.kind != "Pod" && object.kind != "RayCluster" && !stays_away(object)) made.push_back({&object, expansion.source, &expansion});
    }
  }
  for (const Subject& subject : made) index(subject);
}

// The operator makes accounts and roles only where nobody wrote one.
bool World::stays_away(const kube::Object& made) const {
  const bool account = made.kind == "ServiceAccount" || made.kind == "Role" || made.kind == "RoleBinding";
  return account && find(made.group(), made.kind, made.effective_namespace(), made.name) != nullptr;
}

// Makes the expansions, one for each Ray resource, and the pods, both in the order of the objects.
void World::expand_all() {
  const auto& objects = manifests.objects();
  std::vector<ray::Expansion*> made(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (ray::is_ray_resource(objects[i])) made[i] = &expansions.emplace_back();
  }
  std::vector<std::vector<Pod>> blocks((objects.size() + kBlock - 1) / kBlock);
  parallel_for(blocks.size(), [&](std::size_t block) {
    for (std::size_t i = block * kBlock; i < std::min((block + 1) * kBlock, objects.size()); ++i) {
      if (made[i] != nullptr) *made[i] = ray::expand(objects[i], {settings.kuberay_version});
      add_pods(objects[i], made[i], blocks[block]);
    }
  });
  for (std::vector<Pod>& block : blocks) std::move(block.begin(), block.end(), std::back_inserter(pods));
  for (std::size_t i = 0; i < pods.size(); ++i) {
    pods_by_namespace_[pods[i].ns].push_back(i);
    if (!pods[i].cluster.empty()) pods_by_cluster_[{pods[i].ns, pods[i].cluster}].push_back(i);
    if (pods[i].is_ray()) ++pods_by_expansion_.try_emplace(pods[i].expansion, Range{i, 0}).first->second.count;
  }
}

std::size_t World::HashName::operator()(const Name& name) const {
  const std::hash<std::string_view> hash;
  const auto& [group, kind, ns, own] = name;
  std::size_t out = 0;
  for (const std::string_view part : {group, kind, ns, own}) out = out * 1099511628211U + hash(part);
  return out;
}

void World::index(const Subject& subject) {
  const kube::Object& object = *subject.object;
  by_kind_[{object.group(), object.kind}].push_back(subject);
  if (!object.name.empty()) by_name_.try_emplace({object.group(), object.kind, object.effective_namespace(), object.name}, &object);
}

const std::vector<Subject>& World::of(std::string_view group, std::string_view kind) const {
  static const std::vector<Subject> kNone;
  const auto found = by_kind_.find({group, kind});
  return found == by_kind_.end() ? kNone : found->second;
}

const kube::Object* World::find(std::string_view group, std::string_view kind, std::string_view ns, std::string_view name) const {
  const auto found = by_name_.find({group, kind, ns, name});
  return found == by_name_.end() ? nullptr : found->second;
}

std::span<const Pod> World::pods_of(const ray::Expansion& expansion) const {
  const auto found = pods_by_expansion_.find(&expansion);
  if (found == pods_by_expansion_.end()) return {};
  return std::span(pods).subspan(found->second.first, found->second.count);
}

const World::Indexes& World::candidates(std::string_view ns, const kube::LabelSelector& selector) const {
  static const Indexes kNone;
  for (const kube::Requirement& one : selector.requirements) {
    if (one.key != ray::kClusterLabel || one.op != kube::Requirement::Operator::kIn || one.values.size() != 1 || one.values.front().empty()) continue;
    const auto found = pods_by_cluster_.find({ns, one.values.front()});
    return found == pods_by_cluster_.end() ? kNone : found->second;
  }
  const auto found = pods_by_namespace_.find(ns);
  return found == pods_by_namespace_.end() ? kNone : found->second;
}

std::vector<const Pod*> World::selected(std::string_view ns, const kube::LabelSelector& selector) const {
  std::vector<const Pod*> out;
  for (const std::size_t i : candidates(ns, selector)) {
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
  // Of several of a name the last one counts.
  const auto& all = variables->items();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Node& variable) { return kube::string_at(variable, {"name"}) == name; });
  return found == all.rend() ? nullptr : &*found;
}

const Node* literal_env(const Node& container, std::string_view name) {
  const Node* entry = env_entry(container, name);
  return entry == nullptr ? nullptr : entry->find("value");
}

}  // namespace raykeep::checks
