// SPDX-License-Identifier: Apache-2.0
#include "tenant/roles.h"

#include <string_view>

#include "ray/build_node.h"

namespace raykeep::tenant {
namespace {

using document::Node;
using ray::list;
using ray::object;
using ray::text;
using Names = std::initializer_list<std::string_view>;

Node rule(std::string_view group, Names resources, Names verbs) {
  return object({{"apiGroups", list({text(group)})}, {"resources", ray::texts(resources)}, {"verbs", ray::texts(verbs)}});
}

Node::Sequence viewer_rules() {
  return {rule("ray.io", {"rayclusters", "rayjobs", "rayservices", "raycronjobs"}, {"get", "list", "watch"}),
          rule("", {"pods", "pods/log", "services", "events", "resourcequotas"}, {"get", "list", "watch"})};
}

Node::Sequence developer_rules() {
  Node::Sequence out = viewer_rules();
  out.push_back(rule("ray.io", {"rayjobs"}, {"create", "update", "patch", "delete"}));
  return out;
}

Node::Sequence administrator_rules() {
  Node::Sequence out = developer_rules();
  out.push_back(rule("ray.io", {"rayclusters", "rayservices"}, {"create", "update", "patch", "delete"}));
  out.push_back(rule("", {"configmaps"}, {"get", "list", "watch", "create", "update", "patch", "delete"}));
  return out;
}

Node metadata(const Spec& spec, std::string_view name) { return object({{"name", text(name)}, {"namespace", text(spec.name)}}); }

void add(const Spec& spec, std::string_view name, std::string_view remark, Node::Sequence rules, const std::vector<std::string>& groups, std::vector<Made>& out) {
  if (groups.empty()) return;
  constexpr std::string_view kVersion = "rbac.authorization.k8s.io/v1", kGroup = "rbac.authorization.k8s.io";
  Node subjects = Node::sequence();
  for (const std::string& group : groups) subjects.append(object({{"kind", text("Group")}, {"apiGroup", text(kGroup)}, {"name", text(group)}}));
  out.push_back({std::string(remark), object({{"apiVersion", text(kVersion)}, {"kind", text("Role")}, {"metadata", metadata(spec, name)}, {"rules", Node::sequence(std::move(rules))}})});
  out.push_back({"Who they are.",
                 object({{"apiVersion", text(kVersion)}, {"kind", text("RoleBinding")}, {"metadata", metadata(spec, name)},
                         {"roleRef", object({{"apiGroup", text(kGroup)}, {"kind", text("Role")}, {"name", text(name)}})}, {"subjects", std::move(subjects)}})});
}

}  // namespace

std::vector<Made> make_roles(const Spec& spec) {
  std::vector<Made> out;
  add(spec, "ray-viewer", "Those who look: Ray resources, pods, logs; no Secrets, and no way into a pod.", viewer_rules(), spec.people.viewers, out);
  add(spec, "ray-developer", "Those who also submit RayJobs.", developer_rules(), spec.people.developers, out);
  add(spec, "ray-administrator", "Those who also make clusters; policies, quotas and roles are not theirs to change.", administrator_rules(), spec.people.administrators, out);
  return out;
}

}  // namespace raykeep::tenant
