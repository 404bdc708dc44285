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

// All suppressions of a set of manifests. The world must outlive this.
class Suppressions {
 public:
  explicit Suppressions(const World& world);

  // One finding for each suppression that does not count.
  std::vector<report::Finding> problems() const;
  // Marks the findings that a suppression covers.
  void mark(std::vector<report::Finding>& all) const;

 private:
  // The suppressions of one file by the line that they speak for.
  using Comments = std::multimap<std::size_t, Suppression>;

  const World& world_;
  std::map<const kube::SourceFile*, Comments> comments_;
  std::map<const kube::Object*, Suppression> annotations_;
};

extern const report::Rule kSuppressionRule;

}  // namespace raykeep::checks
