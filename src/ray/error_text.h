// SPDX-License-Identifier: Apache-2.0
// Ray's error answers, as a client may see them.
#pragma once

#include <string>
#include <string_view>

namespace raykeep::ray {

// Ray answers errors with Python tracebacks that show paths, code and addresses of the cluster
// (ray/dashboard/modules/job/job_head.py). This keeps the one line that says what is wrong, with paths and addresses
// replaced, at most 500 bytes; an error that says nothing becomes a general sentence.
std::string public_error_text(std::string_view body);

}  // namespace raykeep::ray
