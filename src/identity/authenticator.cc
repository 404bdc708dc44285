// SPDX-License-Identifier: Apache-2.0
#include "identity/authenticator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/crypto.h"
#include "core/encoding.h"
#include "identity/api_token.h"

namespace raykeep::identity {
namespace {

constexpr std::chrono::hours kRotateKeysAfter{24 * 7};
constexpr std::chrono::minutes kRenewSessionAfter{1};
constexpr std::string_view kNoCredentialText = "Sign in first: send a user name and password, or an API token made by 'raykeep token create'.";
constexpr std::string_view kWrongText = "The user name or password is wrong.";
constexpr std::string_view kTokenText = "This API token is not valid; 'raykeep token list' shows which are.";
constexpr std::string_view kSessionText = "Your session has ended; sign in again.";

AuthOutcome refused(AuthRefusal refusal, std::string claimed_user = {}) {
  AuthOutcome out;
  out.refusal = refusal;
  out.claimed_user = std::move(claimed_user);
  return out;
}

std::string cookie_field(const Origin& origin, std::string_view value, std::chrono::seconds age) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", session_cookie_name(origin.tls), value, age.count(),
                     origin.tls ? "; Secure" : "");
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

}  // namespace

Authenticator::Authenticator(const AuthenticatorSettings& settings, std::unique_ptr<store::StateDatabase> database)
    : settings_(settings),
      database_(std::move(database)),
      throttle_(settings.throttle),
      verified_(settings.verified_lifetime, settings.verified_most),
      known_(std::make_shared<const Known>()) {}

Result<std::unique_ptr<Authenticator>> Authenticator::open(const AuthenticatorSettings& settings, const std::string& state_database) {
  RK_TRY(auto database, store::StateDatabase::open(state_database));
  std::unique_ptr<Authenticator> out(new Authenticator(settings, std::move(database)));
  Known known;
  known.users = std::make_shared<const UserTable>();
  RK_TRY_VOID(out->load(known, std::chrono::system_clock::now()));
  out->publish(std::move(known));
  return out;
}

std::vector<std::string> Authenticator::groups_of(const Known& known, const std::string& user) {
  std::vector<std::string> out;
  if (const User* found = known.users->find(user)) out = found->groups;
  const auto configured = known.groups_of_user.find(user);
  if (configured == known.groups_of_user.end()) return out;
  for (const std::string& group : configured->second) {
    if (std::find(out.begin(), out.end(), group) == out.end()) out.push_back(group);
  }
  return out;
}

// Tokens carry their principal ready made, since most requests of programs come with one.
void Authenticator::publish(Known known) {
  const auto before = std::exchange(known.tokens, {});
  for (const store::TokenRow& row : known.token_rows) {
    auto principal = std::make_shared<Principal>();
    principal->name = row.user;
    principal->groups = groups_of(known, row.user);
    principal->method = AuthMethod::kToken;
    principal->credential_id = row.id;
    if (!row.clusters.empty() || !row.role.empty()) principal->scope = TokenScope{split_list(row.clusters), row.role};
    const User* user = known.users->find(row.user);
    const bool revoked = row.revoked.has_value() || (user != nullptr && user->disabled);
    const auto existing = before.find(row.id);
    auto last_use = existing == before.end() ? std::make_shared<std::atomic<std::int64_t>>(0) : existing->second.last_use;
    std::string secret_hash = hex_decode(row.secret_hash).value_or(std::string());
    known.tokens.emplace(row.id, Token{std::move(secret_hash), std::move(principal), row.expires, revoked, std::move(last_use)});
  }
  known_.set(std::make_shared<const Known>(std::move(known)));
}

