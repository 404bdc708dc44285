// SPDX-License-Identifier: Apache-2.0
// Everything that the checks look at: the objects as they were written, and what the KubeRay operator will make of them.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "checks/settings.h"
#include "document/place.h"
#include "kube/manifests.h"
#include "kube/selector.h"
#include "kube/workload.h"
#include "ray/expand.h"

namespace raykeep::checks {

using document::Node;
using document::path_to;

// An object as it will be on the cluster, and who wrote it.
struct Subject {
  const kube::Object* object = nullptr;
  const kube::Object* written = nullptr;        // the same, or the Ray resource that it is made for
  const ray::Expansion* expansion = nullptr;    // of that Ray resource; null for an object as written
};

// A pod, or a template that makes pods.
struct Pod {
  const kube::Object* written = nullptr;
  const ray::Expansion* expansion = nullptr;  // null for a plain workload
  const ray::PodGroup* group = nullptr;
  const Node* metadata = nullptr;  // may be null
  const Node* spec = nullptr;
  const Node* labels = nullptr;    // may be null
  std::vector<kube::Container> containers;
  std::string_view ns;
  std::string_view account;  // its ServiceAccount: "default" where none is named
  std::string_view cluster;  // its label ray.io/cluster; empty for none
  std::string part;  // "head", "worker group small", "submitter"; empty for a plain workload

  bool is_ray() const { return expansion != nullptr; }
  bool is_ray_node() const { return group != nullptr && group->role != ray::PodRole::kSubmitter; }
  bool is_head() const { return group != nullptr && group->role == ray::PodRole::kHead; }
};

struct World {
  World(const kube::Manifests& manifests, const Settings& settings);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Objects of a kind, those that the operator makes included.
  const std::vector<Subject>& of(std::string_view group, std::string_view kind) const;
  // The object of this name, or null pointer.
  const kube::Object* find(std::string_view group, std::string_view kind, std::string_view ns, std::string_view name) const;
  // Pods that the operator makes for one Ray resource.
  std::span<const Pod> pods_of(const ray::Expansion& expansion) const;
  // Pods of a namespace that a selector selects.
  std::vector<const Pod*> selected(std::string_view ns, const kube::LabelSelector& selector) const;

  const kube::Manifests& manifests;
  const Settings& settings;
  std::deque<ray::Expansion> expansions;
  std::vector<Pod> pods;

 private:
  void expand_all();
  bool stays_away(const kube::Object& made) const;
  void index(const Subject& subject);
  using Kind = std::pair<std::string_view, std::string_view>;                                               // group, kind
  using Name = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>;          // and namespace, name
  struct HashName {
    std::size_t operator()(const Name& name) const;
  };
  std::map<Kind, std::vector<Subject>> by_kind_;
  std::unordered_map<Name, const kube::Object*, HashName> by_name_;
  using Indexes = std::vector<std::size_t>;
  // The pods among which those that a selector selects must be.
  const Indexes& candidates(std::string_view ns, const kube::LabelSelector& selector) const;
  std::map<std::string_view, Indexes> pods_by_namespace_;
  std::map<std::pair<std::string_view, std::string_view>, Indexes> pods_by_cluster_;  // namespace, label ray.io/cluster
  struct Range {
    std::size_t first = 0, count = 0;
  };
  std::map<const ray::Expansion*, Range> pods_by_expansion_;
};

// The container that runs Ray: the first one. Null pointer when there is none.
const Node* ray_container(const Pod& pod);
// The value of an environment variable that is written out; null pointer when there is none.
const Node* literal_env(const Node& container, std::string_view name);
const Node* env_entry(const Node& container, std::string_view name);

}  // namespace raykeep::checks
