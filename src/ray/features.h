// SPDX-License-Identifier: Apache-2.0
// Fields of a cluster's spec that not every operator acts on (ray-operator pkg/features/features.go, release notes).
#pragma once

#include <span>
#include <string_view>

#include "document/node.h"
#include "ray/version.h"

namespace raykeep::ray {

struct Feature {
  std::string_view field;  // of the cluster's spec, or of one of its fields: "headGroupSpec.ingressOptions"
  Version since;           // of KubeRay
  std::string_view gate;   // without which it does nothing, off by default; empty for none
};
std::span<const Feature> features();

// The field of a feature; null pointer when the spec has none.
const document::Node* find_field(const document::Node& cluster_spec, std::string_view field);
// The field, if the spec has it and an operator of this version knows it; null pointer otherwise.
const document::Node* known_field(const document::Node& cluster_spec, std::string_view field, std::string_view kuberay_version);
// A cluster's spec as the API server keeps it under that version's definitions.
document::Node without_later_fields(document::Node cluster_spec, std::string_view kuberay_version);

}  // namespace raykeep::ray
