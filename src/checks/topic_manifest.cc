// SPDX-License-Identifier: Apache-2.0
// Mistakes of writing: keys that stand twice, and fields of Ray resources that KubeRay does not have or does not heed.
#include <array>
#include <fmt/format.h>

#include "checks/topics.h"
#include "ray/features.h"
#include "ray/resource_schema.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;

constexpr Rule kDuplicateKey{"duplicate-key", Severity::kHigh, "", "A key stands twice", "The API server takes the last one without a word; a person who reads the first is deceived.",
                             "Remove one of them.", "hostNetwork: false\nhostNetwork: true", "hostNetwork: false", "sigs.k8s.io/yaml"};
constexpr Rule kUnknownField{"ray-field-unknown", Severity::kHigh, "", "A Ray resource has a field that KubeRay does not know",
                             "kubectl refuses it; clients that do not validate drop it with no more than a warning, and with it what it was to protect.", "Write the name as KubeRay has it.",
                             "spec: {authOption: {mode: token}}", "spec: {authOptions: {mode: token}}", "ray-operator apis/ray/v1; Kubernetes API concepts, field validation"};
constexpr Rule kWrongValue{"ray-field-invalid", Severity::kMedium, "", "A field of a Ray resource has a value that it cannot have", "The API server refuses the resource.",
                           "Write the value as KubeRay has it; numbers that are texts, such as those of rayStartParams, in quotes.", "rayStartParams: {num-cpus: 0}", "rayStartParams: {num-cpus: \"0\"}",
                           "ray-operator config/crd/bases"};
constexpr Rule kTooNew{"ray-field-too-new", Severity::kHigh, "1,4,5", "The operator is older than a field of a Ray resource",
                       "An operator that does not know the field does nothing of what it asks for, and the API server has dropped it.", "Use a newer KubeRay, or protect the cluster otherwise.",
                       "# scan.kuberayVersion: v1.5.0\nauthOptions: {mode: token}", "# scan.kuberayVersion: v1.7.0\nauthOptions: {mode: token}", "ray-operator release notes"};
constexpr Rule kGate{"ray-feature-gate-needed", Severity::kMedium, "1,4", "A field of a Ray resource does nothing unless the operator's feature gate is on",
                     "The feature is alpha and off by default; the operator passes over the field without a word.",
                     "Switch the gate on in the operator (--feature-gates) and list it under scan.kuberayFeatureGates, or protect the cluster otherwise.", "tlsOptions: {enabled: true}",
                     "# scan.kuberayFeatureGates: [RayClusterMTLS]\ntlsOptions: {enabled: true}", "ray-operator pkg/features/features.go"};
constexpr std::array kRules{&kDuplicateKey, &kUnknownField, &kWrongValue, &kTooNew, &kGate};

void check_features(const World& world, const Subject& subject, const Node& spec, Findings& findings) {
  for (const ray::Feature& feature : ray::features()) {
    const Node* field = ray::find_field(spec, feature.field);
    if (field == nullptr || field->is_null()) continue;
    const std::string& version = world.settings.kuberay_version;
    if (ray::known_field(spec, feature.field, version) == nullptr)
      findings.add(kTooNew, subject, *field, fmt::format("{} came with KubeRay {}, and the operator is {}", feature.field, feature.since.text(), version));
    else if (!feature.gate.empty() && !world.settings.feature_gates.contains(feature.gate))
      findings.add(kGate, subject, *field, fmt::format("{} does nothing unless the feature gate {} is on", feature.field, feature.gate));
  }
}

void check(const World& world, Findings& findings) {
  for (const kube::DuplicateKey& twice : world.manifests.duplicates())
    findings.add(kDuplicateKey, Subject{twice.object, twice.object, nullptr}, twice.key, fmt::format("{} stands a second time here; this one counts", twice.key.text()));
  for (const ray::Expansion& expansion : world.expansions) {
    const Subject subject{expansion.source, expansion.source, &expansion};
    for (document::Mistake& mistake : ray::field_mistakes(*expansion.source))
      findings.add(mistake.code == &document::kUnknownKey ? kUnknownField : kWrongValue, subject, *mistake.where, std::move(mistake.message));
    if (expansion.cluster_spec != nullptr) check_features(world, subject, *expansion.cluster_spec, findings);
  }
}

}  // namespace

const Topic kManifestTopic{kRules, check};

}  // namespace raykeep::checks
