// SPDX-License-Identifier: Apache-2.0
// What a rule of a Role or ClusterRole lets its holder become (rbac.authorization.k8s.io/v1 PolicyRule).
#pragma once

#include <string_view>

#include "document/node.h"

namespace raykeep::checks {

// The worst thing that a rule allows beyond its own words, as a phrase: "reading every Secret". Empty for a harmless rule.
// The list follows "Role Based Access Control Good Practices" of the Kubernetes documentation.
std::string_view power_of(const document::Node& rule);

// Whether a rule's list of resources names this one, itself or by a wildcard: "*" and, for subresources, "*/exec".
bool names_resource(const document::Node& rule, std::string_view resource);

}  // namespace raykeep::checks
