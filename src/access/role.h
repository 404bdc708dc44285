// SPDX-License-Identifier: Apache-2.0
// A role says, for each class of operation, how far it reaches. Three are built in; a configuration may add others.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "ray/operation.h"

namespace raykeep::access {

enum class Reach : std::uint8_t {
  kNone,
  kOwnJobs,  // only what belongs to a job that this principal submitted
  kAll,
};

struct Role {
  std::string name;
  std::string summary;                                // one line for people
  std::array<Reach, ray::kOperationClasses> reach{};  // by OperationClass; kInternal is kNone in every role
  Reach secrets = Reach::kNone;                       // whose secrets are shown unredacted

  Reach reach_of(ray::OperationClass operation_class) const { return reach[static_cast<std::size_t>(operation_class)]; }
  // Sets the reach of a class; kInternal stays out of reach whatever is asked.
  Role& with(ray::OperationClass operation_class, Reach how_far);
};

// viewer: sees the cluster, secrets redacted. developer: also reads logs, submits, stops and deletes own jobs.
// admin: everything but what is denied to everybody.
std::span<const Role> builtin_roles();

// The lesser of both in every respect: what a token limited to a role leaves of the role its owner has.
Role intersection(const Role& a, const Role& b);

}  // namespace raykeep::access
