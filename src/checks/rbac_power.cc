// SPDX-License-Identifier: Apache-2.0
#include "checks/rbac_power.h"

#include <algorithm>
#include <array>

namespace raykeep::checks {
namespace {

using document::Node;

constexpr std::string_view kWorkloads = "making pods by way of workloads";
constexpr std::string_view kRead = "get list watch";
constexpr std::string_view kWrite = "create update patch";
constexpr std::string_view kChange = "update patch";
constexpr std::string_view kRbac = "rbac.authorization.k8s.io";
constexpr std::string_view kAdmission = "admissionregistration.k8s.io";

// What comes of it when resourceNames bound a rule.
enum class Named : std::uint8_t { kStillBad, kFine };

struct Power {
  std::string_view group;
  std::string_view resources;  // separated by spaces, as are verbs; any of them
  std::string_view verbs;
  std::string_view what;
  Named named = Named::kStillBad;
};

// The worst first.
constexpr std::array kPowers{
    Power{kRbac, "roles clusterroles", "escalate", "giving itself rights (escalate)"},
    Power{kRbac, "roles clusterroles", "bind", "giving itself rights (bind)"},
    Power{"", "users groups serviceaccounts", "impersonate", "acting as others (impersonate)"},
    Power{"authentication.k8s.io", "userextras uids", "impersonate", "acting as others (impersonate)"},
    Power{"", "nodes/proxy", "get create", "commanding the kubelets (nodes/proxy)"},
    Power{"certificates.k8s.io", "certificatesigningrequests/approval", "update patch", "approving certificates of others"},
    Power{"certificates.k8s.io", "signers", "approve sign", "issuing certificates for others"},
    Power{kAdmission, "validatingwebhookconfigurations mutatingwebhookconfigurations validatingadmissionpolicies mutatingadmissionpolicies validatingadmissionpolicybindings mutatingadmissionpolicybindings",
          "create update patch delete deletecollection", "changing what the API server admits"},
    Power{"", "secrets", kRead, "reading every Secret", Named::kFine},
    Power{"", "secrets", "create", "making Secrets that hold the tokens of accounts"},
    Power{"", "serviceaccounts/token", "create", "making tokens of other accounts"},
    Power{"", "pods/exec pods/attach pods/portforward", "create get", "entering pods"},
    Power{"", "pods/ephemeralcontainers", kChange, "entering pods (ephemeralcontainers)"},
    Power{"", "pods/proxy services/proxy", "get create update patch delete", "calling pods past every policy (proxy)"},
    Power{"", "persistentvolumes", "create", "mounting directories of nodes (PersistentVolumes)"},
    Power{"", "namespaces", kChange, "changing what a namespace enforces", Named::kFine},
    Power{"", "pods", "create", "making pods"},
    Power{"", "pods", kChange, "changing the images of running pods", Named::kFine},
    Power{"", "replicationcontrollers podtemplates", kWrite, kWorkloads, Named::kFine},
    Power{"apps", "deployments daemonsets statefulsets replicasets", kWrite, kWorkloads, Named::kFine},
    Power{"batch", "jobs cronjobs", kWrite, kWorkloads, Named::kFine},
    Power{"ray.io", "rayclusters rayjobs rayservices raycronjobs", kWrite, "making pods by way of Ray resources", Named::kFine},
};

bool holds(const Node* list, std::string_view wanted) {
  return list != nullptr && std::any_of(list->items().begin(), list->items().end(), [&](const Node& item) { return item.text() == wanted || item.text() == "*"; });
}

// Whether `is_held` is true of one of several words.
template <typename IsHeld>
bool any_word(std::string_view words, const IsHeld& is_held) {
  while (!words.empty()) {
    const std::size_t space = std::min(words.find(' '), words.size());
    if (is_held(words.substr(0, space))) return true;
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  return false;
}

bool is_wildcard(const Node* list) {
  return list != nullptr && std::any_of(list->items().begin(), list->items().end(), [](const Node& item) { return item.text() == "*"; });
}

}  // namespace

bool names_resource(const Node& rule, std::string_view resource) {
  const Node* resources = rule.find("resources");
  if (holds(resources, resource)) return true;
  const std::size_t slash = resource.find('/');
  if (resources == nullptr || slash == std::string_view::npos) return false;
  return std::any_of(resources->items().begin(), resources->items().end(), [&](const Node& item) { return item.text().starts_with("*/") && item.text().substr(1) == resource.substr(slash); });
}

std::string_view power_of(const Node& rule) {
  const Node* groups = rule.find("apiGroups");
  const Node* verbs = rule.find("verbs");
  const Node* names = rule.find("resourceNames");
  const bool bounded = names != nullptr && !names->items().empty();
  if (is_wildcard(rule.find("resources")) && is_wildcard(verbs)) return is_wildcard(groups) ? "everything, by wildcards" : "everything of an API group, by wildcards";
  for (const Power& power : kPowers) {
    if (!holds(groups, power.group) || (bounded && power.named == Named::kFine)) continue;
    const bool named = any_word(power.resources, [&](std::string_view resource) { return names_resource(rule, resource); });
    if (named && any_word(power.verbs, [&](std::string_view verb) { return holds(verbs, verb); })) return power.what;
  }
  return {};
}

}  // namespace raykeep::checks
