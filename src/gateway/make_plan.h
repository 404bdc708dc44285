// SPDX-License-Identifier: Apache-2.0
// From a configuration file to a plan: reads every file it names and checks what hangs together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/log.h"
#include "gateway/plan.h"

namespace raykeep::gateway {

struct MadePlan {
  std::optional<Plan> plan;    // absent when there are errors
  std::vector<Error> errors;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
};
// `running`: the settings in force; clusters that go on keep their health and counts.
MadePlan make_plan(const std::string& path, std::shared_ptr<const Settings> running = nullptr);

}  // namespace raykeep::gateway
