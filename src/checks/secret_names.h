// SPDX-License-Identifier: Apache-2.0
// Credentials by the name of what holds them, and what stands in their place.
#pragma once

#include <string_view>

namespace raykeep::checks {

// Whether something of this name holds a credential: "AWS_SECRET_ACCESS_KEY", "redis-password", "accessKeySecret", "DB_PASS".
bool is_secret_name(std::string_view name);
// Whether a value is a placeholder, a reference or a path rather than a credential.
bool is_placeholder(std::string_view value);

}  // namespace raykeep::checks
