// SPDX-License-Identifier: Apache-2.0
// Runs the checks over a set of manifests.
#pragma once

#include <span>
#include <vector>

#include "checks/findings.h"
#include "checks/settings.h"
#include "kube/manifests.h"
#include "report/finding.h"

namespace raykeep::checks {

// Everything that is wrong, in the order of files and lines. Suppressed findings are there, with the reason. The manifests
// must outlive the findings; the world need not.
std::vector<report::Finding> run(const World& world);
std::vector<report::Finding> run(const kube::Manifests& manifests, const Settings& settings);

// Every rule, in the order of topics.
std::span<const report::Rule* const> all_rules();
const report::Rule* find_rule(std::string_view id);
// Whether a profile has the rule at all.
bool in_profile(const report::Rule& rule, Profile profile);

}  // namespace raykeep::checks
