// SPDX-License-Identifier: Apache-2.0
// Where the checks put what they find. Finds the place in the text for what the operator made, and leaves out what is
// switched off or not of the profile.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/world.h"
#include "report/finding.h"

namespace raykeep::checks {

class Findings {
 public:
  explicit Findings(const Settings& settings) : settings_(settings) {}

  // Works out how to mend what was found; asked only where somebody wants to know (Settings::fixes).
  using Fixes = std::function<std::vector<report::Fix>()>;

  // About an object or a part of it. `at` may be a node of the object as written or of one made from it.
  void add(const report::Rule& rule, const Subject& subject, const Node& at, std::string message, const Fixes& fixes = {});
  // About a pod; `inside` names a container or is empty.
  void add(const report::Rule& rule, const Pod& pod, const Node& at, std::string_view inside, std::string message, const Fixes& fixes = {});

  std::vector<report::Finding> take() { return std::move(all_); }

 private:
  void put(const report::Rule& rule, const kube::Object& written, const Node& at, const Node* fallback, std::string part, std::string message,
           const Fixes& fixes);

  const Settings& settings_;
  std::vector<report::Finding> all_;
};

}  // namespace raykeep::checks
