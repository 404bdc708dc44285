// SPDX-License-Identifier: Apache-2.0
#include "store/state_database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/temp_directory.h"

namespace raykeep::store {
namespace {

using std::chrono::hours;

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode_of(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 0777U : 0;
}

class StateDatabaseTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name = "state.db") const { return directory_ / name; }
  std::unique_ptr<StateDatabase> open(const std::string& name = "state.db") const { return std::move(StateDatabase::open(path(name)).value()); }
  void write(const std::string& name, std::string_view bytes) const { std::ofstream(path(name), std::ios::binary) << bytes; }
  static TokenRow token(const std::string& id) {
    TokenRow row;
    row.id = id;
    row.user = "ann";
    row.secret_hash = std::string(64, 'a');
    row.note = "nightly run";
    row.clusters = "team-a/*,team-b/train";
    row.role = "viewer";
    row.created = kNow;
    row.expires = kNow + hours(24);
    return row;
  }

  static inline const Time kNow{std::chrono::seconds(1800000000)};
  raykeep::testing::TempDirectory directory_;
};

TEST_F(StateDatabaseTest, KeepsEverythingOfATokenAcrossProcesses) {
  ASSERT_TRUE(open()->add_token(token("0123456789ab")));
  const auto rows = open()->tokens().value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].id, "0123456789ab");
  EXPECT_EQ(rows[0].user, "ann");
  EXPECT_EQ(rows[0].secret_hash, std::string(64, 'a'));
  EXPECT_EQ(rows[0].note, "nightly run");
  EXPECT_EQ(rows[0].clusters, "team-a/*,team-b/train");
  EXPECT_EQ(rows[0].role, "viewer");
  EXPECT_EQ(rows[0].created, kNow);
  EXPECT_EQ(rows[0].expires, kNow + hours(24));
  EXPECT_FALSE(rows[0].last_used);
  EXPECT_FALSE(rows[0].revoked);
}

TEST_F(StateDatabaseTest, RefusesTheSameIdTwiceAndStaysUsable) {
  const auto database = open();
  ASSERT_TRUE(database->add_token(token("0123456789ab")));
  const auto again = database->add_token(token("0123456789ab"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code().id, "state-database");
  EXPECT_TRUE(database->add_token(token("0123456789ac")));
  EXPECT_EQ(database->tokens().value().size(), 2U);
}

TEST_F(StateDatabaseTest, RevokesOnce) {
  const auto database = open();
  ASSERT_TRUE(database->add_token(token("0123456789ab")));
  EXPECT_FALSE(database->revoke_token("ffffffffffff", kNow).value());
  EXPECT_TRUE(database->revoke_token("0123456789ab", kNow).value());
  EXPECT_FALSE(database->revoke_token("0123456789ab", kNow + hours(1)).value());
  EXPECT_EQ(database->tokens().value()[0].revoked, kNow);
}

TEST_F(StateDatabaseTest, ItsCounterTellsOtherProcessesOfChanges) {
  const auto gateway = open();
  const auto command_line = open();
  const auto before = gateway->change_counter().value();
  EXPECT_EQ(gateway->change_counter().value(), before);
  ASSERT_TRUE(command_line->add_token(token("0123456789ab")));
  const auto added = gateway->change_counter().value();
  EXPECT_NE(added, before);
  ASSERT_TRUE(command_line->revoke_token("0123456789ab", kNow).value());
  const auto revoked = gateway->change_counter().value();
  EXPECT_NE(revoked, added);
  ASSERT_TRUE(command_line->revoke_session({"session", kNow}));
  const auto session = gateway->change_counter().value();
  EXPECT_NE(session, revoked);
  ASSERT_TRUE(command_line->revoke_sessions_of({"ann", kNow}));
  EXPECT_NE(gateway->change_counter().value(), session);
}

TEST_F(StateDatabaseTest, UsesOfTokensAreKeptWithoutAlarmingAnybody) {
  const auto database = open();
  ASSERT_TRUE(database->add_token(token("0123456789ab")));
  const auto before = database->change_counter().value();
  ASSERT_TRUE(database->note_token_uses({{"0123456789ab", kNow}, {"ffffffffffff", kNow}}));
  EXPECT_EQ(database->change_counter().value(), before);
  EXPECT_EQ(database->tokens().value()[0].last_used, kNow);
  // Another process saw an earlier use, and wrote later.
  ASSERT_TRUE(open()->note_token_uses({{"0123456789ab", kNow - hours(1)}}));
  EXPECT_EQ(database->tokens().value()[0].last_used, kNow);
}

TEST_F(StateDatabaseTest, ForgetsRevokedSessionsThatWouldHaveEndedAnyway) {
  const auto database = open();
  ASSERT_TRUE(database->revoke_session({"old", kNow - hours(1)}));
  ASSERT_TRUE(database->revoke_session({"new", kNow + hours(1)}));
  ASSERT_TRUE(database->forget_revoked_before(kNow));
  const auto left = database->revoked_sessions().value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].id, "new");
  EXPECT_EQ(left[0].until, kNow + hours(1));
}

