// SPDX-License-Identifier: Apache-2.0
#include "identity/password_policy.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace raykeep::identity
