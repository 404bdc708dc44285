// SPDX-License-Identifier: Apache-2.0
// One reader a dialect. Private to this folder: tree.h is the door.
#pragma once

#include "quota/tree.h"

namespace raykeep::quota {

// Precondition: the object has spec.root.
Tree read_elastic_quota_tree(const kube::Object& object);
// The root of the others is made here; it stands alone where the manifests have none of the dialect.
Tree read_koordinator(const kube::Manifests& manifests);
Tree read_scheduler_plugins(const kube::Manifests& manifests);
Tree read_kueue(const kube::Manifests& manifests);
Tree read_resource_quotas(const kube::Manifests& manifests);

}  // namespace raykeep::quota
