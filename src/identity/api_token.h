// SPDX-License-Identifier: Apache-2.0
// API tokens for programs: "rk_<id>_<secret><checksum>". The secret has 256 random bits, so its SHA-256 is all that is
// kept; the checksum lets typos and secret scanners be told apart from guesses without asking anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/crypto.h"
#include "core/secret.h"

namespace raykeep::identity {

inline constexpr std::string_view kTokenPrefix = "rk_";

struct FreshToken {
  std::string id;           // 12 hexadecimal digits, shown in lists and records
  Secret text;              // what the owner gets, once
  Digest secret_hash;       // what is stored
};
FreshToken make_token();

struct ParsedToken {
  std::string_view id;       // points into the text
  Digest secret_hash;
};
// Nothing when the form is wrong. The checksum is not looked at: a token whose secret fits needs none.
std::optional<ParsedToken> parse_token(std::string_view text);
// Whether the checksum fits: a token that does not is a typo, one that does was made once.
bool checksum_fits(std::string_view text);

}  // namespace raykeep::identity
