// SPDX-License-Identifier: Apache-2.0
#include "access/role.h"

#include <algorithm>

namespace raykeep::access {
namespace {

using ray::OperationClass;

Role viewer() {
  Role role{"viewer", "sees the cluster and its jobs, without secrets and logs", {}, Reach::kNone};
  return role.with(OperationClass::kPublic, Reach::kAll).with(OperationClass::kView, Reach::kAll);
}

Role developer() {
  Role role = viewer();
  role.name = "developer";
  role.summary = "also reads logs, submits jobs, and stops and deletes own jobs";
  role.secrets = Reach::kOwnJobs;
  return role.with(OperationClass::kSensitiveRead, Reach::kAll)
      .with(OperationClass::kSubmit, Reach::kAll)
      .with(OperationClass::kManage, Reach::kOwnJobs);
}

Role admin() {
  Role role = developer();
  role.name = "admin";
  role.summary = "also manages every job and Serve, profiles, and sees secrets";
  role.secrets = Reach::kAll;
  return role.with(OperationClass::kManage, Reach::kAll).with(OperationClass::kProfile, Reach::kAll);
}

}  // namespace

Role& Role::with(OperationClass operation_class, Reach how_far) {
  if (operation_class != OperationClass::kInternal) reach[static_cast<std::size_t>(operation_class)] = how_far;
  return *this;
}

std::span<const Role> builtin_roles() {
  static const std::array<Role, 3> kBuiltin{viewer(), developer(), admin()};
  return kBuiltin;
}

Role intersection(const Role& a, const Role& b) {
  Role out = a;
  for (std::size_t i = 0; i < out.reach.size(); ++i) out.reach[i] = std::min(a.reach[i], b.reach[i]);
  out.secrets = std::min(a.secrets, b.secrets);
  return out;
}

}  // namespace raykeep::access
