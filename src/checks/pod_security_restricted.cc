// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/pod_security_visit.h"

namespace raykeep::checks {
namespace {

using document::Node;

constexpr std::array<std::string_view, 9> kVolumes{"configMap", "csi",    "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
                                                   "projected", "secret", "image"};

// The place for something that is missing: the container's securityContext, or the container.
const Node& missing_in(const kube::Container& container) {
  const Node* context = container.node->find("securityContext");
  return context != nullptr && context->is_mapping() ? *context : *container.node;
}

const Node* field(const Node* context, std::string_view name) {
  const Node* found = context == nullptr ? nullptr : context->find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

void volumes(PodSecurityVisit& visit) {
  const Node* list = visit.spec.find("volumes");
  if (list == nullptr) return;
  for (const Node& volume : list->items()) {
    const Node* wrong = nullptr;
    std::string_view type;
    bool allowed = false;
    for (const document::Member& member : volume.members()) {
      if (member.name() == "name" || member.value.is_null()) continue;
      const bool known = std::find(kVolumes.begin(), kVolumes.end(), member.name()) != kVolumes.end();
      allowed = allowed || known;
      if (!known && wrong == nullptr) {
        wrong = &member.value;
        type = member.name();
      }
    }
    // A volume without any source becomes an emptyDir before admission sees it (SetDefaults_Volume).
    if (wrong != nullptr && !allowed)
      visit.pod("restrictedVolumes", *wrong, fmt::format("volume {} must not be of type {}", kube::string_at(volume, {"name"}), type));
  }
}

void privilege_escalation(PodSecurityVisit& visit) {
  if (visit.version < KubernetesVersion{8} || (visit.windows() && visit.version >= KubernetesVersion{25})) return;
  for (const kube::Container& container : visit.containers) {
    const Node* value = field(container.node->find("securityContext"), "allowPrivilegeEscalation");
    if (value == nullptr || value->as_boolean().value_or(true))
      visit.in("allowPrivilegeEscalation", container, value == nullptr ? missing_in(container) : *value,
               "securityContext.allowPrivilegeEscalation must be false");
  }
}

void run_as_non_root(PodSecurityVisit& visit) {
  if (visit.version >= KubernetesVersion{35} && visit.user_namespace()) return;
  constexpr std::string_view kId = "runAsNonRoot";
  const Node* own = field(visit.context(), "runAsNonRoot");
  const bool pod_says_so = own != nullptr && own->as_boolean().value_or(false);
  if (own != nullptr && !pod_says_so) visit.pod(kId, *own, "securityContext.runAsNonRoot must not be false");
  for (const kube::Container& container : visit.containers) {
    const Node* value = field(container.node->find("securityContext"), "runAsNonRoot");
    if (value != nullptr && !value->as_boolean().value_or(false)) {
      visit.in(kId, container, *value, "securityContext.runAsNonRoot must not be false");
    } else if (value == nullptr && !pod_says_so) {
      visit.in(kId, container, missing_in(container), "securityContext.runAsNonRoot must be true, here or in the pod");
    }
  }
}

void run_as_user(PodSecurityVisit& visit) {
  if (visit.version < KubernetesVersion{23} || (visit.version >= KubernetesVersion{35} && visit.user_namespace())) return;
  const auto is_root = [](const Node* user) { return user != nullptr && user->as_integer() == 0; };
  const Node* own = field(visit.context(), "runAsUser");
  if (is_root(own)) visit.pod("runAsUser", *own, "securityContext.runAsUser must not be 0");
  for (const kube::Container& container : visit.containers) {
    const Node* value = field(container.node->find("securityContext"), "runAsUser");
    if (is_root(value)) visit.in("runAsUser", container, *value, "securityContext.runAsUser must not be 0");
  }
}

bool allows_profile(const Node* profile) {
  const std::string_view type = kube::string_at(*profile, {"type"});
  return type == "RuntimeDefault" || type == "Localhost";
}

void seccomp(PodSecurityVisit& visit) {
  if (visit.version < KubernetesVersion{19} || (visit.windows() && visit.version >= KubernetesVersion{25})) return;
  constexpr std::string_view kId = "seccompProfile_restricted";
  const Node* own = field(visit.context(), "seccompProfile");
  const bool pod_says_so = own != nullptr && allows_profile(own);
  if (own != nullptr && !pod_says_so) visit.pod(kId, *own, "securityContext.seccompProfile.type must be RuntimeDefault or Localhost");
  for (const kube::Container& container : visit.containers) {
    const Node* value = field(container.node->find("securityContext"), "seccompProfile");
    if (value != nullptr && !allows_profile(value)) {
      visit.in(kId, container, *value, "securityContext.seccompProfile.type must be RuntimeDefault or Localhost");
    } else if (value == nullptr && !pod_says_so) {
      visit.in(kId, container, missing_in(container), "securityContext.seccompProfile.type must be RuntimeDefault or Localhost, here or in the pod");
    }
  }
}

void capabilities(PodSecurityVisit& visit) {
  if (visit.version < KubernetesVersion{22} || (visit.windows() && visit.version >= KubernetesVersion{25})) return;
  constexpr std::string_view kId = "capabilities_restricted";
  for (const kube::Container& container : visit.containers) {
    const Node* context = container.node->find("securityContext");
    const Node* set = field(context, "capabilities");
    const Node* drop = field(set, "drop");
    const bool drops_all = drop != nullptr && std::any_of(drop->items().begin(), drop->items().end(), [](const Node& item) { return item.text() == "ALL"; });
    if (!drops_all)
      visit.in(kId, container, drop != nullptr ? *drop : set != nullptr ? *set : missing_in(container), "securityContext.capabilities.drop must hold ALL");
    const Node* add = field(set, "add");
    if (add == nullptr) continue;
    for (const Node& capability : add->items()) {
      if (capability.text() != "NET_BIND_SERVICE")
        visit.in(kId, container, capability, fmt::format("securityContext.capabilities.add must not hold {}", capability.text()));
    }
  }
}

}  // namespace

void check_restricted(PodSecurityVisit& visit) {
  volumes(visit);
  privilege_escalation(visit);
  run_as_non_root(visit);
  run_as_user(visit);
  seccomp(visit);
  capabilities(visit);
}

}  // namespace raykeep::checks
