// SPDX-License-Identifier: Apache-2.0
// The fields of the Ray resources, as KubeRay's custom resource definitions have them, down to where Kubernetes' own types
// begin (pod templates, Services). Mistakes of typing are found with it: kubectl refuses them, other clients drop the field.
#pragma once

#include <optional>
#include <vector>

#include "core/error.h"
#include "document/schema.h"
#include "kube/object.h"

namespace raykeep::ray {

inline constexpr ErrorCode kUnknownResource{"ray-resource-unknown", ErrorKind::kInput, "Nothing of it was looked at."};

// Whether an object is meant for KubeRay and is none that it knows: "Raycluster", ray.io/v2, RayCluster in group v1.
std::optional<Error> unknown_resource(const kube::Object& object);

// Unknown fields and values of a wrong type, of the custom resource itself. A null is no value.
// Precondition: is_ray_resource(object).
std::vector<document::Mistake> field_mistakes(const kube::Object& object);

}  // namespace raykeep::ray
