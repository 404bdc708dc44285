// SPDX-License-Identifier: Apache-2.0
#include "identity/password_hash.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace raykeep::identity
