// SPDX-License-Identifier: Apache-2.0
// Packages of code in the cluster's key-value store, named after their content. Whoever may replace one runs code as
// everybody who uses it, so a gateway never lets one be replaced and checks the name against the content where Ray's
// naming allows it.
#pragma once

#include <cstddef>
#include <string_view>

namespace raykeep::ray {

// DASHBOARD_CLIENT_MAX_SIZE of ray/dashboard/consts: one byte more is answered with 413.
inline constexpr std::size_t kLargestPackage = 104857600;

}  // namespace raykeep::ray
