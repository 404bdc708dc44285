// SPDX-License-Identifier: Apache-2.0
// What Secrets and ConfigMaps hold.
#pragma once

#include <string>
#include <string_view>

#include "kube/object.h"

namespace raykeep::kube {

// The value of a key of a Secret or ConfigMap, decoded; empty when it is not there or no base64. stringData goes before data.
std::string stored_value(const Object& object, std::string_view key);

}  // namespace raykeep::kube
