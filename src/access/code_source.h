// SPDX-License-Identifier: Apache-2.0
// Where a submission's code comes from: URIs and requirement lines against the lists of a policy. Each function gives
// an empty string when the text is allowed, else why not, to stand after "<JSON path> ".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/submission_policy.h"

namespace raykeep::access {

// A URI of working_dir, py_modules or java_jars.
std::string source_problem(std::string_view uri, std::span<const AllowedSource> allowed);

// One line of a requirements list, as pip and uv read it: a name with versions, a URL, or an option. Ray writes the
// lines into a file, so a line break, a continuation or a variable would say something else than the text seen here.
std::string requirement_problem(std::string_view line, const SubmissionPolicy& policy);

// Options of the install command, in order: {"--index-url", "https://...", "--pre"}.
std::string install_options_problem(const std::vector<std::string>& options, const SubmissionPolicy& policy);

// A variable name of env_vars.
std::string variable_problem(std::string_view name, const SubmissionPolicy& policy);

bool any_glob_matches(const std::vector<std::string>& globs, std::string_view text);

}  // namespace raykeep::access
