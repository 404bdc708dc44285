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

const std::string kHash = "$2y$10$" + std::string(53, 'a');

TEST(UserFile, ReadsTheThirdField) {
  const auto table = parse_user_file("ann:" + kHash + ":groups=a,b;changed=2026-11-23T20:00:00Z;history=" + kHash + ";disabled=1\n", "users", {});
  ASSERT_TRUE(table) << table.error().text();
  const User* ann = table->find("ann");
  ASSERT_NE(ann, nullptr);
  EXPECT_EQ(ann->groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ann->changed, parse_time("2026-11-23T20:00:00Z"));
  EXPECT_EQ(ann->history, std::vector<std::string>{kHash});
  EXPECT_TRUE(ann->disabled);
  EXPECT_EQ(parse_user_line(user_line(*ann), {})->groups, ann->groups);
}

TEST(UserFile, RefusesWhatItCannotReadForSure) {
  for (const std::string& line : {
           std::string("ann"), ":" + kHash, std::string("ann:"), "an n:" + kHash, "ann :" + kHash, " ann:" + kHash, "\xef\xbb\xbf" "ann:" + kHash,
           "ann:" + kHash + " ", "ann:" + kHash + "\r\r", std::string("ann:x\0y", 7), "ann:" + kHash + ":groups=", "ann:" + kHash + ":groups=a,",
           "ann:" + kHash + ":groups=,a", "ann:" + kHash + ":groups=a b", "ann:" + kHash + ":groups=a;groups=b", "ann:" + kHash + ":disabled=0",
           "ann:" + kHash + ":disabled", "ann:" + kHash + ":changed=yesterday", "ann:" + kHash + ":history=x", "ann:" + kHash + ":admin=1",
           std::string(129, 'a') + ":" + kHash, "ann:" + kHash + ":groups=" + std::string(20000, 'a')}) {
    const auto table = parse_user_file("# first\n" + line + "\n", "users", {});
    ASSERT_FALSE(table) << line;
    EXPECT_EQ(table.error().at()->line, 2U) << line;
  }
}

TEST(UserFile, NamesTheLineOfADuplicate) {
  const auto table = parse_user_file("ann:" + kHash + "\nbob:" + kHash + "\nann:" + kHash + "\n", "users", {});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().at()->line, 3U);
  EXPECT_NE(table.error().message().find("line 1"), std::string::npos);
}

TEST(UserFile, TheDecoyIsOfTheCommonestKind) {
  const std::string costly = "$2y$12$" + std::string(53, 'a');
  const auto table = parse_user_file("a:" + costly + "\nb:" + kHash + "\nc:" + kHash + "\nd:!\ne:!\nf:!\n", "users", {});
  ASSERT_TRUE(table) << table.error().text();
  EXPECT_EQ(cost_class(table->decoy()), cost_class(kHash));
  EXPECT_EQ(cost_class(parse_user_file("", "users", {})->decoy()), "$y$j9T");
}

}  // namespace
}  // namespace raykeep::identity
