// SPDX-License-Identifier: Apache-2.0
#include "checks/pod_security.h"

#include <charconv>

#include "checks/pod_security_visit.h"

namespace raykeep::checks {

using document::Node;

const std::vector<PodSecurityCheck> kPodSecurityChecks{
    {"appArmorProfile", PodSecurityLevel::kBaseline},
    {"capabilities_baseline", PodSecurityLevel::kBaseline},
    {"hostNamespaces", PodSecurityLevel::kBaseline},
    {"hostPathVolumes", PodSecurityLevel::kBaseline},
    {"hostPorts", PodSecurityLevel::kBaseline},
    {"hostProbesAndHostLifecycle", PodSecurityLevel::kBaseline},
    {"privileged", PodSecurityLevel::kBaseline},
    {"procMount", PodSecurityLevel::kBaseline},
    {"seccompProfile_baseline", PodSecurityLevel::kBaseline},
    {"seLinuxOptions", PodSecurityLevel::kBaseline},
    {"sysctls", PodSecurityLevel::kBaseline},
    {"windowsHostProcess", PodSecurityLevel::kBaseline},
    {"allowPrivilegeEscalation", PodSecurityLevel::kRestricted},
    {"capabilities_restricted", PodSecurityLevel::kRestricted},
    {"procMount_restricted", PodSecurityLevel::kRestricted},
    {"restrictedVolumes", PodSecurityLevel::kRestricted},
    {"runAsNonRoot", PodSecurityLevel::kRestricted},
    {"runAsUser", PodSecurityLevel::kRestricted},
    {"seccompProfile_restricted", PodSecurityLevel::kRestricted},
};

std::optional<KubernetesVersion> parse_kubernetes_version(std::string_view text) {
  if (text == "latest") return KubernetesVersion{};
  if (text.starts_with('v')) text.remove_prefix(1);
  if (!text.starts_with("1.")) return std::nullopt;
  text.remove_prefix(2);
  KubernetesVersion out;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out.minor);
  if (problem != std::errc() || (end != text.data() + text.size() && *end != '.') || out.minor > 999) return std::nullopt;
  return out;
}

void PodSecurityVisit::in(std::string_view check, const kube::Container& container, const Node& where, std::string message) {
  out.push_back({check, kube::title(container), std::move(message), &where, container.node});
}

bool PodSecurityVisit::user_namespace() const {
  const Node* host_users = spec.find("hostUsers");
  return host_users != nullptr && !host_users->as_boolean().value_or(true);
}

bool PodSecurityVisit::windows() const { return kube::string_at(spec, {"os", "name"}) == "windows"; }

std::vector<PodSecurityViolation> check_pod_security(const Node* metadata, const Node& pod_spec, PodSecurityLevel level,
                                                     KubernetesVersion version) {
  std::vector<PodSecurityViolation> out;
  if (level == PodSecurityLevel::kPrivileged) return out;
  PodSecurityVisit visit{metadata, pod_spec, version, kube::containers(pod_spec), out};
  check_baseline(visit, level == PodSecurityLevel::kRestricted);
  if (level == PodSecurityLevel::kRestricted) check_restricted(visit);
  return out;
}

}  // namespace raykeep::checks
