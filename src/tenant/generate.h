// SPDX-License-Identifier: Apache-2.0
// A team's namespace: closed in both directions, with exactly what its Ray clusters need, on labels that only controllers
// set.
#pragma once

#include <string>
#include <vector>

#include "kube/manifests.h"
#include "ray/expand.h"
#include "tenant/spec.h"

namespace raykeep::tenant {

inline constexpr ErrorCode kBadTenant{"tenant-manifests", ErrorKind::kInput, ""};

struct Made {
  std::string remark;  // what it is for, a sentence
  document::Node object;
};

struct Tenant {
  std::vector<Made> objects;  // in the order in which they are applied
  // What the namespace needs in ACK's ElasticQuotaTree, which the platform's people keep: a leaf.
  document::Node elastic_quota;
  std::vector<Error> errors;
};

// Precondition: the spec was read without errors. Fails, object by object, where no safe tenant can be made: an autoscaling
// cluster without maxReplicas or apiServer, a cron job whose submitters have no label of their own.
Tenant generate(const Spec& spec, const kube::Manifests& manifests);

// YAML documents, each under its remark.
std::string write(const Tenant& tenant);

}  // namespace raykeep::tenant
