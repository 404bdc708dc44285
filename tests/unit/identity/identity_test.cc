// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/encoding.h"
#include "core/file.h"
#include "identity/api_token.h"
#include "identity/authenticator.h"
#include "identity/password_policy.h"
#include "identity/user_file_editor.h"
#include "support/temp_directory.h"

namespace raykeep::identity {
namespace {

// About now: the state database makes its first session key with the real clock.
const Time kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const SessionKey kKey{1, Secret("0123456789abcdef0123456789abcdef")};

std::string basic(const std::string& user, const std::string& password) { return "Basic " + base64_encode(user + ":" + password); }

// An authenticator with the user alice, password "Right-pass-1".
class AuthenticatorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto hash = hash_password("Right-pass-1", {HashKind::kBcrypt, 4});
    ASSERT_TRUE(hash);
    users_ = "alice:" + *hash + ":groups=ml\n";
    auto opened = Authenticator::open({}, directory_ / "state.db");
    ASSERT_TRUE(opened) << opened.error().text();
    authenticator_ = std::move(*opened);
    set_users(users_);
    authenticator_->set_groups({{"ops", {"alice"}}});
  }
  void set_users(const std::string& text) {
    auto table = parse_user_file(text, "users", {});
    ASSERT_TRUE(table) << table.error().text();
    authenticator_->set_users(std::make_shared<const UserTable>(std::move(*table)));
  }
  AuthOutcome ask(const std::string& authorization) {
    return authenticator_->authenticate({authorization, 1, {}, 0, {}, 0}, origin_, now_);
  }
  AuthOutcome sign_in(const std::string& password) { return authenticator_->log_in({"alice", Secret(password)}, origin_, now_); }
  AuthOutcome with_cookie(const std::string& cookie, const Origin& origin) {
    return authenticator_->authenticate({{}, 0, {}, 0, cookie, 1}, origin, now_);
  }

  raykeep::testing::TempDirectory directory_;
  std::string users_;
  std::unique_ptr<Authenticator> authenticator_;
  Origin origin_{*IpAddress::parse("192.0.2.1"), "gate.example", true};
  Times now_{kNow, std::chrono::steady_clock::now()};
};

std::string cookie_of(const AuthOutcome& outcome) { return outcome.set_cookie.substr(0, outcome.set_cookie.find(';')); }

TEST_F(AuthenticatorTest, HashesOnceThenRemembers) {
  auto first = ask(basic("alice", "Right-pass-1"));
  ASSERT_TRUE(first.check);
  const auto checked = authenticator_->check_password(*first.check, origin_, now_);
  ASSERT_TRUE(checked.principal);
  EXPECT_EQ(checked.principal->groups, (std::vector<std::string>{"ml", "ops"}));
  EXPECT_TRUE(ask(basic("alice", "Right-pass-1")).principal);
  EXPECT_FALSE(ask(basic("alice", "Wrong-pass-1")).principal);
}

TEST_F(AuthenticatorTest, ForgetsWhatItVerifiedWhenUsersChange) {
  ASSERT_TRUE(authenticator_->check_password({"alice", Secret("Right-pass-1")}, origin_, now_).principal);
  set_users(users_);
  EXPECT_FALSE(ask(basic("alice", "Right-pass-1")).principal);
}

TEST_F(AuthenticatorTest, SaysTheSameOfUnknownUsersAndWrongPasswords) {
  const auto unknown = authenticator_->check_password({"nobody", Secret("x")}, origin_, now_);
  const auto wrong = authenticator_->check_password({"alice", Secret("x")}, origin_, now_);
  EXPECT_EQ(unknown.refusal.message, wrong.refusal.message);
  EXPECT_EQ(unknown.refusal.status, wrong.refusal.status);
  EXPECT_NE(unknown.refusal.reason, wrong.refusal.reason);
}

TEST_F(AuthenticatorTest, RefusesCredentialsThatCanBeReadTwoWays) {
  EXPECT_EQ(authenticator_->authenticate({"Basic eDp5", 2, {}, 0, {}, 0}, origin_, now_).refusal.status, 400);
  for (const char* value : {"Basic", "Basic !!!!", "Basic eHk=", "Digest x", "Basic  eDp5"}) EXPECT_EQ(ask(value).refusal.status, 401) << value;
  EXPECT_EQ(with_cookie("__Host-raykeep-session=a; __Host-raykeep-session=b", origin_).refusal.reason, "two-credentials");
}

