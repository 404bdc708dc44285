// SPDX-License-Identifier: Apache-2.0
#include "identity/user_file.h"

#include <gtest/gtest.h>

namespace raykeep::identity {
namespace {

TEST(UserFile, SaysWhichLineIsWrong) {
  const auto table = parse_user_file("# people\nalice:$2y$10$" + std::string(53, 'a') + "\nbob\n", "users", {});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().at()->line, 3U);
  EXPECT_FALSE(parse_user_file("a:$1$saltsalt$" + std::string(22, 'a') + "\n", "users", {}));
  EXPECT_TRUE(parse_user_file("a:$1$saltsalt$" + std::string(22, 'a') + "\n", "users", {HashKind::kMd5}));
  EXPECT_FALSE(parse_user_file("a:{SHA}x\n", "users", {HashKind::kSha1}));
  const std::string twice = "a:$2y$10$" + std::string(53, 'a') + "\n";
  EXPECT_FALSE(parse_user_file(twice + twice, "users", {}));
}

}  // namespace
}  // namespace raykeep::identity
