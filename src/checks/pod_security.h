// SPDX-License-Identifier: Apache-2.0
// The Pod Security Standards (kubernetes.io/docs/concepts/security/pod-security-standards) of every Kubernetes version,
// with the verdicts of the API server's own admission (k8s.io/pod-security-admission policy/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/node.h"

namespace raykeep::checks {

enum class PodSecurityLevel : std::uint8_t { kPrivileged, kBaseline, kRestricted };

// Kubernetes 1.<minor>.
struct KubernetesVersion {
  unsigned minor = 37;
  auto operator<=>(const KubernetesVersion&) const = default;
};
// "1.31", "v1.31" or "latest".
std::optional<KubernetesVersion> parse_kubernetes_version(std::string_view text);

struct PodSecurityViolation {
  std::string_view check;  // the standard's own id: "allowPrivilegeEscalation", "capabilities_restricted"
  std::string container;   // "container ray-head"; empty for the pod
  std::string message;     // what must be set, and what is
  const document::Node* where = nullptr;   // what is wrong, or the place where something is missing
  const document::Node* holder = nullptr;  // the container or the pod's spec
};

// Everything of a pod that its level forbids. `metadata` may be null. The pod is allowed if this is empty.
std::vector<PodSecurityViolation> check_pod_security(const document::Node* metadata, const document::Node& pod_spec, PodSecurityLevel level,
                                                     KubernetesVersion version);

// The checks of the standard, baseline ones first.
struct PodSecurityCheck {
  std::string_view id;
  PodSecurityLevel level;
};
extern const std::vector<PodSecurityCheck> kPodSecurityChecks;

}  // namespace raykeep::checks
