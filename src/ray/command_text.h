// SPDX-License-Identifier: Apache-2.0
// Command lines and URLs without what looks like a secret. A secret that is written into code or given without a
// telling name cannot be found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace raykeep::ray {

inline constexpr std::string_view kRedacted = "<redacted>";  // as Ray writes it (dashboard/runtime_env_redaction.py)

// True for names such as "api_token", "--DB-PASSWORD", "-Dray.redis.password".
bool names_secret(std::string_view name);

// The text with user and password of every URL in it replaced.
std::string redact_url(std::string_view text);

// A shell command with the values of leading NAME=value words, of options and assignments named like secrets
// (--token x, --password=x, API_KEY=x) and of URL credentials replaced.
std::string redact_command(std::string_view command);

// The same for a command that is already split into arguments.
std::vector<std::string> redact_arguments(const std::vector<std::string>& arguments);

}  // namespace raykeep::ray
