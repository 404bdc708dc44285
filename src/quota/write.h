// SPDX-License-Identifier: Apache-2.0
// Pieces of conversions. Private to this folder: convert.h is the door.
#pragma once

#include "quota/convert.h"

namespace raykeep::quota {

// Notes that a bound on jobs is not written.
void lose_jobs(const Quota& quota, Conversion& out);
void to_kueue(const Tree& tree, Conversion& out);

}  // namespace raykeep::quota
