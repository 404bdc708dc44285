// SPDX-License-Identifier: Apache-2.0
// Credentials by their form. Nothing is ever sent anywhere to try one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace raykeep::checks {

// The kind of credential that stands in a text: "an Alibaba Cloud AccessKey id"; nothing when there is none.
struct FoundSecret {
  std::string_view kind;
  std::string redacted;  // its first characters and its length
};
std::optional<FoundSecret> find_secret(std::string_view text);

// A sentence with every credential that has a known form redacted.
std::string without_secrets(std::string text);
// Whether a line of a manifest may hold a credential, by its form or behind a name of one, so that it must not be printed.
bool shows_secret(std::string_view line);
// "LTAI5t... (24 characters)"
std::string redact(std::string_view secret);

}  // namespace raykeep::checks
