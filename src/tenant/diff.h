// SPDX-License-Identifier: Apache-2.0
// What a tenant is and what is there, as `kubectl get -o yaml` prints it: what the API server adds does not count.
#pragma once

#include <string>
#include <vector>

#include "kube/manifests.h"
#include "tenant/generate.h"

namespace raykeep::tenant {

struct Difference {
  enum class Kind : std::uint8_t { kMissing, kChanged, kExtra };
  Kind kind = Kind::kMissing;
  std::string object;  // "NetworkPolicy team-a/default-deny"
  std::string path;    // of kChanged: "spec.hard.pods"
  std::string wanted;  // of kChanged, a value or JSON; empty for nothing
  std::string found;
  SourcePosition at;   // in what is there
};

// Of the tenant's namespace: objects that are missing, that say something else, and that no tenant would have written, of the
// kinds that it writes. In the order of the tenant, then of the manifests.
std::vector<Difference> differences(const Spec& spec, const Tenant& tenant, const kube::Manifests& found);

// A line each.
std::string write_differences(const std::vector<Difference>& differences);

}  // namespace raykeep::tenant
