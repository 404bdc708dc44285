// SPDX-License-Identifier: Apache-2.0
// Code that a runtime environment fetches and runs (Ray, RuntimeEnv).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checks/settings.h"

namespace raykeep::checks {

// The addresses and images in a YAML text that holds runtime environments, that are not below scan.codeSources or, for images,
// scan.registries; a list that is empty allows any. Without what may follow a "?" and may be secret.
std::vector<std::string> unlisted_sources(const Settings& settings, std::string_view yaml);

// Whether a text is one of the prefixes or below one: "oss://team-code" takes oss://team-code/x, and not oss://team-code-2.
bool is_below(const std::vector<std::string>& prefixes, std::string_view text);

}  // namespace raykeep::checks
