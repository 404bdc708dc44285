// SPDX-License-Identifier: Apache-2.0
#include "identity/password_hash.h"

#include <gtest/gtest.h>

#include <chrono>

namespace raykeep::identity {
namespace {

TEST(PasswordHash, KnowsKindsAndRefusesTheCostly) {
  EXPECT_EQ(kind_of_hash("$2y$10$abcdefghijklmnopqrstuv"), HashKind::kBcrypt);
  EXPECT_EQ(kind_of_hash("{SHA}x"), HashKind::kSha1);
  EXPECT_FALSE(is_strong(HashKind::kMd5));
  EXPECT_NE(hash_problem("$2b$20$" + std::string(53, 'a')), "");
  EXPECT_NE(hash_problem("$6$rounds=900000000$salt$x"), "");
  EXPECT_EQ(hash_problem("$2b$10$" + std::string(53, 'a')), "");
}

TEST(PasswordHash, VerifiesEachStrongKindAndNothingElse) {
  for (const HashChoice choice : {HashChoice{HashKind::kBcrypt, 4}, HashChoice{HashKind::kYescrypt, 1}, HashChoice{HashKind::kSha512, 1000}}) {
    const auto hash = hash_password("Right-pass-1", choice);
    ASSERT_TRUE(hash) << hash.error().text();
    EXPECT_TRUE(verify_password("Right-pass-1", *hash));
    EXPECT_FALSE(verify_password("Right-pass-2", *hash));
    EXPECT_FALSE(verify_password("Right-pass-1", decoy_like(*hash)));
    EXPECT_EQ(decoy_like(*hash).size(), hash->size());
  }
}

TEST(PasswordHash, BcryptDoesNotIgnoreWhatComesAfter72Bytes) {
  const std::string long_password(73, 'a');
  EXPECT_FALSE(hash_password(long_password, {HashKind::kBcrypt, 4}));
  const auto hash = hash_password(long_password.substr(0, 72), {HashKind::kBcrypt, 4});
  ASSERT_TRUE(hash);
  EXPECT_FALSE(verify_password(long_password, *hash));
}

TEST(PasswordHash, RefusesWhatIsNotWholeOrCostsTooMuch) {
  const std::string bcrypt(53, 'a'), sha(86, 'a'), yes(43, 'a');
  for (const std::string& good : std::initializer_list<std::string>{"$2y$05$" + bcrypt, "$2a$14$" + bcrypt, "$6$salt$" + sha, "$6$rounds=5000000$salt$" + sha, "$y$j9T$salt$" + yes, "$y$jCT$salt$" + yes}) {
    EXPECT_EQ(hash_problem(good), "") << good;
  }
  for (const std::string& bad : std::initializer_list<std::string>
       {"$2b$15$" + bcrypt, "$2b$31$" + bcrypt, "$2b$xx$" + bcrypt, "$2b$10$" + bcrypt + "a", "$2b$10$" + bcrypt.substr(1), "$2b$10$" + bcrypt.substr(1) + "*",
        "$6$rounds=5000001$salt$" + sha, "$6$rounds=99999999999$salt$" + sha, "$6$rounds=x$salt$" + sha, "$6$salt$" + sha.substr(1), "$6$" + sha,
        "$y$jDT$salt$" + yes, "$y$jFT$salt$" + yes, "$y$j9zzzz$salt$" + yes, "$y$j9T$" + yes, "$y$j9T$salt$" + yes.substr(1), "$apr1$x$" + yes, "{SHA}x", "plain", ""}) {
    EXPECT_NE(hash_problem(bad), "") << bad;
  }
}

TEST(PasswordHash, WhatItMakesItAccepts) {
  for (const HashChoice choice : {HashChoice{HashKind::kBcrypt, 4}, HashChoice{}, HashChoice{HashKind::kYescrypt, 8}, HashChoice{HashKind::kSha512, 1000}}) {
    EXPECT_EQ(hash_problem(hash_password("Right-pass-1", choice).value()), "");
  }
  EXPECT_FALSE(hash_password("Right-pass-1", {HashKind::kBcrypt, 99}));
}

TEST(PasswordHash, TakesNoNulBytes) {
  const std::string with_nul("Right\0pass-1", 12);
  EXPECT_FALSE(hash_password(with_nul, {}));
  const auto hash = hash_password("Right", {HashKind::kYescrypt, 1});
  EXPECT_FALSE(verify_password(with_nul, *hash)) << "crypt(3) would stop at the NUL";
}

TEST(PasswordHash, CostClassesDoNotDependOnTheSalt) {
  const std::string sha(86, 'a');
  EXPECT_EQ(cost_class("$6$one$" + sha), cost_class("$6$two$" + sha));
  EXPECT_EQ(cost_class("$6$rounds=5000$one$" + sha), cost_class("$6$two$" + sha));
  EXPECT_NE(cost_class("$6$rounds=6000$one$" + sha), cost_class("$6$two$" + sha));
  EXPECT_NE(cost_class("$2b$10$x"), cost_class("$2b$11$x"));
  EXPECT_NE(cost_class("$y$j9T$x$y"), cost_class("$y$jAT$x$y"));
}

TEST(PasswordHash, ADecoyCostsWhatItsModelCosts) {
  const auto time_of = [](const std::string& hash) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(verify_password("Wrong-pass-1", hash));
    return std::chrono::steady_clock::now() - start;
  };
  for (const HashChoice choice : {HashChoice{HashKind::kBcrypt, 8}, HashChoice{HashKind::kYescrypt, 5}, HashChoice{HashKind::kSha512, 50000}}) {
    const auto hash = hash_password("Right-pass-1", choice);
    EXPECT_EQ(cost_class(decoy_like(*hash)), cost_class(*hash));
    // A setting that crypt(3) does not take comes back at once; a factor of four is far from the noise of a busy machine.
    EXPECT_GT(time_of(decoy_like(*hash)) * 4, time_of(*hash)) << *hash;
  }
}

}  // namespace
}  // namespace raykeep::identity
