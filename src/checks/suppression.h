// SPDX-License-Identifier: Apache-2.0
// What somebody decided to live with, and until when: comments and annotations in the manifests.
//
//   - name: legacy   # raykeep:ignore image-tag-missing until 2027-01-31 -- pinned by the mirror
//   metadata.annotations: {raykeep.io/ignore: "image-tag-missing until 2027-01-31 -- pinned by the mirror"}
//
// A comment speaks for the line it ends or the line below it, and for everything inside what begins there; so a comment
// on a container's line speaks for the container. An annotation speaks for its object. Several rules are separated by
// commas. Without a reason or after its day it does not count, and is told.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checks/findings.h"

namespace raykeep::checks {

struct Suppression {
  std::vector<std::string> rules;
  std::string until;   // "2027-01-31"; empty: no end
  std::string reason;
  std::string problem;  // why it does not count; empty when it does
};

// Reads "rule-a,rule-b until 2027-01-31 -- reason". `today` ends those whose day has passed.
Suppression read_suppression(std::string_view text, std::string_view today);

// Marks the findings that a suppression covers, and adds one for each suppression that does not count.
void apply_suppressions(const World& world, Findings& findings, std::vector<report::Finding>& all);

extern const report::Rule kSuppressionRule;

}  // namespace raykeep::checks
