// SPDX-License-Identifier: Apache-2.0
// The runtime_env of a submission: every field decides what code runs, so every field has a rule.
#pragma once

#include <string_view>

#include "access/submission_policy.h"
#include "core/result.h"
#include "document/node.h"

namespace raykeep::access {

// Checks `runtime_env` (a mapping) and gives uploaded packages the submitter's names. Errors name the JSON path.
Result<void> apply_runtime_env_policy(document::Node& runtime_env, std::string_view submitter,
                                      const SubmissionPolicy& policy);

// Every field of Ray 2.60 (ray/runtime_env/runtime_env.py and the plugins of ray/_private/runtime_env).
const std::vector<std::string>& known_runtime_env_fields();

}  // namespace raykeep::access
