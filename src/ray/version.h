// SPDX-License-Identifier: Apache-2.0
// The answer of GET /api/version.
#pragma once

#include <string>
#include <string_view>

namespace raykeep::ray {

// "ray_version" of the answer; empty when it is not what Ray answers.
std::string version_of_answer(std::string_view body);

}  // namespace raykeep::ray