Result<void> Authenticator::load(Known& known, Time now) {
  // Read before the rest: a change that comes between is then seen the next time.
  RK_TRY(seen_change_, database_->change_counter());
  const auto keep_for = std::chrono::ceil<std::chrono::hours>(settings_.sessions.absolute) + kRotateKeysAfter;
  RK_TRY(auto keys, database_->session_keys(now, kRotateKeysAfter, keep_for));
  RK_TRY(known.token_rows, database_->tokens());
  RK_TRY(auto revoked, database_->revoked_sessions());
  RK_TRY(auto marks, database_->users_not_before());
  known.session_keys.clear();
  for (auto& row : keys) known.session_keys.push_back({row.number, std::move(row.key)});
  known.revoked_sessions.clear();
  for (auto& session : revoked) known.revoked_sessions.insert(std::move(session.id));
  known.not_before.clear();
  for (auto& mark : marks) known.not_before.emplace(std::move(mark.user), mark.not_before);
  return {};
}

Result<void> Authenticator::refresh(Time now) {
  for (const auto& [id, token] : known_.get()->tokens) {
    const std::int64_t used = token.last_use->exchange(0, std::memory_order_relaxed);
    if (used != 0) RK_TRY_VOID(database_->note_token_use(id, Time(std::chrono::milliseconds(used))));
  }
  RK_TRY(const std::int64_t change, database_->change_counter());
  const std::lock_guard lock(change_mutex_);
  if (change == seen_change_) return {};
  Known known = *known_.get();
  RK_TRY_VOID(load(known, now));
  publish(std::move(known));
  return database_->forget_revoked_before(now);
}

bool Authenticator::refresh_if_stale(const Times& now) {
  constexpr std::int64_t kOftenEnough = 200;
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(now.steady.time_since_epoch()).count();
  std::int64_t last = last_refresh_.load(std::memory_order_relaxed);
  if (at - last < kOftenEnough || !last_refresh_.compare_exchange_strong(last, at)) return false;
  return refresh(now.wall).has_value();
}

void Authenticator::set_users(std::shared_ptr<const UserTable> users) {
  const std::lock_guard lock(change_mutex_);
  Known known = *known_.get();
  known.users = std::move(users);
  publish(std::move(known));
  verified_.forget_all();
}

void Authenticator::set_groups(const std::map<std::string, std::vector<std::string>>& members_of_group) {
  const std::lock_guard lock(change_mutex_);
  Known known = *known_.get();
  known.groups_of_user.clear();
  for (const auto& [group, members] : members_of_group) {
    for (const std::string& member : members) known.groups_of_user[member].push_back(group);
  }
  publish(std::move(known));
  verified_.forget_all();
}

AuthOutcome Authenticator::authenticate(const Presented& presented, const Origin& origin, const Times& now) {
  Credential credential = read_credential(presented, origin.tls);
  if (const auto* bad = std::get_if<BadCredential>(&credential)) {
    return refused({bad->status, bad->reason, bad->status == 400 ? "More than one credential was sent." : "The credential cannot be read.", {}});
  }
  if (const auto* token = std::get_if<TokenCredential>(&credential)) return by_token(*token, now.wall);
  if (const auto* session = std::get_if<SessionCredential>(&credential)) return by_session(*session, origin, now.wall);
  if (auto* password = std::get_if<PasswordCredential>(&credential)) return by_password(std::move(*password), origin, now);
  return refused({401, "no-credential", kNoCredentialText, {}});
}

bool Authenticator::is_disabled(const Known& known, const std::string& user) {
  const User* found = known.users->find(user);
  return found != nullptr && found->disabled;
}

AuthOutcome Authenticator::by_token(const TokenCredential& credential, Time now) {
  const auto parsed = parse_token(credential.text);
  if (!parsed) return refused({401, "malformed-token", kTokenText, {}});
  const auto known = known_.get();
  const auto found = known->tokens.find(parsed->id);
  const bool right = found != known->tokens.end() && constant_time_equal(as_text(parsed->secret_hash), found->second.secret_hash);
  if (!right) {
    AuthOutcome out = refused({401, checksum_fits(credential.text) ? "unknown-token" : "malformed-token", kTokenText, {}});
    out.unknown_token = out.refusal.reason == "unknown-token";
    return out;
  }
  const Token& token = found->second;
  // A token's user may be without a password, but not one who was shut out.
  if (is_disabled(*known, token.principal->name)) return refused({401, "user-disabled", kTokenText, {}}, token.principal->name);
  if (token.revoked) return refused({401, "token-revoked", kTokenText, {}}, token.principal->name);
  if (token.expires && now >= *token.expires) return refused({401, "token-expired", "This API token has expired.", {}}, token.principal->name);
  const auto used = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  token.last_use->store(used, std::memory_order_relaxed);
  AuthOutcome out;
  out.principal = token.principal;
  return out;
}

