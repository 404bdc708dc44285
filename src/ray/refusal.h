// SPDX-License-Identifier: Apache-2.0
// Why a request to a dashboard was not understood. Refusals are constants, so refusing costs no memory.
#pragma once

#include <string_view>

namespace raykeep::ray {

struct Refusal {
  std::string_view reason;   // stable id for the audit record and metrics: "unknown-route"
  int status;                // the HTTP status to answer with
  std::string_view message;  // one sentence for the client; holds nothing the client sent
};

// The request target is not one that every HTTP program reads the same way.
inline constexpr Refusal kAmbiguousPath{"ambiguous-path", 400,
                                        "The path holds characters or escapes that programs read differently."};
inline constexpr Refusal kAmbiguousQuery{
    "ambiguous-query", 400, "The query holds characters, escapes or repeated names that programs read differently."};
// Nothing in the route table; also every route of a Ray that Raykeep does not know.
inline constexpr Refusal kUnknownRoute{"unknown-route", 404, "This gateway knows no such Ray dashboard route."};
inline constexpr Refusal kMethodNotAllowed{"method-not-allowed", 405, "This route does not take this method."};
inline constexpr Refusal kBadJobId{
    "bad-job-id", 400, "A job id is 1 to 128 letters, digits, '.', '_' or '-', and does not begin with '.'."};
inline constexpr Refusal kBadPackageName{
    "bad-package-name", 400, "A package is gcs/_ray_pkg_<16 to 40 hexadecimal digits>.zip, .whl, .tar.gz or .tar.xz."};
inline constexpr Refusal kBadFileName{"bad-file-name", 400,
                                      "A log file name is relative, plain and stays inside the log directory."};

}  // namespace raykeep::ray
