// SPDX-License-Identifier: Apache-2.0
#include "store/state_database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "core/file.h"
#include "support/temp_directory.h"

namespace raykeep::store {
namespace {

const Time kNow = *parse_time("2026-11-23T20:00:00.250Z");

TokenRow token(const std::string& id) {
  TokenRow row;
  row.id = id;
  row.user = "ann";
  row.secret_hash = "hash";
  row.note = "a note with \n and \"quotes\"";
  row.clusters = "team/*";
  row.role = "viewer";
  row.created = kNow;
  row.expires = kNow + std::chrono::hours(1);
  return row;
}

class StateDatabaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<StateDatabase> open() {
    auto out = StateDatabase::open(path_);
    EXPECT_TRUE(out) << out.error().text();
    return std::move(*out);
  }
  raykeep::testing::TempDirectory directory_;
  std::string path_ = directory_ / "state.db";
};

unsigned mode_of(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
}

TEST_F(StateDatabaseTest, GivesBackWhatWasStored) {
  ASSERT_TRUE(open()->add_token(token("one")));
  const auto rows = open()->tokens();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().note, token("one").note);
  EXPECT_EQ(rows->front().created, kNow);
  EXPECT_EQ(rows->front().expires, kNow + std::chrono::hours(1));
  EXPECT_FALSE(rows->front().last_used || rows->front().revoked);
}

TEST_F(StateDatabaseTest, IsClosedToOthersEvenIfItWasNot) {
  const auto first = open();
  EXPECT_EQ(mode_of(path_), 0600U);
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  const auto again = open();
  EXPECT_EQ(mode_of(path_), 0600U);
  ASSERT_TRUE(again->add_token(token("one")));
  EXPECT_EQ(mode_of(path_ + "-wal"), 0600U);
}

TEST_F(StateDatabaseTest, TwoTokensOfOneIdAreRefusedAndNothingChanges) {
  const auto database = open();
  ASSERT_TRUE(database->add_token(token("one")));
  const auto before = database->change_counter();
  EXPECT_FALSE(database->add_token(token("one")));
  EXPECT_EQ(*database->change_counter(), *before);
  EXPECT_TRUE(database->add_token(token("two"))) << "the failed change left no transaction open";
}

TEST_F(StateDatabaseTest, ATokenIsRevokedOnce) {
  const auto database = open();
  ASSERT_TRUE(database->add_token(token("one")));
  EXPECT_EQ(database->revoke_token("one", kNow), true);
  EXPECT_EQ(database->revoke_token("one", kNow + std::chrono::hours(1)), false);
  EXPECT_EQ(database->revoke_token("none", kNow), false);
  EXPECT_EQ(database->tokens()->front().revoked, kNow);
}

TEST_F(StateDatabaseTest, AnotherProcessSeesTheCounterMove) {
  const auto gateway = open();
  const auto command = open();
  const auto before = *gateway->change_counter();
  EXPECT_EQ(*gateway->change_counter(), before);
  ASSERT_TRUE(command->revoke_session({"s", kNow}));
  EXPECT_NE(*gateway->change_counter(), before);
}

TEST_F(StateDatabaseTest, UsesOfTokensMoveNeitherTheCounterNorBackwards) {
  const auto database = open();
  ASSERT_TRUE(database->add_token(token("one")));
  const auto before = *database->change_counter();
  ASSERT_TRUE(database->note_token_uses({{"one", kNow}, {"gone", kNow}}));
  ASSERT_TRUE(database->note_token_uses({{"one", kNow - std::chrono::hours(1)}}));
  EXPECT_EQ(*database->change_counter(), before);
  EXPECT_EQ(database->tokens()->front().last_used, kNow);
}

TEST_F(StateDatabaseTest, RevokedSessionsAreForgottenOnceTheyWouldHaveEnded) {
  const auto database = open();
  ASSERT_TRUE(database->revoke_session({"old", kNow}));
  ASSERT_TRUE(database->revoke_session({"new", kNow + std::chrono::hours(1)}));
  ASSERT_TRUE(database->forget_revoked_before(kNow + std::chrono::minutes(1)));
  const auto left = database->revoked_sessions();
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().id, "new");
}

TEST_F(StateDatabaseTest, SessionKeysRotateAndTheFormerOneStaysAsLongAsSessionsLive) {
  using std::chrono::hours;
  const auto database = open();
  const auto keys_at = [&](Time now) { return *database->session_keys(now, hours(24), hours(36)); };
  const auto first = keys_at(kNow);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first.front().key.reveal().size(), 32U);
  EXPECT_EQ(keys_at(kNow + hours(23)).front().number, first.front().number);
  const auto counter = *database->change_counter();
  const auto rotated = keys_at(kNow + hours(25));
  EXPECT_NE(*database->change_counter(), counter);
  ASSERT_EQ(rotated.size(), 2U);
  EXPECT_NE(rotated[0].key.reveal(), rotated[1].key.reveal());
  EXPECT_EQ(rotated[1].key.reveal(), first.front().key.reveal());
  EXPECT_EQ(keys_at(kNow + hours(50)).size(), 2U) << "the first has gone";
}

TEST_F(StateDatabaseTest, ManyWritersLoseNothing) {
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([this, i] {
      const auto database = open();
      for (int j = 0; j < 10; ++j) EXPECT_TRUE(database->add_token(token(std::to_string(i) + "-" + std::to_string(j))));
    });
  }
  writers.clear();
  EXPECT_EQ(open()->tokens()->size(), 40U);
}

TEST_F(StateDatabaseTest, SaysWhatIsWrongWithAFileThatIsNone) {
  ASSERT_TRUE(write_file(path_, "this is not a database, but long enough to be looked at as one"));
  const auto opened = StateDatabase::open(path_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().at()->file, path_);
  EXPECT_FALSE(StateDatabase::open(directory_ / "no/such/folder/state.db"));
  EXPECT_FALSE(StateDatabase::open(directory_.path()));
}

}  // namespace
}  // namespace raykeep::store