bool Authenticator::session_holds(const Known& known, const std::string& user, const std::string& id, Time issued) const {
  if (known.revoked_sessions.contains(id)) return false;
  const auto mark = known.not_before.find(user);
  if (mark != known.not_before.end() && issued < mark->second) return false;
  const User* found = known.users->find(user);
  if (found == nullptr || found->disabled) return false;
  return !found->changed || issued >= *found->changed;
}

AuthOutcome Authenticator::by_session(const SessionCredential& credential, const Origin& origin, Time now) const {
  const auto known = known_.get();
  OpenedSession opened = open_session(credential.cookie, origin.host, known->session_keys, settings_.sessions, now);
  if (opened.problem == SessionProblem::kForged) return refused({401, "session-forged", kSessionText, {}});
  Session& session = opened.session;
  if (opened.problem == SessionProblem::kExpired) return refused({401, "session-expired", kSessionText, {}}, session.user);
  if (!session_holds(*known, session.user, session.id, session.issued)) return refused({401, "session-revoked", kSessionText, {}}, session.user);
  auto principal = std::make_shared<Principal>();
  principal->name = session.user;
  principal->groups = groups_of(*known, session.user);
  principal->method = AuthMethod::kSession;
  principal->credential_id = session.id;
  principal->signed_in = session.issued;
  AuthOutcome out;
  if (const auto problem = age_problem(*known->users->find(session.user), now, principal->notice)) return refused(*problem, session.user);
  out.principal = std::move(principal);
  if (now - session.renewed > kRenewSessionAfter) {
    session.renewed = now;
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(session.issued + settings_.sessions.absolute - now);
    out.set_cookie = cookie_field(origin, seal_session(session, origin.host, known->session_keys.front()), left);
  }
  return out;
}

std::optional<AuthRefusal> Authenticator::age_problem(const User& user, Time now, std::string& notice) const {
  if (!settings_.password_max_age || !user.changed) return std::nullopt;
  const Time end = *user.changed + *settings_.password_max_age;
  if (now >= end) return AuthRefusal{401, "password-expired", "This password has expired; have it set anew (raykeep passwd set).", {}};
  if (end - now < settings_.password_warn_before) {
    notice = fmt::format("Your password expires on {}; have it set anew before.", format_time(end).substr(0, 10));
  }
  return std::nullopt;
}

AuthOutcome Authenticator::by_password(PasswordCredential credential, const Origin& origin, const Times& now) {
  const auto known = known_.get();
  if (const User* user = known->users->find(credential.user)) {
    const Digest key = verified_.key(user->name, credential.password.reveal(), user->hash);
    if (auto principal = verified_.find(key, now.steady)) {
      AuthOutcome out;
      out.principal = std::move(principal);
      return out;
    }
  }
  if (const auto wait = throttle_.wait(credential.user, origin.address, now.steady)) {
    return refused({429, "slow-down", "Too many failed sign-ins; wait before the next.", wait}, credential.user);
  }
  AuthOutcome out;
  out.claimed_user = credential.user;
  out.check.emplace(std::move(credential.user), std::move(credential.password));
  return out;
}

