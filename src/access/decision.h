// SPDX-License-Identifier: Apache-2.0
// The answer to "may this principal do this here", with its reason. Denied until a named constructor says otherwise.
#pragma once

#include <string>
#include <string_view>

namespace raykeep::access {

// Reason ids, as they stand in the audit record. The first two allow.
inline constexpr std::string_view kGranted = "granted";
inline constexpr std::string_view kGrantedAsOwner = "granted-as-owner";
inline constexpr std::string_view kNotDecided = "not-decided";
inline constexpr std::string_view kNoBinding = "no-binding";           // nothing binds this principal to this cluster
inline constexpr std::string_view kRoleTooNarrow = "role-too-narrow";  // a binding, but no role reaches the operation
inline constexpr std::string_view kScopeTooNarrow = "token-scope";     // the principal may, this token may not
inline constexpr std::string_view kNotOwner = "not-owner";             // the job was submitted by somebody else
inline constexpr std::string_view kOwnerUnknown = "owner-unknown";     // the job's owner could not be found out
inline constexpr std::string_view kShowsEnvironments = "shows-environments";  // of all jobs, and the role does not
inline constexpr std::string_view kInternalOperation = "internal-operation";

class [[nodiscard]] Decision {
 public:
  Decision() = default;

  // `role` and `binding` name what granted it; they must outlive the decision (they live in the Policy).
  static Decision granted(std::string_view role, std::string_view binding);
  static Decision granted_as_owner(std::string_view role, std::string_view binding);
  static Decision denied(std::string_view reason, std::string_view role = {}, std::string_view binding = {});

  bool allowed() const { return allowed_; }
  std::string_view reason() const { return reason_; }
  std::string_view role() const { return role_; }        // the widest role considered; empty without a binding
  std::string_view binding() const { return binding_; }  // name of the binding that gave the role

  // One sentence for the person asking; `operation` is the operation's id.
  std::string explain(std::string_view operation) const;

 private:
  bool allowed_ = false;
  std::string_view reason_ = kNotDecided;
  std::string_view role_;
  std::string_view binding_;
};

}  // namespace raykeep::access
