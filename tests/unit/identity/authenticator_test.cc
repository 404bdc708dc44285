// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "unit/identity/authenticator_fixture.h"

namespace raykeep::identity {
namespace {

TEST_F(AuthenticatorTest, HashesOnceThenRemembers) {
  auto first = ask(basic("alice", "Right-pass-1"));
  ASSERT_TRUE(first.check);
  const auto checked = authenticator_->check_password(*first.check, origin_, now_);
  ASSERT_TRUE(checked.principal);
  EXPECT_EQ(checked.principal->groups, (std::vector<std::string>{"ml", "ops"}));
  EXPECT_TRUE(ask(basic("alice", "Right-pass-1")).principal);
  EXPECT_FALSE(ask(basic("alice", "Wrong-pass-1")).principal);
}

TEST_F(AuthenticatorTest, AReloadThatTouchesNobodyLeavesVerifiedPasswordsVerified) {
  ASSERT_TRUE(check("alice", "Right-pass-1").principal);
  set_users(users_);
  EXPECT_TRUE(ask(basic("alice", "Right-pass-1")).principal);
}

TEST_F(AuthenticatorTest, ForgetsAVerifiedPasswordWithAnyChangeOfItsUser) {
  const auto another = hash_password("Right-pass-1", {HashKind::kBcrypt, 4});
  const std::string line = users_.substr(0, users_.find(":groups"));
  for (const std::string& changed : {line + ":groups=ml,extra\n", "alice:" + *another + ":groups=ml\n", line + ":groups=ml;disabled=1\n"}) {
    set_users(users_);
    ASSERT_TRUE(check("alice", "Right-pass-1").principal);
    ASSERT_TRUE(ask(basic("alice", "Right-pass-1")).principal);
    set_users(changed);
    EXPECT_FALSE(ask(basic("alice", "Right-pass-1")).principal) << changed;
  }
}

TEST_F(AuthenticatorTest, ForgetsAVerifiedPasswordWithTheGroupsOfTheConfiguration) {
  ASSERT_TRUE(check("alice", "Right-pass-1").principal);
  authenticator_->set_groups({});
  EXPECT_FALSE(ask(basic("alice", "Right-pass-1")).principal);
}

TEST_F(AuthenticatorTest, AVerifiedPasswordExpiresAllTheSame) {
  AuthenticatorSettings settings;
  settings.password_max_age = std::chrono::days(90);
  authenticator_->set_settings(settings);
  set_users(users_.substr(0, users_.size() - 1) + ";changed=" + format_time(kNow) + "\n");
  now_.wall = kNow + std::chrono::days(89);
  const auto near = check("alice", "Right-pass-1");
  ASSERT_TRUE(near.principal);
  EXPECT_NE(near.principal->notice, "");
  now_.wall = kNow + std::chrono::days(90);
  EXPECT_EQ(ask(basic("alice", "Right-pass-1")).refusal.reason, "password-expired");
  EXPECT_EQ(check("alice", "Right-pass-1").refusal.reason, "password-expired");
}

// The reason goes to the client in X-Raykeep-Reason.
TEST_F(AuthenticatorTest, SaysTheSameOfUnknownUsersAndWrongPasswords) {
  const std::string hash = users_.substr(6, users_.find(":groups") - 6);
  set_users(users_ + "gone:" + hash + ":disabled=1\nprogram:!\n");
  const auto wrong = check("alice", "x");
  for (const auto& [user, password] : {std::pair{"nobody", "x"}, {"gone", "x"}, {"gone", "Right-pass-1"}, {"program", "!"}, {"program", ""}}) {
    const auto other = check(user, password);
    EXPECT_FALSE(other.principal) << user;
    EXPECT_EQ(other.refusal.message, wrong.refusal.message) << user;
    EXPECT_EQ(other.refusal.status, wrong.refusal.status) << user;
    EXPECT_EQ(other.refusal.reason, wrong.refusal.reason) << user;
  }
}

TEST_F(AuthenticatorTest, ANameThatIsNoneIsNotKept) {
  const auto out = check(std::string(8000, 'x') + "\n", "x");
  EXPECT_EQ(out.refusal.status, 401);
  EXPECT_EQ(out.claimed_user, "");
}

TEST_F(AuthenticatorTest, WaitsAfterFailuresEvenForTheRightPassword) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(check("alice", "Wrong-pass-1").refusal.status, 401);
  const auto refused = ask(basic("alice", "Right-pass-1"));
  EXPECT_EQ(refused.refusal.status, 429);
  EXPECT_GE(refused.refusal.retry_after.value_or(std::chrono::seconds{0}).count(), 1);
  EXPECT_FALSE(refused.check);
  EXPECT_EQ(check("alice", "Right-pass-1").refusal.status, 429) << "also when many were let through at the same time";
  now_.steady += std::chrono::seconds{3};
  EXPECT_TRUE(check("alice", "Right-pass-1").principal);
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

TEST_F(AuthenticatorTest, ASessionThatIsUsedIsRenewedOnceAMinute) {
  const std::string cookie = cookie_of(sign_in("Right-pass-1"));
  now_.wall += std::chrono::seconds(30);
  EXPECT_EQ(with_cookie(cookie, origin_).set_cookie, "");
  now_.wall += std::chrono::minutes(50);
  const std::string renewed = cookie_of(with_cookie(cookie, origin_));
  ASSERT_NE(renewed, "");
  now_.wall += std::chrono::minutes(50);
  EXPECT_TRUE(with_cookie(renewed, origin_).principal);
  EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-expired") << "the old cookie has idled";
}

TEST_F(AuthenticatorTest, RenewalDoesNotReachBeyondTheAbsoluteEnd) {
  AuthenticatorSettings settings;
  settings.sessions = {std::chrono::hours(1), std::chrono::hours(2)};
  authenticator_->set_settings(settings);
  std::string cookie = cookie_of(sign_in("Right-pass-1"));
  for (int i = 0; i < 2; ++i) {
    now_.wall += std::chrono::minutes(55);
    cookie = cookie_of(with_cookie(cookie, origin_));
    ASSERT_NE(cookie, "");
  }
  now_.wall = kNow + std::chrono::hours(2) + std::chrono::seconds(1);
  EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-expired");
}

TEST_F(AuthenticatorTest, ASessionShorterThanAMinuteIsStillRenewedInTime) {
  AuthenticatorSettings settings;
  settings.sessions = {std::chrono::seconds(20), std::chrono::hours(2)};
  authenticator_->set_settings(settings);
  const std::string cookie = cookie_of(sign_in("Right-pass-1"));
  now_.wall += std::chrono::seconds(10);
  EXPECT_NE(with_cookie(cookie, origin_).set_cookie, "");
}

TEST_F(AuthenticatorTest, SessionsEndWithTheirUserPasswordOrSignOut) {
  const std::string cookie = cookie_of(sign_in("Right-pass-1"));
  const auto principal = with_cookie(cookie, origin_).principal;
  const auto same_again = hash_password("Right-pass-1", {HashKind::kBcrypt, 4});
  for (const std::string& changed : {"bob:" + users_.substr(6), "alice:" + *same_again + "\n", users_.substr(0, users_.size() - 1) + ";disabled=1\n"}) {
    set_users(changed);
    EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-revoked") << changed;
    EXPECT_FALSE(authenticator_->still_valid(*principal, now_.wall)) << changed;
  }
  set_users(users_);
  ASSERT_TRUE(with_cookie(cookie, origin_).principal);
  ASSERT_TRUE(authenticator_->log_out({{}, 0, {}, 0, cookie, 1}, origin_, now_));
  EXPECT_EQ(with_cookie(cookie, origin_).refusal.reason, "session-revoked");
  EXPECT_FALSE(authenticator_->still_valid(*principal, now_.wall));
}

TEST_F(AuthenticatorTest, RevokingAUsersSessionsSparesThoseBegunLater) {
  const std::string before = cookie_of(sign_in("Right-pass-1"));
  const auto old_stream = with_cookie(before, origin_).principal;
  auto database = store::StateDatabase::open(directory_ / "state.db");
  ASSERT_TRUE((*database)->revoke_sessions_of({"alice", kNow + std::chrono::seconds(10)}));
  ASSERT_TRUE(authenticator_->refresh(kNow));
  now_.wall += std::chrono::seconds(20);
  EXPECT_EQ(with_cookie(before, origin_).refusal.reason, "session-revoked");
  EXPECT_FALSE(authenticator_->still_valid(*old_stream, now_.wall));
  const auto after = with_cookie(cookie_of(sign_in("Right-pass-1")), origin_);
  ASSERT_TRUE(after.principal);
  EXPECT_TRUE(authenticator_->still_valid(*after.principal, now_.wall));
}

TEST_F(AuthenticatorTest, AStreamEndsWithTheAbsoluteEndOfItsSession) {
  const auto principal = with_cookie(cookie_of(sign_in("Right-pass-1")), origin_).principal;
  EXPECT_TRUE(authenticator_->still_valid(*principal, kNow + std::chrono::hours(11)));
  EXPECT_FALSE(authenticator_->still_valid(*principal, kNow + std::chrono::hours(12)));
}

TEST_F(AuthenticatorTest, AStreamOfAPasswordEndsWithThePassword) {
  const auto principal = check("alice", "Right-pass-1").principal;
  EXPECT_TRUE(authenticator_->still_valid(*principal, now_.wall));
  const auto another = hash_password("Other-pass-1", {HashKind::kBcrypt, 4});
  set_users("alice:" + *another + "\n");
  EXPECT_FALSE(authenticator_->still_valid(*principal, now_.wall));
}

TEST_F(AuthenticatorTest, FormsOfASessionFitThatSessionAlone) {
  const std::string one = cookie_of(sign_in("Right-pass-1"));
  const std::string other = cookie_of(sign_in("Right-pass-1"));
  const auto token = [&](const std::string& cookie) { return authenticator_->form_token({{}, 0, {}, 0, cookie, 1}, origin_, now_); };
  EXPECT_NE(token(one), "");
  EXPECT_EQ(token(one), token(one));
  EXPECT_NE(token(one), token(other));
  EXPECT_EQ(token("__Host-raykeep-session=forged"), "");
}

TEST_F(AuthenticatorTest, TokensAreKnownAfterARefreshAndGoneAfterRevocation) {
  const std::string field = add_token("alice", "viewer");
  EXPECT_TRUE(ask(field).unknown_token);
  ASSERT_TRUE(authenticator_->refresh(kNow));
  const auto known = ask(field);
  ASSERT_TRUE(known.principal);
  EXPECT_EQ(known.principal->scope->role, "viewer");
  EXPECT_EQ(known.principal->groups, (std::vector<std::string>{"ml", "ops"}));
  EXPECT_TRUE(authenticator_->still_valid(*known.principal, kNow));
  EXPECT_FALSE(authenticator_->still_valid(*known.principal, kNow + std::chrono::hours(2)));
  std::string changed = field;
  changed[30] = changed[30] == 'a' ? 'b' : 'a';
  EXPECT_EQ(ask(changed).refusal.reason, "malformed-token");
  auto database = store::StateDatabase::open(directory_ / "state.db");
  ASSERT_TRUE(*(*database)->revoke_token(known.principal->credential_id, kNow));
  ASSERT_TRUE(authenticator_->refresh(kNow));
  EXPECT_EQ(ask(field).refusal.reason, "token-revoked");
  EXPECT_FALSE(authenticator_->still_valid(*known.principal, kNow));
}

TEST_F(AuthenticatorTest, ADisabledUserIsOutWithTheirTokens) {
  const std::string field = add_token("alice", "");
  ASSERT_TRUE(authenticator_->refresh(kNow));
  const auto principal = ask(field).principal;
  ASSERT_TRUE(principal);
  set_users(users_.substr(0, users_.size() - 1) + ";disabled=1\n");
  EXPECT_EQ(ask(field).refusal.reason, "user-disabled");
  EXPECT_FALSE(authenticator_->still_valid(*principal, kNow));
}

TEST_F(AuthenticatorTest, ProgramsHaveTokensAndNoPassword) {
  authenticator_->set_groups({{"ops", {"ci", "bot"}}});
  set_users(users_ + "bot:!:groups=robots\n");
  const std::string unlisted = add_token("ci", "");
  const std::string listed = add_token("bot", "");
  ASSERT_TRUE(authenticator_->refresh(kNow));
  EXPECT_EQ(ask(unlisted).principal->groups, (std::vector<std::string>{"ops"}));
  EXPECT_EQ(ask(listed).principal->groups, (std::vector<std::string>{"robots", "ops"}));
}

TEST_F(AuthenticatorTest, ANewPasswordEndsWhatAnOlderSessionHoldsOpen) {
  const auto session = with_cookie(cookie_of(sign_in("Right-pass-1")), origin_);
  ASSERT_TRUE(session.principal);
  EXPECT_TRUE(authenticator_->still_valid(*session.principal, kNow));
  set_users(users_.substr(0, users_.size() - 1) + ";changed=" + format_time(kNow + std::chrono::milliseconds(1)) + "\n");
  EXPECT_FALSE(authenticator_->still_valid(*session.principal, kNow));
}

TEST_F(AuthenticatorTest, NotesTheLastUseOfATokenOnceAMinute) {
  const std::string field = add_token("alice", "");
  ASSERT_TRUE(authenticator_->refresh(kNow));
  auto database = store::StateDatabase::open(directory_ / "state.db");
  const auto last_use = [&] { return (*database)->tokens()->front().last_used; };
  ASSERT_TRUE(ask(field).principal);
  ASSERT_TRUE(authenticator_->refresh(kNow + std::chrono::seconds(30)));
  EXPECT_FALSE(last_use());
  ASSERT_TRUE(authenticator_->refresh(kNow + std::chrono::minutes(1)));
  EXPECT_EQ(last_use(), kNow);
  now_.wall += std::chrono::minutes(1);
  ASSERT_TRUE(ask(field).principal);
  authenticator_.reset();
  EXPECT_EQ(last_use(), now_.wall) << "what was not yet written is at the end";
}

TEST_F(AuthenticatorTest, SigningKeysRotateThoughNothingElseChanges) {
  const std::string cookie = cookie_of(sign_in("Right-pass-1"));
  const auto key_number = [](const std::string& c) { return c.substr(0, c.find('.')); };
  now_.wall += std::chrono::days(8);
  ASSERT_TRUE(authenticator_->refresh(now_.wall));
  EXPECT_NE(key_number(cookie_of(sign_in("Right-pass-1"))), key_number(cookie));
}

TEST_F(AuthenticatorTest, ARotationEndsNoSession) {
  now_.wall += std::chrono::days(7) - std::chrono::hours(1);
  const std::string cookie = cookie_of(sign_in("Right-pass-1"));
  now_.wall += std::chrono::minutes(50);
  const std::string renewed = cookie_of(with_cookie(cookie, origin_));
  now_.wall += std::chrono::minutes(20);
  ASSERT_TRUE(authenticator_->refresh(now_.wall));
  EXPECT_TRUE(with_cookie(renewed, origin_).principal);
}

TEST_F(AuthenticatorTest, TheGenerationChangesWithWhatIsKnownAndOnlyThen) {
  const auto before = authenticator_->generation();
  ASSERT_TRUE(ask(basic("alice", "Right-pass-1")).check);
  ASSERT_TRUE(authenticator_->refresh(kNow));
  EXPECT_EQ(authenticator_->generation(), before);
  add_token("alice", "");
  ASSERT_TRUE(authenticator_->refresh(kNow));
  EXPECT_NE(authenticator_->generation(), before);
}

TEST_F(AuthenticatorTest, ThreadsMayAskWhileUsersChange) {
  const std::string field = add_token("alice", "");
  ASSERT_TRUE(authenticator_->refresh(kNow));
  const std::string cookie = cookie_of(sign_in("Right-pass-1"));
  std::atomic<bool> done = false;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!done) {
        EXPECT_TRUE(ask(field).principal);
        EXPECT_TRUE(with_cookie(cookie, origin_).principal);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    set_users(users_);
    authenticator_->set_groups({{"ops", {"alice"}}});
    EXPECT_TRUE(authenticator_->refresh(kNow + std::chrono::minutes(i)));
  }
  done = true;
}

}  // namespace
}  // namespace raykeep::identity