AuthOutcome Authenticator::check_password(const PasswordCheck& check, const Origin& origin, const Times& now) {
  const auto known = known_.get();
  if (const auto wait = throttle_.wait(check.user, origin.address, now.steady)) {
    return refused({429, "slow-down", "Too many failed sign-ins; wait before the next.", wait}, check.user);
  }
  const User* user = known->users->find(check.user);
  const bool right = verify_password(check.password.reveal(), user == nullptr ? known->users->decoy() : user->hash);
  if (!right || user == nullptr) {
    throttle_.failed(check.user, origin.address, now.steady);
    return refused({401, user == nullptr ? "unknown-user" : "wrong-password", kWrongText, {}}, check.user);
  }
  throttle_.succeeded(check.user, origin.address, now.steady);
  if (user->disabled) return refused({401, "user-disabled", kWrongText, {}}, check.user);
  auto principal = std::make_shared<Principal>();
  principal->name = user->name;
  principal->groups = groups_of(*known, user->name);
  if (const auto problem = age_problem(*user, now.wall, principal->notice)) return refused(*problem, check.user);
  AuthOutcome out;
  out.principal = principal;
  // Under the mutex that set_users and set_groups hold: what they forgot must not be remembered again from before.
  const std::lock_guard lock(change_mutex_);
  if (known_.get()->users == known->users) {
    verified_.remember(verified_.key(user->name, check.password.reveal(), user->hash), std::move(principal), now.steady);
  }
  return out;
}

AuthOutcome Authenticator::log_in(const PasswordCheck& check, const Origin& origin, const Times& now) {
  AuthOutcome out = check_password(check, origin, now);
  if (!out.principal) return out;
  const Session session{out.principal->name, fresh_session_id(), now.wall, now.wall};
  const auto known = known_.get();
  out.set_cookie = cookie_field(origin, seal_session(session, origin.host, known->session_keys.front()), settings_.sessions.absolute);
  return out;
}

Result<std::string> Authenticator::log_out(const Presented& presented, const Origin& origin, const Times& now) {
  const Credential credential = read_credential(presented, origin.tls);
  const auto* cookie = std::get_if<SessionCredential>(&credential);
  const std::string removal = cookie_field(origin, "", std::chrono::seconds{0});
  if (cookie == nullptr) return removal;
  const auto opened = open_session(cookie->cookie, origin.host, known_.get()->session_keys, settings_.sessions, now.wall);
  if (opened.problem != SessionProblem::kNone) return removal;
  RK_TRY_VOID(database_->revoke_session({opened.session.id, opened.session.issued + settings_.sessions.absolute}));
  RK_TRY_VOID(refresh(now.wall));
  return removal;
}

std::string Authenticator::form_token(const Presented& presented, const Origin& origin, const Times& now) const {
  const Credential credential = read_credential(presented, origin.tls);
  const auto* cookie = std::get_if<SessionCredential>(&credential);
  const auto known = known_.get();
  if (cookie == nullptr) return {};
  const auto opened = open_session(cookie->cookie, origin.host, known->session_keys, settings_.sessions, now.wall);
  if (opened.problem != SessionProblem::kNone) return {};
  // The oldest key lives as long as any session, so a rotation does not void a page that is open.
  return identity::form_token(opened.session, known->session_keys.back());
}

bool Authenticator::still_valid(const Principal& principal, Time now) const { return current(principal, now) != nullptr; }

std::shared_ptr<const Principal> Authenticator::current(const Principal& principal, Time now) const {
  const auto known = known_.get();
  if (principal.method == AuthMethod::kToken) {
    const auto found = known->tokens.find(principal.credential_id);
    const bool good = found != known->tokens.end() && !found->second.revoked && (!found->second.expires || now < *found->second.expires) &&
                      !is_disabled(*known, principal.name);
    return good ? found->second.principal : nullptr;
  }
  const User* user = known->users->find(principal.name);
  if (user == nullptr || user->disabled) return nullptr;
  if (principal.method == AuthMethod::kSession && !session_holds(*known, principal.name, principal.credential_id, principal.signed_in)) return nullptr;
  auto out = std::make_shared<Principal>(principal);
  out->groups = groups_of(*known, principal.name);
  return out;
}

}  // namespace raykeep::identity
