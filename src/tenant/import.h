// SPDX-License-Identifier: Apache-2.0
// The spec of a namespace that is already there, as far as a spec can say it.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "kube/manifests.h"

namespace raykeep::tenant {

inline constexpr ErrorCode kNothingToImport{"tenant-import", ErrorKind::kInput, "Give what kubectl get -o yaml prints, with the Ray resources."};

// YAML text of a spec, under a comment with a line for each thing that no spec says: who is let in from everywhere, who has
// rights that a tenant never gives. Fails when there is not exactly one namespace with Ray resources.
Result<std::string> import_spec(const kube::Manifests& manifests);

}  // namespace raykeep::tenant
