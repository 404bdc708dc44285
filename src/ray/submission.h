// SPDX-License-Identifier: Apache-2.0
// Names that Ray gives to submitted jobs.
#pragma once

#include <string>

namespace raykeep::ray {

// "raysubmit_" and 16 random letters and digits, as Ray makes them (modules/job/job_manager.py, generate_job_id).
std::string fresh_submission_id();

}  // namespace raykeep::ray
