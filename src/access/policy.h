// SPDX-License-Identifier: Apache-2.0
// Who may do what on which cluster: roles, bindings, and the decision. Immutable after make(); shared between threads.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/cluster_pattern.h"
#include "access/decision.h"
#include "access/role.h"
#include "core/result.h"
#include "ray/operation.h"

namespace raykeep::access {

inline constexpr ErrorCode kUnknownRole{"unknown-role", ErrorKind::kInput, ""};
inline constexpr ErrorCode kBadRole{"bad-role", ErrorKind::kInput, ""};
inline constexpr ErrorCode kBadBinding{"bad-binding", ErrorKind::kInput, ""};

// Gives a role on the matching clusters to users and groups. "*" as a user means every authenticated principal.
struct Binding {
  std::string name;  // for messages and the audit record; unique
  std::string role;
  std::vector<std::string> users;
  std::vector<std::string> groups;
  std::vector<ClusterPattern> clusters;
};

// What a token is limited to. Empty parts do not limit.
struct Scope {
  std::vector<ClusterPattern> clusters;
  std::string role;  // at most what this role may; a name that is not a role allows nothing
};

// The part of an authenticated principal that decisions are made of. Views and pointers must outlive the call.
struct Subject {
  std::string_view name;
  std::span<const std::string> groups;
  const Scope* scope = nullptr;  // null: not limited
};

// Who submitted the job that an operation is about.
struct JobOwner {
  enum class Known : std::uint8_t { kUnknown, kNobody, kUser };
  Known known = Known::kUnknown;
  std::string_view user;  // with kUser
  static JobOwner unknown() { return {}; }
  static JobOwner nobody() { return {Known::kNobody, {}}; }
  static JobOwner of(std::string_view user) { return {Known::kUser, user}; }
};

// What one subject may do on one cluster, worked out once and then asked for every request. A value with
// views into the policy it came from, which must outlive it.
class Grants {
 public:
  Grants() = default;  // nothing

  // Any class reached: the cluster is shown to this principal.
  bool any() const { return any_; }
  Reach reach_of(ray::OperationClass operation_class) const { return at(operation_class).reach; }
  Reach secrets() const { return secrets_; }
  // The role that reaches furthest, for showing to people; empty when nothing is reached.
  std::string_view widest_role() const;

  // Whether `decide` will ask for the job's owner: only then is it worth finding out.
  bool needs_owner(const ray::MatchedOperation& matched) const;

 private:
  friend class Policy;
  friend Decision decide(const Grants&, const ray::MatchedOperation&, std::string_view, const JobOwner&);
  struct Entry {
    Reach reach = Reach::kNone;     // what the role and the token's scope leave
    Reach unscoped = Reach::kNone;  // what the role alone would
    std::string_view role;
    std::string_view binding;
  };
  const Entry& at(ray::OperationClass c) const { return entries_[static_cast<std::size_t>(c)]; }
  std::array<Entry, ray::kOperationClasses> entries_{};
  Reach secrets_ = Reach::kNone;
  bool any_ = false;
  bool bound_ = false;
};

// `user` is the Subject's name. The owner is looked at only when grants.needs_owner(matched).
Decision decide(const Grants& grants, const ray::MatchedOperation& matched, std::string_view user,
                const JobOwner& owner);

class Policy {
 public:
  // Custom roles may not have a built-in role's name. Bindings must name existing roles, at least one user or group and
  // at least one cluster.
  static Result<std::shared_ptr<const Policy>> make(std::vector<Role> custom_roles, std::vector<Binding> bindings);

  Grants grants(const Subject& subject, const ClusterName& cluster) const;
  Decision decide(const Subject& subject, const ray::MatchedOperation& matched, const ClusterName& cluster,
                  const JobOwner& owner) const;

  const Role* role(std::string_view name) const;
  std::span<const Role> roles() const { return roles_; }
  std::span<const Binding> bindings() const { return bindings_; }

 private:
  std::vector<Role> roles_;
  std::vector<Binding> bindings_;
};

}  // namespace raykeep::access
