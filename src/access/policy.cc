// SPDX-License-Identifier: Apache-2.0
#include "access/policy.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/encoding.h"
#include "core/suggest.h"

namespace raykeep::access {
namespace {

using ray::OperationClass;

template <typename Items>
auto* find_named(Items& items, std::string_view name) {
  const auto it = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
  return it == items.end() ? nullptr : &*it;
}

std::string did_you_mean(std::string_view name, const std::vector<Role>& roles) {
  std::vector<std::string_view> known;
  for (const Role& role : roles) known.push_back(role.name);
  const auto close = suggest(name, known);
  return close ? fmt::format("; did you mean {}?", json_quote(*close))
               : fmt::format("; there are {}", fmt::join(known, ", "));
}

Result<void> check_binding(const Binding& binding, const std::vector<Role>& roles) {
  if (binding.name.empty()) return fail(kBadBinding, "a binding has no name");
  const auto wrong = [&](std::string_view what) {
    return fail(kBadBinding, fmt::format("the binding {} {}", json_quote(binding.name), what));
  };
  if (binding.users.empty() && binding.groups.empty()) return wrong("names no user and no group");
  if (binding.clusters.empty()) return wrong("names no cluster");
  const auto is_empty = [](const std::string& name) { return name.empty(); };
  if (std::any_of(binding.users.begin(), binding.users.end(), is_empty)) return wrong("has an empty user name");
  if (std::any_of(binding.groups.begin(), binding.groups.end(), is_empty)) return wrong("has an empty group name");
  if (find_named(roles, binding.role) == nullptr) {
    return fail(kUnknownRole,
                fmt::format("the binding {} gives the role {}, which does not exist{}", json_quote(binding.name),
                            json_quote(binding.role), did_you_mean(binding.role, roles)));
  }
  return {};
}

bool binds(const Binding& binding, const Subject& subject, const ClusterName& cluster) {
  const auto contains = [](const auto& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  // An anonymous subject has no name and is bound by nothing, "*" included.
  if (subject.name.empty()) return false;
  const bool names_subject = contains(binding.users, "*") || contains(binding.users, subject.name) ||
                             std::any_of(subject.groups.begin(), subject.groups.end(),
                                         [&](const auto& g) { return contains(binding.groups, g); });
  return names_subject && std::any_of(binding.clusters.begin(), binding.clusters.end(),
                                      [&](const ClusterPattern& p) { return p.matches(cluster); });
}

// The role that a scope leaves at most; nothing when it does not limit.
std::optional<Role> scope_limit(const Policy& policy, const Scope* scope, const ClusterName& cluster) {
  if (scope == nullptr) return std::nullopt;
  const bool elsewhere =
      !scope->clusters.empty() && std::none_of(scope->clusters.begin(), scope->clusters.end(),
                                               [&](const ClusterPattern& p) { return p.matches(cluster); });
  if (elsewhere) return Role{};
  if (scope->role.empty()) return std::nullopt;
  const Role* role = policy.role(scope->role);
  return role == nullptr ? Role{} : *role;
}

}  // namespace

Result<std::shared_ptr<const Policy>> Policy::make(std::vector<Role> custom_roles, std::vector<Binding> bindings) {
  auto policy = std::make_shared<Policy>();
  policy->roles_.assign(builtin_roles().begin(), builtin_roles().end());
  for (Role& role : custom_roles) {
    if (role.name.empty()) return fail(kBadRole, "a role has no name");
    if (find_named(policy->roles_, role.name) != nullptr) {
      return fail(kBadRole, fmt::format("the role {} exists already", json_quote(role.name)));
    }
    role.reach[static_cast<std::size_t>(OperationClass::kInternal)] = Reach::kNone;
    policy->roles_.push_back(std::move(role));
  }
  for (Binding& binding : bindings) {
    RK_TRY_VOID(check_binding(binding, policy->roles_));
    if (find_named(policy->bindings_, binding.name) != nullptr) {
      return fail(kBadBinding, fmt::format("the binding {} exists twice", json_quote(binding.name)));
    }
    policy->bindings_.push_back(std::move(binding));
  }
  return std::shared_ptr<const Policy>(std::move(policy));
}

const Role* Policy::role(std::string_view name) const {
  return find_named(roles_, name);
}

Grants Policy::grants(const Subject& subject, const ClusterName& cluster) const {
  Grants out;
  const auto limit = scope_limit(*this, subject.scope, cluster);
  for (const Binding& binding : bindings_) {
    if (!binds(binding, subject, cluster)) continue;
    const Role& full = *role(binding.role);
    const Role left = limit ? intersection(full, *limit) : full;
    out.bound_ = true;
    out.secrets_ = std::max(out.secrets_, left.secrets);
    for (std::size_t i = 0; i < out.entries_.size(); ++i) {
      Grants::Entry& entry = out.entries_[i];
      out.any_ |= left.reach[i] != Reach::kNone;
      entry.unscoped = std::max(entry.unscoped, full.reach[i]);
      // The first binding that reaches furthest is the one named.
      if (entry.binding.empty() || left.reach[i] > entry.reach) {
        entry = {left.reach[i], entry.unscoped, full.name, binding.name};
      }
    }
  }
  return out;
}

std::string_view Grants::widest_role() const {
  using ray::OperationClass;
  for (const auto c : {OperationClass::kProfile, OperationClass::kManage, OperationClass::kSubmit, OperationClass::kSensitiveRead,
                       OperationClass::kView, OperationClass::kPublic}) {
    if (at(c).reach == Reach::kAll) return at(c).role;
  }
  for (const Entry& entry : entries_) {
    if (entry.reach != Reach::kNone) return entry.role;
  }
  return {};
}

bool Grants::needs_owner(const ray::MatchedOperation& matched) const {
  return matched.operation != nullptr && matched.operation->of_one_job && !matched.job_id.empty() &&
         at(matched.operation->operation_class).reach == Reach::kOwnJobs;
}

Decision decide(const Grants& grants, const ray::MatchedOperation& matched, std::string_view user,
                const JobOwner& owner) {
  if (matched.operation == nullptr) return {};
  const ray::Operation& operation = *matched.operation;
  if (operation.operation_class == OperationClass::kInternal) return Decision::denied(kInternalOperation);
  if (!grants.bound_) return Decision::denied(kNoBinding);
  const Grants::Entry& entry = grants.at(operation.operation_class);
  const auto deny = [&](std::string_view reason) { return Decision::denied(reason, entry.role, entry.binding); };
  const bool usable = entry.reach == Reach::kAll || (entry.reach == Reach::kOwnJobs && operation.of_one_job);
  if (!usable) return deny(entry.unscoped > entry.reach ? kScopeTooNarrow : kRoleTooNarrow);
  if (matched.shows_environments && grants.secrets_ != Reach::kAll) return deny(kShowsEnvironments);
  if (entry.reach == Reach::kAll) return Decision::granted(entry.role, entry.binding);
  if (matched.job_id.empty() || owner.known == JobOwner::Known::kUnknown) return deny(kOwnerUnknown);
  if (user.empty() || owner.known == JobOwner::Known::kNobody || owner.user != user) return deny(kNotOwner);
  return Decision::granted_as_owner(entry.role, entry.binding);
}

Decision Policy::decide(const Subject& subject, const ray::MatchedOperation& matched, const ClusterName& cluster,
                        const JobOwner& owner) const {
  return access::decide(grants(subject, cluster), matched, subject.name, owner);
}

}  // namespace raykeep::access