TEST_F(AuthenticatorTest, SessionsHoldForTheirHostUntilTheyEnd) {
  const auto signed_in = sign_in("Right-pass-1");
  ASSERT_TRUE(signed_in.principal);
  EXPECT_NE(signed_in.set_cookie.find("; HttpOnly; SameSite=Lax;"), std::string::npos);
  EXPECT_NE(signed_in.set_cookie.find("; Secure"), std::string::npos);
  const std::string cookie = cookie_of(signed_in);
  EXPECT_TRUE(with_cookie(cookie, origin_).principal);
  Origin elsewhere = origin_;
  elsewhere.host = "other.example";
  EXPECT_EQ(with_cookie(cookie, elsewhere).refusal.reason, "session-forged");
  now_.wall += std::chrono::hours(2);
  EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-expired");
}

TEST_F(AuthenticatorTest, SessionsEndWithTheirUserPasswordOrSignOut) {
  const std::string cookie = cookie_of(sign_in("Right-pass-1"));
  set_users("bob:" + users_.substr(users_.find(':') + 1));
  EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-revoked");
  set_users(users_.substr(0, users_.size() - 1) + ";changed=" + format_time(kNow + std::chrono::minutes(1)) + "\n");
  EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-revoked");
  set_users(users_);
  ASSERT_TRUE(with_cookie(cookie, origin_).principal);
  ASSERT_TRUE(authenticator_->log_out({{}, 0, {}, 0, cookie, 1}, origin_, now_));
  EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-revoked");
}

TEST_F(AuthenticatorTest, ANewPasswordEndsWhatAnOlderSessionHoldsOpen) {
  const auto session = with_cookie(cookie_of(sign_in("Right-pass-1")), origin_);
  ASSERT_TRUE(session.principal);
  EXPECT_TRUE(authenticator_->still_valid(*session.principal, kNow));
  set_users(users_.substr(0, users_.size() - 1) + ";changed=" + format_time(kNow + std::chrono::milliseconds(1)) + "\n");
  EXPECT_FALSE(authenticator_->still_valid(*session.principal, kNow));
}

TEST_F(AuthenticatorTest, ADisabledUserIsOutWithTheirTokens) {
  auto database = store::StateDatabase::open(directory_ / "state.db");
  ASSERT_TRUE(database);
  const FreshToken token = make_token();
  ASSERT_TRUE((*database)->add_token({token.id, "alice", hex_encode(as_text(token.secret_hash)), "", "", "", kNow, {}, {}, {}}));
  ASSERT_TRUE(authenticator_->refresh(kNow));
  const std::string field = "Bearer " + std::string(token.text.reveal());
  const auto before = ask(field);
  ASSERT_TRUE(before.principal);
  set_users(users_.substr(0, users_.size() - 1) + ";disabled=1\n");
  EXPECT_EQ(ask(field).refusal.reason, "user-disabled");
  EXPECT_FALSE(authenticator_->still_valid(*before.principal, kNow));
}

TEST_F(AuthenticatorTest, TokensAreKnownAfterARefreshAndGoneAfterRevocation) {
  auto database = store::StateDatabase::open(directory_ / "state.db");
  ASSERT_TRUE(database);
  const FreshToken token = make_token();
  store::TokenRow row{token.id, "ci", hex_encode(as_text(token.secret_hash)), "", "team/*", "viewer", kNow, kNow + std::chrono::hours(1), {}, {}};
  ASSERT_TRUE((*database)->add_token(row));
  const std::string field = "Bearer " + std::string(token.text.reveal());
  EXPECT_TRUE(ask(field).unknown_token);
  ASSERT_TRUE(authenticator_->refresh(kNow));
  const auto known = ask(field);
  ASSERT_TRUE(known.principal);
  EXPECT_EQ(known.principal->scope->role, "viewer");
  EXPECT_TRUE(authenticator_->still_valid(*known.principal, kNow));
  EXPECT_FALSE(authenticator_->still_valid(*known.principal, kNow + std::chrono::hours(2)));
  std::string changed = field;
  changed[20] = changed[20] == 'a' ? 'b' : 'a';
  EXPECT_EQ(ask(changed).refusal.reason, "malformed-token");
  ASSERT_TRUE(*(*database)->revoke_token(token.id, kNow));
  ASSERT_TRUE(authenticator_->refresh(kNow));
  EXPECT_EQ(ask(field).refusal.reason, "token-revoked");
  EXPECT_FALSE(authenticator_->still_valid(*known.principal, kNow));
}

