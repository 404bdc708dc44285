// SPDX-License-Identifier: Apache-2.0
// Who is calling: from a credential to a principal, or the reason why not. Safe from any thread. What takes a password
// hash or the disk is apart, for the pool.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ip_network.h"
#include "core/result.h"
#include "core/snapshot.h"
#include "identity/credentials.h"
#include "identity/principal.h"
#include "identity/roster.h"
#include "identity/session.h"
#include "identity/throttle.h"
#include "identity/user_file.h"
#include "identity/verified_cache.h"
#include "store/state_database.h"

namespace raykeep::identity {

struct AuthenticatorSettings {
  SessionLifetime sessions;
  ThrottleSettings throttle;
  std::chrono::seconds verified_lifetime{300};
  std::size_t verified_most = 100000;
  std::optional<std::chrono::seconds> password_max_age;
  std::chrono::seconds password_warn_before{std::chrono::days(14)};
};

struct Origin {
  IpAddress address;
  std::string_view host;  // sessions are bound to it
  bool tls = false;
};

struct Times {
  Time wall;
  std::chrono::steady_clock::time_point steady;
};

struct AuthRefusal {
  int status = 401;
  std::string_view reason;   // "bad-credential", "token-expired", ...; the same for an unknown user and a wrong password
  std::string_view message;  // for the client, who learns little
  std::optional<std::chrono::seconds> retry_after;
};

// A password that has to be hashed to be checked.
struct PasswordCheck {
  PasswordCheck(std::string u, Secret p) : user(std::move(u)), password(std::move(p)) {}
  std::string user;
  Secret password;
};

struct AuthOutcome {
  std::shared_ptr<const Principal> principal;  // accepted
  std::optional<PasswordCheck> check;          // to be run on the pool
  AuthRefusal refusal;                         // when neither
  bool unknown_token = false;                  // well-formed; refresh_if_stale may make it known
  std::string claimed_user;
  std::string set_cookie;                      // value of a Set-Cookie field; empty for none
};

class Authenticator {
 public:
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  static Result<std::unique_ptr<Authenticator>> open(const AuthenticatorSettings& settings, const std::string& state_database);

  AuthOutcome authenticate(const Presented& presented, const Origin& origin, const Times& now);
  // Takes as long as a password hash.
  AuthOutcome check_password(const PasswordCheck& check, const Origin& origin, const Times& now);
  // The same, and a session for the browser.
  AuthOutcome log_in(const PasswordCheck& check, const Origin& origin, const Times& now);
  // Waits for the disk. Gives the Set-Cookie value that removes the cookie.
  Result<std::string> log_out(const Presented& presented, const Origin& origin, const Times& now);

  std::string form_token(const Presented& presented, const Origin& origin, const Times& now) const;

  // For streams that outlive their request.
  bool still_valid(const Principal& principal, Time now) const;
  std::shared_ptr<const Principal> current(const Principal& principal, Time now) const;
  // Another pointer whenever users, groups, tokens or revocations have changed.
  std::shared_ptr<const void> generation() const { return known_.get(); }

  void set_users(std::shared_ptr<const UserTable> users);
  void set_groups(const Roster::Groups& members_of_group);
  // Takes over lifetimes of sessions and the age of passwords. Throttle and cache stay as they were opened.
  void set_settings(const AuthenticatorSettings& settings);
  // Takes over what other processes changed; writes token uses, once a minute. Waits for the disk; call about once a second.
  Result<void> refresh(Time now);
  // The same, unless that was done a moment ago: what a flood of unknown tokens can cause is bounded. True when it looked.
  bool refresh_if_stale(const Times& now);

 private:
  struct Token {
    std::string secret_hash;  // 32 bytes
    std::shared_ptr<const Principal> principal;
    std::string_view refused;  // the reason; empty when it is good, apart from its end
    // Milliseconds since the epoch; shared by all versions of what is known, so that noting a use takes no lock.
    std::shared_ptr<std::atomic<std::int64_t>> last_use;
  };
  // Everything that is known, at one moment.
  struct Known {
    AuthenticatorSettings settings;
    std::shared_ptr<const Roster> roster;
    std::vector<store::TokenRow> token_rows;
    std::map<std::string, Token, std::less<>> tokens;
    std::vector<SessionKey> session_keys;  // newest first; never empty
    std::set<std::string, std::less<>> revoked_sessions;
    std::map<std::string, Time, std::less<>> not_before;
  };

  Authenticator(const AuthenticatorSettings& settings, std::unique_ptr<store::StateDatabase> database);
  AuthOutcome by_token(const TokenCredential& credential, Time now) const;
  AuthOutcome by_session(const SessionCredential& credential, const Origin& origin, Time now) const;
  AuthOutcome by_password(PasswordCredential credential, const Origin& origin, const Times& now);
  static std::optional<Session> session_of(const Known& known, const Presented& presented, const Origin& origin, Time now);
  // Null for a person who is unknown or disabled.
  static bool session_holds(const Known& known, const Person* person, std::string_view id, std::string_view mark, Time issued);
  // The outcome for a password that was found right a moment ago; nothing when it has to be hashed.
  std::optional<AuthOutcome> remembered(const Known& known, std::string_view user, std::string_view password, const Times& now);
  void publish(Known known);
  Result<void> load(Known& known, Time now);
  Result<void> write_uses(const Known& known);

  std::unique_ptr<store::StateDatabase> database_;
  Throttle throttle_;
  VerifiedCache verified_;
  Snapshot<Known> known_;
  std::mutex change_mutex_;  // of writers of known_, and of what follows
  std::int64_t seen_change_ = 0;
  std::atomic<std::int64_t> last_refresh_{0};  // steady milliseconds
  Time rotate_keys_at_{};
  Time write_uses_at_{};
  std::map<std::string, std::int64_t> written_uses_;  // token id -> the last use that is in the database
};

}  // namespace raykeep::identity
