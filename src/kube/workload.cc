// SPDX-License-Identifier: Apache-2.0
#include "kube/workload.h"

#include <algorithm>
#include <array>

namespace raykeep::kube {
namespace {

struct Site {
  std::string_view group, kind;
};
// Kinds whose spec.template is a pod template.
constexpr std::array kTemplateKinds{
    Site{"", "ReplicationController"}, Site{"apps", "ReplicaSet"}, Site{"apps", "Deployment"},
    Site{"apps", "StatefulSet"},       Site{"apps", "DaemonSet"},  Site{"batch", "Job"},
    Site{"extensions", "Deployment"},  Site{"extensions", "DaemonSet"}, Site{"extensions", "ReplicaSet"},
};

PodTemplate of(const Node* owner) {
  if (owner == nullptr) return {};
  const Node* spec = owner->find("spec");
  return {owner->find("metadata"), spec != nullptr && spec->is_mapping() ? spec : nullptr};
}

void append(std::vector<Container>& out, const Node* list, ContainerKind kind) {
  if (list == nullptr) return;
  for (const Node& item : list->items()) {
    if (item.is_mapping() || item.is_null()) out.push_back({kind, &item, string_at(item, {"name"})});
  }
}

}  // namespace

PodTemplate pod_template(const Object& object) {
  if (object.is("", "Pod")) return of(object.root);
  if (object.is("", "PodTemplate")) return of(object.find({"template"}));
  if (object.is("batch", "CronJob")) return of(object.find({"spec", "jobTemplate", "spec", "template"}));
  const bool known = std::any_of(kTemplateKinds.begin(), kTemplateKinds.end(),
                                 [&](const Site& site) { return object.is(site.group, site.kind); });
  return known ? of(object.find({"spec", "template"})) : PodTemplate{};
}

std::string title(const Container& container) {
  const std::string_view kind = container.kind == ContainerKind::kInit        ? "init container "
                                : container.kind == ContainerKind::kEphemeral ? "ephemeral container "
                                                                              : "container ";
  return std::string(kind) + (container.name.empty() ? "(no name)" : std::string(container.name));
}

std::vector<Container> containers(const Node& pod_spec) {
  std::vector<Container> out;
  append(out, pod_spec.find("initContainers"), ContainerKind::kInit);
  append(out, pod_spec.find("containers"), ContainerKind::kMain);
  append(out, pod_spec.find("ephemeralContainers"), ContainerKind::kEphemeral);
  return out;
}

}  // namespace raykeep::kube
