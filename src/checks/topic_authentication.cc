// SPDX-License-Identifier: Apache-2.0
// Ray's own token authentication, and the ways in which it is off without a word.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/image_name.h"
#include "checks/topics.h"
#include "ray/features.h"
#include "ray/version.h"

namespace raykeep::checks {
namespace {

using report::Fix;
using report::Rule;
using report::Severity;

constexpr ray::Version kFirstWithTokens{2, 52, 0};

constexpr Rule kMissing{"ray-auth-missing", Severity::kHigh, "5,6", "Ray's token authentication is off",
                        "Without it every pod that reaches the dashboard or Job API runs code on the cluster.",
                        "Set authOptions.mode: token (Ray 2.52 and KubeRay 1.5.1 or newer).", "spec:\n  rayVersion: 2.52.0",
                        "spec:\n  rayVersion: 2.52.0\n  authOptions:\n    mode: token", "ray-operator apis/ray/v1 AuthOptions; CVE-2025-34351"};
constexpr Rule kNoMode{"ray-auth-mode-missing", Severity::kCritical, "5,6", "authOptions without a mode leaves the cluster open",
                       "The operator makes a token Secret, but the containers are told nothing of it: mode has no default in the custom resource "
                       "definition, whatever the comment in the API says.",
                       "Set authOptions.mode: token.", "authOptions:\n  secretName: ray-token", "authOptions:\n  mode: token\n  secretName: ray-token",
                       "ray-operator utils/util.go IsAuthEnabled"};
constexpr Rule kOverridden{"ray-auth-disabled-by-env", Severity::kCritical, "5,6", "An environment variable switches authentication off",
                           "The operator keeps a RAY_AUTH_MODE that is already there, also one that says disabled.", "Remove the variable.",
                           "env:\n- {name: RAY_AUTH_MODE, value: disabled}", "env: []", "ray-operator common/pod.go SetContainerTokenAuthEnvVars"};
constexpr Rule kTooOld{"ray-auth-version-too-old", Severity::kCritical, "5,6,20", "This Ray does not know token authentication",
                       "Ray before 2.52 takes no notice of RAY_AUTH_MODE; the operator checks only the declared rayVersion, not the image.",
                       "Use an image of Ray 2.52 or newer.", "image: rayproject/ray:2.40.0", "image: rayproject/ray:2.52.0", "Ray 2.52 release notes"};
constexpr Rule kKubernetesMode{"ray-auth-kubernetes-token", Severity::kLow, "5,18", "Users hand Kubernetes tokens to the cluster",
                               "With enableK8sTokenAuth people send tokens to pods that run other people's code, and the pods hold a token without audience.",
                               "Let a gateway authenticate people, and keep token mode behind it.", "enableK8sTokenAuth: true", "mode: token",
                               "ray-operator common/pod.go AddRayTokenVolume"};
constexpr std::array kRules{&kMissing, &kNoMode, &kOverridden, &kTooOld, &kKubernetesMode};

// What RAY_AUTH_MODE of a pod's Ray container says; null pointer when it is not there.
const Node* written_mode(const Pod& pod) {
  const Node* container = ray_container(pod);
  return container == nullptr ? nullptr : env_entry(*container, "RAY_AUTH_MODE");
}

// The value of a variable, written out or in a ConfigMap among the manifests.
std::optional<std::string_view> value_of(const World& world, const Pod& pod, const Node& variable) {
  if (const Node* value = variable.find("value")) return value->text();
  const Node* reference = variable.find_path({"valueFrom", "configMapKeyRef"});
  if (reference == nullptr) return variable.find("valueFrom") == nullptr ? std::optional<std::string_view>("") : std::nullopt;
  const kube::Object* map = world.find("", "ConfigMap", pod.ns, kube::string_at(*reference, {"name"}));
  const Node* value = map == nullptr ? nullptr : map->find({"data", kube::string_at(*reference, {"key"})});
  return value == nullptr ? std::nullopt : std::optional(value->text());
}

// Whether the pods of a cluster say so themselves.
bool env_enables(const World& world, const ray::Expansion& expansion) {
  bool any = false;
  for (const Pod& pod : world.pods_of(expansion)) {
    if (!pod.is_ray_node()) continue;
    any = true;
    const Node* mode = written_mode(pod);
    if (mode == nullptr || value_of(world, pod, *mode) != "token") return false;
  }
  return any;
}

// The image's, or, of an image that does not tell, what the cluster says it is.
std::optional<ray::Version> version_of(const Node& image, const ray::Expansion& expansion) {
  const auto own = ray_version_of(read_image(image.text()));
  return own || expansion.cluster_spec == nullptr ? own : ray::parse_version(kube::string_at(*expansion.cluster_spec, {"rayVersion"}));
}

void check_pod(const World& world, const Pod& pod, bool enabled, Findings& findings) {
  const Node* container = ray_container(pod);
  if (container == nullptr) return;
  const std::string title = "container " + std::string(kube::string_at(*container, {"name"}));
  if (const Node* mode = written_mode(pod)) {
    const auto value = value_of(world, pod, *mode);
    if (!value) findings.add(kOverridden, pod, *mode, title, "RAY_AUTH_MODE comes from elsewhere, and what stands there counts");
    else if (*value != "token") findings.add(kOverridden, pod, *mode, title, fmt::format("RAY_AUTH_MODE is {}", value->empty() ? "empty" : *value));
  }
  const Node* kubernetes = literal_env(*container, "RAY_ENABLE_K8S_TOKEN_AUTH");
  if (kubernetes != nullptr && kubernetes->span().line > 0 && (kubernetes->text() == "true" || kubernetes->text() == "1"))
    findings.add(kKubernetesMode, pod, *kubernetes, title, "people send their Kubernetes tokens to this cluster");
  const Node* image = container->find("image");
  if (!enabled || image == nullptr) return;
  const auto version = version_of(*image, *pod.expansion);
  if (version && *version < kFirstWithTokens)
    findings.add(kTooOld, pod, *image, title, fmt::format("Ray {} is older than 2.52.0, so the cluster is open", version->text()));
}

// Sets authOptions.mode, where the operator would take it: v1alpha1 has no such field, and from Ray 2.52.0 on the cluster must
// say its version (ray-operator utils/validation.go).
std::vector<Fix> token_mode(const ray::Expansion& expansion) {
  const Node& spec = *expansion.cluster_spec;
  const auto version = ray::parse_version(kube::string_at(spec, {"rayVersion"}));
  if (expansion.source->version() != "v1" || !version || *version < ray::Version{2, 52, 0}) return {};
  std::vector<std::string> path = path_to(*expansion.source->root, spec);
  path.insert(path.end(), {"authOptions", "mode"});
  return {{Fix::Kind::kSet, std::move(path), Node::string("token")}};
}

void check(const World& world, Findings& findings) {
  for (const ray::Expansion& expansion : world.expansions) {
    if (expansion.cluster_spec == nullptr) continue;
    const Node& spec = *expansion.cluster_spec;
    const Subject subject{expansion.source, expansion.source, &expansion};
    const Node* options = ray::known_field(spec, "authOptions", world.settings.kuberay_version);
    const std::string_view mode = options == nullptr ? std::string_view() : kube::string_at(*options, {"mode"});
    const bool enabled = mode == "token" || env_enables(world, expansion);
    const auto fixes = [&] { return token_mode(expansion); };
    if (options != nullptr && options->is_mapping() && mode.empty()) {
      findings.add(kNoMode, subject, *options, "authOptions.mode is not set, so nothing is authenticated", fixes);
    } else if (!enabled) {
      findings.add(kMissing, subject, options == nullptr ? spec : *options, "authOptions.mode is not token", fixes);
    }
    if (options != nullptr && kube::is_true(options->find("enableK8sTokenAuth")))
      findings.add(kKubernetesMode, subject, *options->find("enableK8sTokenAuth"), "people send their Kubernetes tokens to this cluster");
    for (const Pod& pod : world.pods_of(expansion)) {
      if (pod.is_ray_node()) check_pod(world, pod, enabled, findings);
    }
  }
}

}  // namespace

const Topic kAuthenticationTopic{kRules, check};

}  // namespace raykeep::checks
