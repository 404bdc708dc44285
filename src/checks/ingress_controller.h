// SPDX-License-Identifier: Apache-2.0
// What the controller of an Ingress makes of it: each reads its own annotations and passes over those of the others.
#pragma once

#include <string>
#include <string_view>

#include "checks/world.h"

namespace raykeep::checks {

// The class that an Ingress names, or the default one among the manifests; empty for none.
std::string_view ingress_class(const World& world, const kube::Object& ingress);

// What keeps callers out who do not say who they are is missing or switched off: a sentence that says so; empty where
// somebody is asked.
std::string open_to_all(const World& world, const kube::Object& ingress);

// What is served without TLS, in a sentence; empty for nothing.
std::string served_in_clear(const World& world, const kube::Object& ingress);

}  // namespace raykeep::checks
