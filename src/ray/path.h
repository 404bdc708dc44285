// SPDX-License-Identifier: Apache-2.0
// The form of what stands after a cluster's prefix. Ray decodes percent-escapes before it routes, and puts ids and file
// names into further URLs and paths unescaped; so only targets that read the same decoded and undecoded pass.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ray/refusal.h"

namespace raykeep::ray {

inline constexpr std::size_t kLongestJobId = 128;

// Null when `path` is plain: it begins with '/', has no empty, "." or ".." segment (a trailing '/' is allowed), no byte
// outside letters, digits and -._~!$&'()*+,=:@ . The only escapes are of what cannot stand plainly and means nothing to
// a router: not controls or / \ % . ; ? #, not what needs no escape ("%61pi" is "/api" to Ray), and valid UTF-8
// together.
const Refusal* path_problem(std::string_view path);

// Null when every name of `query` (without '?') is plain and unescaped, every value is validly escaped UTF-8 without
// control characters, and no name but the State API's filter_* occurs twice.
const Refusal* query_problem(std::string_view query);

struct QueryPart {
  std::string_view name;
  std::string_view value;  // still escaped; empty without '='
};
// Takes the first "name=value" off `query`, which must not be empty.
QueryPart take_query_part(std::string_view& query);

// The value with %XX and '+' decoded. Nothing when an escape is malformed.
std::optional<std::string> decode_query_value(std::string_view value);

// Submission ids that cannot be mistaken for a path: [A-Za-z0-9_-][A-Za-z0-9._-]{0,127}. Ray itself takes anything, and
// an id such as "x/../victim" would act on the job "victim". Ray's own driver ids (8 hexadecimal digits) match, too.
bool is_job_id(std::string_view id);

// _ray_pkg_<16 to 40 lower-case hexadecimal digits> with .zip, .whl, .tar.gz or .tar.xz: the names Ray makes from the
// content (ray/_private/runtime_env/packaging.py). Wheels under their own names are not taken.
bool is_package_name(std::string_view name);

// A relative path or glob without "..", empty parts, backslashes or control characters.
bool is_log_file_name(std::string_view name);

// Whether Ray writes the environment variables of jobs into this log file: runtime_env_agent.log, the logs of setting an
// environment up, and exported events, which carry runtime_env whole.
bool log_file_shows_environments(std::string_view file_name);

// "job-driver-<id>.log" names the driver log of the job <id>; the id, or nothing for other files.
std::optional<std::string_view> job_of_driver_log(std::string_view file_name);

}  // namespace raykeep::ray
