// SPDX-License-Identifier: Apache-2.0
// Where the checks put what they find. Finds the place in the text for what the operator made, and leaves out what is
// switched off.
#pragma once

#include <string>
#include <vector>

#include "checks/world.h"
#include "report/finding.h"

namespace raykeep::checks {

class Findings {
 public:
  explicit Findings(const Settings& settings) : settings_(settings) {}

  // About an object or a part of it. `at` may be a node of the object as written or of one made from it.
  void add(const report::Rule& rule, const Subject& subject, const Node& at, std::string message, std::vector<report::Fix> fixes = {});
  // About a pod; `inside` names a container or is empty.
  void add(const report::Rule& rule, const Pod& pod, const Node& at, std::string inside, std::string message,
           std::vector<report::Fix> fixes = {});

  std::vector<report::Finding> take() { return std::move(all_); }

 private:
  void put(const report::Rule& rule, const kube::Object& written, const Node& at, const Node* fallback, std::string part, std::string message,
           std::vector<report::Fix> fixes);

  const Settings& settings_;
  std::vector<report::Finding> all_;
};

// The keys and indexes that lead to the node of `root` that stands where `node` stands; empty when there is none.
std::vector<std::string> path_to(const Node& root, const Node& node);
// RFC 6901.
std::string json_pointer(const std::vector<std::string>& path);

}  // namespace raykeep::checks
