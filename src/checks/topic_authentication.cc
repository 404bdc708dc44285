// SPDX-License-Identifier: Apache-2.0
// Ray's own token authentication, and the ways in which it is off without a word.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/image_name.h"
#include "checks/topics.h"
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

bool env_enables(const Pod& pod) {
  const Node* container = ray_container(pod);
  const Node* mode = container == nullptr ? nullptr : literal_env(*container, "RAY_AUTH_MODE");
  return mode != nullptr && mode->text() == "token";
}

void check_pod(const Pod& pod, bool enabled, Findings& findings) {
  const Node* container = ray_container(pod);
  if (container == nullptr) return;
  const std::string title = "container " + std::string(kube::string_at(*container, {"name"}));
  const Node* mode = literal_env(*container, "RAY_AUTH_MODE");
  if (mode != nullptr && mode->text() != "token") findings.add(kOverridden, pod, *mode, title, fmt::format("RAY_AUTH_MODE is {}", mode->text()));
  const Node* image = container->find("image");
  if (!enabled || image == nullptr) return;
  const auto version = ray_version_of(read_image(image->text()));
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
    const Node* options = spec.find("authOptions");
    const std::string_view mode = options == nullptr ? std::string_view() : kube::string_at(*options, {"mode"});
    bool by_env = true;
    for (const Pod& pod : world.pods_of(expansion)) {
      if (pod.is_ray_node()) by_env = by_env && env_enables(pod);
    }
    const bool enabled = mode == "token" || by_env;
    const auto fixes = [&] { return token_mode(expansion); };
    if (options != nullptr && options->is_mapping() && mode.empty()) {
      findings.add(kNoMode, subject, *options, "authOptions.mode is not set, so nothing is authenticated", fixes);
    } else if (!enabled) {
      findings.add(kMissing, subject, options == nullptr ? spec : *options, "authOptions.mode is not token", fixes);
    }
    if (options != nullptr && kube::is_true(options->find("enableK8sTokenAuth")))
      findings.add(kKubernetesMode, subject, *options->find("enableK8sTokenAuth"), "people send their Kubernetes tokens to this cluster");
    for (const Pod& pod : world.pods_of(expansion)) {
      if (pod.is_ray_node()) check_pod(pod, enabled, findings);
    }
  }
}

}  // namespace

const Topic kAuthenticationTopic{kRules, check};

}  // namespace raykeep::checks