TEST_F(StateDatabaseTest, KeepsTheLatestMarkOfAUser) {
  const auto database = open();
  ASSERT_TRUE(database->revoke_sessions_of({"ann", kNow}));
  ASSERT_TRUE(database->revoke_sessions_of({"ann", kNow + hours(1)}));
  const auto marks = database->users_not_before().value();
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_EQ(marks[0].not_before, kNow + hours(1));
}

TEST_F(StateDatabaseTest, AllProcessesShareOneSessionKey) {
  const auto first = open()->session_keys(kNow, hours(24), hours(48)).value();
  const auto second = open()->session_keys(kNow, hours(24), hours(48)).value();
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].number, second[0].number);
  EXPECT_EQ(first[0].key.reveal(), second[0].key.reveal());
  EXPECT_EQ(first[0].key.reveal().size(), 32U);
}

TEST_F(StateDatabaseTest, RotatesKeysAndKeepsTheOldOneAsLongAsAsked) {
  const auto database = open();
  const auto first = database->session_keys(kNow, hours(24), hours(48)).value();
  const auto before = database->change_counter().value();
  const auto rotated = database->session_keys(kNow + hours(25), hours(24), hours(48)).value();
  ASSERT_EQ(rotated.size(), 2U);
  EXPECT_NE(rotated[0].key.reveal(), first[0].key.reveal());
  EXPECT_EQ(rotated[1].number, first[0].number);
  EXPECT_NE(database->change_counter().value(), before) << "other processes must fetch the new key";
  const auto later = database->session_keys(kNow + hours(51), hours(24), hours(48)).value();
  for (const auto& key : later) EXPECT_NE(key.number, first[0].number);
}

TEST_F(StateDatabaseTest, NobodyElseCanReadItOrItsJournal) {
  const auto database = open();
  ASSERT_TRUE(database->add_token(token("0123456789ab")));
  EXPECT_EQ(mode_of(path()), 0600U);
  ASSERT_TRUE(std::filesystem::exists(path("state.db-wal")));
  EXPECT_EQ(mode_of(path("state.db-wal")), 0600U);
}

TEST_F(StateDatabaseTest, ClosesItsFileToOthers) {
  open().reset();
  ::chmod(path().c_str(), 0644);
  open().reset();
  EXPECT_EQ(mode_of(path()), 0600U);
}

TEST_F(StateDatabaseTest, LeavesAFileThatIsSomethingElseAsItWas) {
  write("hosts", "127.0.0.1 localhost\n");
  ::chmod(path("hosts").c_str(), 0644);
  const auto opened = StateDatabase::open(path("hosts"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code().id, "state-database");
  EXPECT_EQ(bytes_of(path("hosts")), "127.0.0.1 localhost\n");
  EXPECT_EQ(mode_of(path("hosts")), 0644U);
}

TEST_F(StateDatabaseTest, LeavesTheDatabaseOfAnotherProgramAsItWas) {
  for (const std::string version : {"0", "1"}) {
    const std::string file = path("other-" + version);
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, ("CREATE TABLE cookies (a); PRAGMA user_version = " + version).c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    ::chmod(file.c_str(), 0644);
    const std::string before = bytes_of(file);
    const auto opened = StateDatabase::open(file);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text().find("another program"), std::string::npos) << opened.error().text();
    EXPECT_EQ(bytes_of(file), before);
    EXPECT_EQ(mode_of(file), 0644U);
  }
}

TEST_F(StateDatabaseTest, TakesNoFileOfANewerRaykeep) {
  open().reset();
  sqlite3* newer = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &newer), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(newer, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(newer);
  const auto opened = StateDatabase::open(path());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text().find("newer Raykeep (schema 99"), std::string::npos) << opened.error().text();
}

TEST_F(StateDatabaseTest, OpensNoDeviceOrDirectory) {
  EXPECT_FALSE(StateDatabase::open(path("")));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0644), 0);
  EXPECT_FALSE(StateDatabase::open(path("pipe")));
  EXPECT_EQ(mode_of(path("pipe")), 0644U);
}

TEST_F(StateDatabaseTest, SaysWhereItCouldNotBeMade) {
  const auto opened = StateDatabase::open(path("no-such-directory/state.db"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code().kind, ErrorKind::kEnvironment);
  EXPECT_NE(opened.error().text().find("no-such-directory/state.db"), std::string::npos);
}

}  // namespace
}  // namespace raykeep::store
