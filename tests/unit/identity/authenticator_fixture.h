// SPDX-License-Identifier: Apache-2.0
// An authenticator with one user, for tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/encoding.h"
#include "core/file.h"
#include "identity/api_token.h"
#include "identity/authenticator.h"
#include "support/temp_directory.h"

namespace raykeep::identity {

inline const Time kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

inline std::string basic(const std::string& user, const std::string& password) { return "Basic " + base64_encode(user + ":" + password); }

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

  AuthOutcome check(const std::string& user, const std::string& password) {
    return authenticator_->check_password({user, Secret(password)}, origin_, now_);
  }
  // As another process does. Gives the Authorization field.
  std::string add_token(const std::string& user, const std::string& role) {
    auto database = store::StateDatabase::open(directory_ / "state.db");
    const FreshToken token = make_token();
    store::TokenRow row;
    row.id = token.id;
    row.user = user;
    row.secret_hash = hex_encode(as_text(token.secret_hash));
    row.role = role;
    row.created = kNow;
    row.expires = kNow + std::chrono::hours(1);
    EXPECT_TRUE(database && (*database)->add_token(row));
    return "Bearer " + std::string(token.text.reveal());
  }

  raykeep::testing::TempDirectory directory_;
  std::string users_;
  std::unique_ptr<Authenticator> authenticator_;
  Origin origin_{*IpAddress::parse("192.0.2.1"), "gate.example", true};
  Times now_{kNow, std::chrono::steady_clock::now()};
};

inline std::string cookie_of(const AuthOutcome& outcome) { return outcome.set_cookie.substr(0, outcome.set_cookie.find(';')); }

}  // namespace raykeep::identity
