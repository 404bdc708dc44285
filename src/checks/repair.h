// SPDX-License-Identifier: Apache-2.0
// Mends what findings know how to mend, in the text of the manifests, without touching another byte.
#pragma once

#include <string>
#include <vector>

#include "kube/manifests.h"
#include "report/finding.h"

namespace raykeep::checks {

struct Refusal {
  const report::Finding* finding = nullptr;
  std::string reason;
};

struct FileRepair {
  const kube::SourceFile* file = nullptr;
  std::string text;                               // the new one
  std::vector<const report::Finding*> mended;
  std::vector<Refusal> refused;
};

// What each finding's repair would make of the text, for those that can be mended by themselves.
report::TextChanges text_changes(const kube::Manifests& manifests, const std::vector<report::Finding>& findings);

// One entry a file that has findings with a repair. Suppressed findings are left alone.
std::vector<FileRepair> repair(const kube::Manifests& manifests, const std::vector<report::Finding>& findings);

}  // namespace raykeep::checks
