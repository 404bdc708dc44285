// SPDX-License-Identifier: Apache-2.0
#include "access/decision.h"

#include <fmt/format.h>

namespace raykeep::access {

Decision Decision::granted(std::string_view role, std::string_view binding) {
  Decision out = denied(kGranted, role, binding);
  out.allowed_ = true;
  return out;
}

Decision Decision::granted_as_owner(std::string_view role, std::string_view binding) {
  Decision out = denied(kGrantedAsOwner, role, binding);
  out.allowed_ = true;
  return out;
}

Decision Decision::denied(std::string_view reason, std::string_view role, std::string_view binding) {
  Decision out;
  out.reason_ = reason;
  out.role_ = role;
  out.binding_ = binding;
  return out;
}

std::string Decision::explain(std::string_view operation) const {
  if (reason_ == kGranted) return fmt::format("Your role {} allows {}.", role_, operation);
  if (reason_ == kGrantedAsOwner) return fmt::format("Your role {} allows {} of your own jobs.", role_, operation);
  if (reason_ == kNoBinding) return "You have no role on this cluster. Ask its administrator for one.";
  if (reason_ == kRoleTooNarrow)
    return fmt::format("Your role {} on this cluster does not allow {}.", role_, operation);
  if (reason_ == kScopeTooNarrow)
    return fmt::format("Your token's scope does not allow {} on this cluster.", operation);
  if (reason_ == kNotOwner) {
    return fmt::format("Your role {} allows {} of your own jobs, and this job was submitted by somebody else.", role_,
                       operation);
  }
  if (reason_ == kOwnerUnknown) {
    return fmt::format("Your role {} allows {} of your own jobs, and whose this is cannot be found out.", role_,
                       operation);
  }
  if (reason_ == kShowsEnvironments) {
    return fmt::format("This log holds the environment variables of every job, which your role {} does not show.", role_);
  }
  if (reason_ == kInternalOperation) return "This route is Ray's own and is not served to anybody.";
  return "This was not allowed.";
}

}  // namespace raykeep::access
