// SPDX-License-Identifier: Apache-2.0
#include "identity/password_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace raykeep::identity {
namespace {

TEST(PasswordPolicy, NamesEachViolation) {
  PasswordPolicy policy;
  policy.common = well_known_passwords();
  const auto ids = [&](std::string_view password) {
    std::string out;
    for (const auto& violation : check_password_policy(password, "alice", policy)) out += std::string(violation.id) + " ";
    return out;
  };
  EXPECT_EQ(ids("Correct-horse7"), "");
  EXPECT_EQ(ids("Ab1-"), "too-short ");
  EXPECT_EQ(ids(std::string(31, 'a') + "A1"), "too-long ");
  EXPECT_EQ(ids("hgfedcba1"), "too-few-classes ");
  EXPECT_EQ(ids("xxAlice-77"), "user-name ");
  EXPECT_EQ(ids("Password-123!"), "common ");
  EXPECT_EQ(ids("Correct horse7"), "character ");
  EXPECT_EQ(ids(generate_password()), "");
}

TEST(PasswordPolicy, SeesThroughDisguisesOfCommonWords) {
  PasswordPolicy policy;
  policy.common = well_known_passwords();
  const auto common = [&](std::string_view password) {
    const auto found = check_password_policy(password, "zoe", policy);
    return std::any_of(found.begin(), found.end(), [](const PasswordViolation& v) { return v.id == "common"; });
  };
  for (const char* guessed : {"P@ssw0rd1", "pAssw0rd!", "2026Password!", "W3lcome-2026", "Adm1n1strator!", "S3cret!!11"}) EXPECT_TRUE(common(guessed)) << guessed;
  for (const char* fine : {"Passing-word-9", "Sparrow-3-ada-Kite", "Correct-horse7"}) EXPECT_FALSE(common(fine)) << fine;
}

TEST(PasswordPolicy, TakesEachSpecialCharacterAndNoOther) {
  const PasswordPolicy policy;
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const bool letter_or_digit = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    const bool taken = letter_or_digit || kSpecialCharacters.find(byte) != std::string_view::npos;
    EXPECT_EQ(check_password_policy(std::string("Qjxv7kwz") + byte, "zoe", policy).empty(), taken) << c;
  }
}

TEST(PasswordPolicy, LooksBackAsFarAsAsked) {
  const auto hash = [](const char* text) { return *hash_password(text, {HashKind::kYescrypt, 1}); };
  User user;
  user.hash = hash("Third-pass-3");
  user.history = {hash("Second-pass-2"), hash("First-pass-1")};
  PasswordPolicy policy;
  policy.history = 1;
  EXPECT_TRUE(was_used_before("Third-pass-3", user, policy));
  EXPECT_TRUE(was_used_before("Second-pass-2", user, policy));
  EXPECT_FALSE(was_used_before("First-pass-1", user, policy));
  policy.history = 0;
  EXPECT_FALSE(was_used_before("Third-pass-3", user, policy));
}

}  // namespace
}  // namespace raykeep::identity
