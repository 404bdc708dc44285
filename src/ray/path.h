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
// outside letters, digits and -._~!$&'()*+,=:@ and no escape but of a printable character that is not one of / \ % . ;
// and together valid UTF-8.
const Refusal* path_problem(std::string_view path);

// Null when every name of `query` (without '?') is plain and unescaped, every value is validly escaped UTF-8 without
// control characters, and no name that selects a job, a node or a file occurs twice.
const Refusal* query_problem(std::string_view query);

// The still-escaped value of a name, or nothing. Of a name that occurs twice, the first, as Ray takes it.
std::optional<std::string_view> query_value(std::string_view query, std::string_view name);

// The value with %XX and '+' decoded. Nothing when an escape is malformed.
std::optional<std::string> decode_query_value(std::string_view value);

// Submission ids that cannot be mistaken for a path: [A-Za-z0-9_-][A-Za-z0-9._-]{0,127}. Ray itself takes anything, and
// an id such as "x/../victim" would act on the job "victim". Ray's own driver ids (8 hexadecimal digits) match, too.
bool is_job_id(std::string_view id);

// _ray_pkg_<16 to 40 lower-case hexadecimal digits>.zip or .whl, or a wheel's own name under such a directory is not
// taken: names must come from the content (ray/_private/runtime_env/packaging.py).
bool is_package_name(std::string_view name);

// A relative path or glob without "..", empty parts, backslashes or control characters.
bool is_log_file_name(std::string_view name);

// "job-driver-<id>.log" names the driver log of the job <id>; the id, or nothing for other files.
std::optional<std::string_view> job_of_driver_log(std::string_view file_name);

}  // namespace raykeep::ray
