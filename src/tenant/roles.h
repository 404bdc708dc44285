// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tenant/generate.h"

namespace raykeep::tenant {

// A Role and a RoleBinding for each kind of people that the spec names. None of them may read Secrets, enter pods (exec,
// attach, portforward) or change policies, quotas and roles. Who may submit a RayJob runs code in the namespace all the
// same: that is what Ray is for.
std::vector<Made> make_roles(const Spec& spec);

}  // namespace raykeep::tenant
