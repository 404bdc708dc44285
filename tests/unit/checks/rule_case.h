// SPDX-License-Identifier: Apache-2.0
// A rule on a manifest that breaks it and on one that does not, alike in all else.
#pragma once

#include <string>
#include <vector>

namespace raykeep::checks {

struct Case {
  const char* rule;
  std::string bad;
  std::string good;
};

// The tables of the test files; together they have every rule (rule_pairs_test.cc).
std::vector<Case> scan_cases();
std::vector<Case> quota_cases();
std::vector<Case> pair_cases();

}  // namespace raykeep::checks
