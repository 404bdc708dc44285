// SPDX-License-Identifier: Apache-2.0
// Which passwords may be set. The floor is the policy of the ACK guide for Ray clusters; settings can only be stricter,
// except for the greatest length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "identity/user_file.h"

namespace raykeep::identity {

// The special characters that count as a class, and the only ones that are taken beside letters and digits.
inline constexpr std::string_view kSpecialCharacters = "()`~!@#$%^&*_-+=|{}[]:;'<>,.?/";

struct PasswordPolicy {
  std::size_t least_length = 8;
  std::size_t most_length = 30;
  std::size_t classes = 3;               // of upper case, lower case, digit, special
  bool forbid_user_name = true;          // in either case, forwards
  std::size_t history = 5;               // earlier passwords that may not come back
  std::vector<std::string> common;       // lower case; a password that is one of them is refused
};
// A small list of what is guessed first, in lower case.
const std::vector<std::string>& well_known_passwords();

struct PasswordViolation {
  std::string_view id;   // "too-short"
  std::string sentence;
};

// Everything that is wrong, without the history, which takes hashing.
std::vector<PasswordViolation> check_password_policy(std::string_view password, std::string_view user, const PasswordPolicy& policy);
// True when the password is the user's present one or one of the last `policy.history`. Takes as many hashes.
bool was_used_before(std::string_view password, const User& user, const PasswordPolicy& policy);

// A password that satisfies the policy, 20 characters from a set without look-alikes.
std::string generate_password();

}  // namespace raykeep::identity
