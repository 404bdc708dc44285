// SPDX-License-Identifier: Apache-2.0
// Mistakes of writing: keys that stand twice, and fields of Ray resources that KubeRay does not have.
#include <array>
#include <fmt/format.h>

#include "checks/topics.h"
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
constexpr std::array kRules{&kDuplicateKey, &kUnknownField, &kWrongValue};

void check(const World& world, Findings& findings) {
  for (const kube::DuplicateKey& twice : world.manifests.duplicates())
    findings.add(kDuplicateKey, Subject{twice.object, twice.object, nullptr}, twice.key, fmt::format("{} stands a second time here; this one counts", twice.key.text()));
  for (const ray::Expansion& expansion : world.expansions) {
    const Subject subject{expansion.source, expansion.source, &expansion};
    for (document::Mistake& mistake : ray::field_mistakes(*expansion.source))
      findings.add(mistake.code == &document::kUnknownKey ? kUnknownField : kWrongValue, subject, *mistake.where, std::move(mistake.message));
  }
}

}  // namespace

const Topic kManifestTopic{kRules, check};

}  // namespace raykeep::checks
