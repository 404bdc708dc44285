// SPDX-License-Identifier: Apache-2.0
// What Ray tells about jobs, as a person may see it: who submitted a job, and answers without their secrets.
// Ray redacts only for requests that look like a browser's, and only env_vars; an API token reads everything.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "ray/command_text.h"

namespace raykeep::ray {

// The metadata key that holds the verified submitter. Clients cannot set a key of the prefix.
inline constexpr std::string_view kReservedMetadataPrefix = "raykeep.io/";
inline constexpr std::string_view kSubmitterKey = "raykeep.io/submitter";

inline constexpr ErrorCode kAnswerUnreadable{"ray-answer-unreadable", ErrorKind::kEnvironment,
                                             "The cluster's dashboard answered with something other than JSON."};

// The submitter of one job, from the answer of GET /api/jobs/{id}. Nothing: the job was not submitted through a
// gateway, so it belongs to nobody.
Result<std::optional<std::string>> owner_of_job(std::string_view job_json);

enum class SecretsSeen { kNone, kOwnJobs };

// `body` (JSON of a route with Redaction::kSecrets) without what may hold secrets: values of env_vars at any depth,
// also inside strings of JSON (runtime_env_json, serialized_runtime_env), credentials in URLs, and secret arguments of
// entrypoints. With kOwnJobs, jobs whose submitter is `viewer` stay whole.
Result<std::string> redact_secrets(std::string_view body, SecretsSeen seen, std::string_view viewer);

}  // namespace raykeep::ray
