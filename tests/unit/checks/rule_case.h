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

// Tables that rule_pairs_test.cc runs together with its own.
std::vector<Case> scan_cases();
std::vector<Case> quota_cases();
std::vector<Case> credential_cases();
std::vector<Case> door_cases();
std::vector<Case> ingress_cases();
std::vector<Case> life_cases();
std::vector<Case> network_policy_cases();
std::vector<Case> tls_cases();

}  // namespace raykeep::checks
