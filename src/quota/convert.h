// SPDX-License-Identifier: Apache-2.0
// A tree of quotas in another dialect, as far as it has a meaning there.
#pragma once

#include <string>
#include <vector>

#include "quota/tree.h"

namespace raykeep::quota {

struct Conversion {
  std::vector<document::Node> objects;
  std::vector<Loss> losses;  // what the objects do not say, in the order of the tree
};

// Precondition: the tree has no finding of severity high (`raykeep quota check`).
Conversion convert(const Tree& tree, Dialect target);

// YAML documents under a comment that lists the losses.
std::string write_conversion(const Conversion& conversion, Dialect from, Dialect target);

}  // namespace raykeep::quota