TEST(Throttle, OneAddressCannotLockAUserOutElsewhere) {
  Throttle throttle({});
  const auto now = Throttle::Clock::now();
  const IpAddress attacker = *IpAddress::parse("198.51.100.7");
  const IpAddress home = *IpAddress::parse("192.0.2.1");
  throttle.succeeded("alice", home, now);
  for (int i = 0; i < 500; ++i) throttle.failed("alice", attacker, now);
  EXPECT_TRUE(throttle.wait("alice", attacker, now));
  EXPECT_FALSE(throttle.wait("alice", home, now));
  const auto stranger = throttle.wait("alice", *IpAddress::parse("203.0.113.1"), now);
  EXPECT_LE(stranger.value_or(std::chrono::seconds(0)).count(), 2);
}

TEST(Throttle, WaitsLongerWithEachFailureAndForgets) {
  Throttle throttle({});
  const auto now = Throttle::Clock::now();
  const IpAddress from = *IpAddress::parse("192.0.2.1");
  for (int i = 0; i < 4; ++i) throttle.failed("alice", from, now);
  EXPECT_FALSE(throttle.wait("alice", from, now));
  throttle.failed("alice", from, now);
  EXPECT_EQ(throttle.wait("alice", from, now), std::chrono::seconds(2));
  throttle.failed("alice", from, now);
  EXPECT_EQ(throttle.wait("alice", from, now), std::chrono::seconds(4));
  EXPECT_FALSE(throttle.wait("alice", from, now + std::chrono::hours(2)));
}

TEST(Session, OpensOnlyWhatItSealed) {
  const Session session{"alice", fresh_session_id(), kNow, kNow};
  const std::string sealed = seal_session(session, "gate.example", kKey);
  EXPECT_EQ(open_session(sealed, "GATE.example", {kKey}, {}, kNow).problem, SessionProblem::kNone);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(open_session(changed, "gate.example", {kKey}, {}, kNow).problem, SessionProblem::kNone) << i;
  }
  EXPECT_EQ(open_session(sealed, "gate.example", {{1, Secret("another key, another key, another")}}, {}, kNow).problem, SessionProblem::kForged);
  EXPECT_NE(form_token(session, kKey), sealed.substr(sealed.rfind('.') + 1));
}

TEST(PasswordHash, KnowsKindsAndRefusesTheCostly) {
  EXPECT_EQ(kind_of_hash("$2y$10$abcdefghijklmnopqrstuv"), HashKind::kBcrypt);
  EXPECT_EQ(kind_of_hash("{SHA}x"), HashKind::kSha1);
  EXPECT_FALSE(is_strong(HashKind::kMd5));
  EXPECT_NE(cost_problem("$2b$20$" + std::string(53, 'a')), "");
  EXPECT_NE(cost_problem("$6$rounds=900000000$salt$x"), "");
  EXPECT_EQ(cost_problem("$2b$10$" + std::string(53, 'a')), "");
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

TEST(UserFile, SaysWhichLineIsWrong) {
  const auto table = parse_user_file("# people\nalice:$2y$10$" + std::string(53, 'a') + "\nbob\n", "users", {});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().at()->line, 3U);
  EXPECT_FALSE(parse_user_file("a:$1$x$y\n", "users", {}));
  EXPECT_TRUE(parse_user_file("a:$1$x$y\n", "users", {HashKind::kMd5}));
  EXPECT_FALSE(parse_user_file("a:{SHA}x\n", "users", {HashKind::kSha1}));
  const std::string twice = "a:$2y$10$" + std::string(53, 'a') + "\n";
  EXPECT_FALSE(parse_user_file(twice + twice, "users", {}));
}

TEST(UserFileEditor, LeavesEveryOtherByteAsItWas) {
  raykeep::testing::TempDirectory directory;
  const std::string path = directory / "users";
  const std::string hash = "$2y$10$" + std::string(53, 'a');
  const std::string before = "# people\r\nalice:" + hash + "\r\n\nbob:" + hash + ":groups=ml";
  ASSERT_TRUE(write_file(path, before));
  auto editor = UserFileEditor::open(path, UserFileEditor::Missing::kError);
  ASSERT_TRUE(editor) << editor.error().text();
  User alice = *editor->find("alice");
  alice.disabled = true;
  ASSERT_TRUE(editor->replace(alice));
  EXPECT_EQ(*read_file(path, 10000), "# people\r\nalice:" + hash + ":disabled=1\r\n\nbob:" + hash + ":groups=ml");
  ASSERT_TRUE(editor->remove("alice"));
  EXPECT_EQ(*read_file(path, 10000), "# people\r\n\nbob:" + hash + ":groups=ml");
  EXPECT_FALSE(editor->remove("nobody"));
}

}  // namespace
}  // namespace raykeep::identity
