// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "ray/expand.h"
#include "tenant/generate.h"

namespace raykeep::tenant {

struct Accounts {
  std::vector<Made> objects;  // ServiceAccounts by name, then the autoscalers' Roles and RoleBindings
  std::vector<Error> errors;
};

// The ServiceAccounts of the clusters' pods, without a token but for the heads of clusters that scale themselves; those get
// a Role for their own RayCluster alone, under the name that the operator looks for before it makes a wider one
// (ray-operator raycluster_controller.go reconcileAutoscalerRole). Fails where two resources share an account, where workers share
// that of a scaling head, and for a RAM role of an account that is not there.
Accounts make_accounts(const Spec& spec, const std::deque<ray::Expansion>& expansions);

}  // namespace raykeep::tenant
