// SPDX-License-Identifier: Apache-2.0
// The 25 recommendations of the ACK guide for Ray, and what the checks say about each.
#pragma once

#include <string>
#include <vector>

#include "report/finding.h"

namespace raykeep::checks {

struct GuideRow {
  unsigned number = 0;
  std::string_view title;
  bool visible = true;       // whether manifests without a finding show that it is followed
  std::vector<const report::Finding*> failures;  // findings of its rules that count, from kLow up
};

// One row a recommendation.
std::vector<GuideRow> guide(const std::vector<report::Finding>& findings);

}  // namespace raykeep::checks
