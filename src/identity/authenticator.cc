// SPDX-License-Identifier: Apache-2.0
#include "identity/authenticator.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/crypto.h"
#include "core/encoding.h"
#include "identity/api_token.h"

namespace raykeep::identity {
namespace {

constexpr std::chrono::hours kRotateKeysAfter{24 * 7};
constexpr std::chrono::minutes kRenewSessionAfter{1};
constexpr std::chrono::minutes kWriteUsesEvery{1};
constexpr std::string_view kNoCredentialText = "Sign in first: send a user name and password, or an API token made by 'raykeep token create'.";
constexpr std::string_view kWrongText = "The user name or password is wrong.";
constexpr std::string_view kSlowDownText = "Too many failed sign-ins; wait before the next.";
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

std::optional<AuthRefusal> age_problem(const AuthenticatorSettings& settings, const User& user, Time now, std::string& notice) {
  if (!settings.password_max_age || !user.changed) return std::nullopt;
  const Time end = *user.changed + *settings.password_max_age;
  if (now >= end) return AuthRefusal{401, "password-expired", "This password has expired; have it set anew (raykeep passwd set).", {}};
  if (end - now < settings.password_warn_before) {
    notice = fmt::format("Your password expires on {}; have it set anew before.", format_time(end).substr(0, 10));
  }
  return std::nullopt;
}

}  // namespace

Authenticator::Authenticator(const AuthenticatorSettings& settings, std::unique_ptr<store::StateDatabase> database)
    : database_(std::move(database)),
      throttle_(settings.throttle),
      verified_(settings.verified_lifetime, settings.verified_most),
      known_(std::make_shared<const Known>()) {}

Authenticator::~Authenticator() {
  // The last minute's uses; nobody is left to tell when they cannot be written.
  static_cast<void>(write_uses(*known_.get()));
}

Result<std::unique_ptr<Authenticator>> Authenticator::open(const AuthenticatorSettings& settings, const std::string& state_database) {
  RK_TRY(auto database, store::StateDatabase::open(state_database));
  std::unique_ptr<Authenticator> out(new Authenticator(settings, std::move(database)));
  Known known;
  known.settings = settings;
  known.roster = std::make_shared<const Roster>();
  RK_TRY_VOID(out->load(known, std::chrono::system_clock::now()));
  out->publish(std::move(known));
  return out;
}

// Tokens carry their principal ready made, since most requests of programs come with one.
void Authenticator::publish(Known known) {
  const std::map<std::string, Token, std::less<>> before = std::move(known.tokens);
  known.tokens.clear();
  for (const store::TokenRow& row : known.token_rows) {
    auto principal = std::make_shared<Principal>();
    principal->name = row.user;
    principal->groups = known.roster->groups_of(row.user);
    principal->method = AuthMethod::kToken;
    principal->credential_id = row.id;
    principal->until = row.expires;
    if (!row.clusters.empty() || !row.role.empty()) principal->scope = TokenScope{split_list(row.clusters), row.role};
    Token token{hex_decode(row.secret_hash).value_or(std::string()), std::move(principal), {}, nullptr};
    if (row.revoked) token.refused = "token-revoked";
    // A token's user may be without a line in the users file, but not one who was shut out.
    else if (known.roster->is_disabled(row.user)) token.refused = "user-disabled";
    const auto earlier = before.find(row.id);
    token.last_use = earlier != before.end() ? earlier->second.last_use : std::make_shared<std::atomic<std::int64_t>>(0);
    known.tokens.emplace(row.id, std::move(token));
  }
  known_.set(std::make_shared<const Known>(std::move(known)));
}

Result<void> Authenticator::load(Known& known, Time now) {
  const auto keep_for = std::chrono::ceil<std::chrono::hours>(known.settings.sessions.absolute) + kRotateKeysAfter;
  RK_TRY(auto keys, database_->session_keys(now, kRotateKeysAfter, keep_for));
  // Read after the keys, whose rotation moves it, and before the rest: a change that comes between is seen the next time.
  RK_TRY(const std::int64_t change, database_->change_counter());
  RK_TRY(known.token_rows, database_->tokens());
  RK_TRY(auto revoked, database_->revoked_sessions());
  RK_TRY(auto marks, database_->users_not_before());
  rotate_keys_at_ = keys.front().created + kRotateKeysAfter;
  known.session_keys.clear();
  for (auto& row : keys) known.session_keys.push_back({row.number, std::move(row.key)});
  known.revoked_sessions.clear();
  for (auto& session : revoked) known.revoked_sessions.insert(std::move(session.id));
  known.not_before.clear();
  for (auto& mark : marks) known.not_before.emplace(std::move(mark.user), mark.not_before);
  seen_change_ = change;
  return {};
}

Result<void> Authenticator::refresh(Time now) {
  const std::lock_guard lock(change_mutex_);
  RK_TRY(const std::int64_t change, database_->change_counter());
  if (change != seen_change_ || now > rotate_keys_at_) {
    Known known = *known_.get();
    RK_TRY_VOID(load(known, now));
    publish(std::move(known));
    RK_TRY_VOID(database_->forget_revoked_before(now));
  }
  if (now < write_uses_at_) return {};
  write_uses_at_ = now + kWriteUsesEvery;
  return write_uses(*known_.get());
}

bool Authenticator::refresh_if_stale(const Times& now) {
  constexpr std::int64_t kOftenEnough = 200;
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(now.steady.time_since_epoch()).count();
  std::int64_t last = last_refresh_.load(std::memory_order_relaxed);
  if (at - last < kOftenEnough || !last_refresh_.compare_exchange_strong(last, at)) return false;
  return refresh(now.wall).has_value();
}

Result<void> Authenticator::write_uses(const Known& known) {
  std::map<std::string, Time> fresh;
  std::map<std::string, std::int64_t> written;
  for (const auto& [id, token] : known.tokens) {
    const std::int64_t last = token.last_use->load(std::memory_order_relaxed);
    if (last == 0) continue;
    const auto before = written_uses_.find(id);
    if (before == written_uses_.end() || before->second != last) fresh.emplace(id, Time(std::chrono::milliseconds(last)));
    written.emplace(id, last);
  }
  RK_TRY_VOID(database_->note_token_uses(fresh));
  written_uses_ = std::move(written);
  return {};
}

void Authenticator::set_users(std::shared_ptr<const UserTable> users) {
  const std::lock_guard lock(change_mutex_);
  Known known = *known_.get();
  known.roster = std::make_shared<const Roster>(std::move(users), known.roster->groups());
  publish(std::move(known));
}

void Authenticator::set_groups(const Roster::Groups& members_of_group) {
  const std::lock_guard lock(change_mutex_);
  Known known = *known_.get();
  known.roster = std::make_shared<const Roster>(known.roster->users(), members_of_group);
  publish(std::move(known));
}

void Authenticator::set_settings(const AuthenticatorSettings& settings) {
  const std::lock_guard lock(change_mutex_);
  Known known = *known_.get();
  known.settings = settings;
  publish(std::move(known));
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

AuthOutcome Authenticator::by_token(const TokenCredential& credential, Time now) const {
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
  if (!token.refused.empty()) return refused({401, token.refused, kTokenText, {}}, token.principal->name);
  if (token.principal->until && now >= *token.principal->until) {
    return refused({401, "token-expired", "This API token has expired.", {}}, token.principal->name);
  }
  token.last_use->store(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count(), std::memory_order_relaxed);
  AuthOutcome out;
  out.principal = token.principal;
  return out;
}

bool Authenticator::session_holds(const Known& known, const Person* person, std::string_view id, std::string_view mark, Time issued) {
  if (person == nullptr || person->password_mark != mark || known.revoked_sessions.contains(id)) return false;
  if (person->user->changed && issued < *person->user->changed) return false;
  const auto not_before = known.not_before.find(person->user->name);
  return not_before == known.not_before.end() || issued >= not_before->second;
}

AuthOutcome Authenticator::by_session(const SessionCredential& credential, const Origin& origin, Time now) const {
  const auto known = known_.get();
  const SessionLifetime& lifetime = known->settings.sessions;
  OpenedSession opened = open_session(credential.cookie, origin.host, known->session_keys, lifetime, now);
  Session& session = opened.session;
  if (opened.problem == SessionProblem::kForged) return refused({401, "session-forged", kSessionText, {}});
  if (opened.problem == SessionProblem::kExpired) return refused({401, "session-expired", kSessionText, {}}, session.user);
  const Person* person = known->roster->find(session.user);
  if (!session_holds(*known, person, session.id, session.password_mark, session.issued)) {
    return refused({401, "session-revoked", kSessionText, {}}, session.user);
  }
  auto principal = std::make_shared<Principal>();
  if (const auto problem = age_problem(known->settings, *person->user, now, principal->notice)) return refused(*problem, session.user);
  principal->name = session.user;
  principal->groups = person->groups;
  principal->method = AuthMethod::kSession;
  principal->credential_id = session.id;
  principal->signed_in = session.issued;
  principal->until = session.issued + lifetime.absolute;
  principal->password_mark = session.password_mark;
  AuthOutcome out;
  out.principal = std::move(principal);
  if (now - session.renewed >= std::min<std::chrono::seconds>(kRenewSessionAfter, lifetime.idle / 4)) {
    session.renewed = now;
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(*out.principal->until - now);
    out.set_cookie = cookie_field(origin, seal_session(session, origin.host, known->session_keys.front()), left);
  }
  return out;
}

std::optional<AuthOutcome> Authenticator::remembered(const Known& known, std::string_view user, std::string_view password, const Times& now) {
  const Person* person = known.roster->find(user);
  if (person == nullptr) return std::nullopt;
  AuthOutcome out;
  out.principal = verified_.find(verified_.key(user, password, person->record), now.steady);
  if (!out.principal) return std::nullopt;
  std::string notice;
  if (const auto problem = age_problem(known.settings, *person->user, now.wall, notice)) return refused(*problem, std::string(user));
  return out;
}

AuthOutcome Authenticator::by_password(PasswordCredential credential, const Origin& origin, const Times& now) {
  // Before what is remembered is asked: an address that must wait could otherwise try any number of passwords against it.
  if (const auto wait = throttle_.wait(credential.user, origin.address, now.steady)) {
    return refused({429, "slow-down", kSlowDownText, wait}, credential.user);
  }
  if (auto known_right = remembered(*known_.get(), credential.user, credential.password.reveal(), now)) return std::move(*known_right);
  AuthOutcome out;
  out.claimed_user = credential.user;
  out.check.emplace(std::move(credential.user), std::move(credential.password));
  return out;
}

AuthOutcome Authenticator::check_password(const PasswordCheck& check, const Origin& origin, const Times& now) {
  const auto known = known_.get();
  // A sign-in form may hold any bytes as a name; no more of them is kept than of a name.
  const std::string user = is_user_name(check.user) ? check.user : std::string();
  if (const auto wait = throttle_.wait(user, origin.address, now.steady)) return refused({429, "slow-down", kSlowDownText, wait}, user);
  // Clients open several connections at once, each with the same password: the first check answers those behind it.
  if (auto known_right = remembered(*known, user, check.password.reveal(), now)) return std::move(*known_right);
  const Person* person = known->roster->find(user);
  const bool has_hash = person != nullptr && person->user->has_password();
  // Unknown, disabled and password-less users cost a hash, too.
  const bool right = verify_password(check.password.reveal(), has_hash ? person->user->hash : known->roster->decoy());
  if (!right || !has_hash) {
    throttle_.failed(user, origin.address, now.steady);
    return refused({401, "bad-credential", kWrongText, {}}, user);
  }
  throttle_.succeeded(user, origin.address, now.steady);
  auto principal = std::make_shared<Principal>();
  if (const auto problem = age_problem(known->settings, *person->user, now.wall, principal->notice)) return refused(*problem, user);
  principal->name = user;
  principal->groups = person->groups;
  principal->signed_in = now.wall;
  principal->password_mark = person->password_mark;
  AuthOutcome out;
  out.principal = principal;
  // Under the person's record as it was read above: whatever has changed since makes another key.
  verified_.remember(verified_.key(user, check.password.reveal(), person->record), std::move(principal), now.steady);
  return out;
}

AuthOutcome Authenticator::log_in(const PasswordCheck& check, const Origin& origin, const Times& now) {
  AuthOutcome out = check_password(check, origin, now);
  if (!out.principal) return out;
  const Session session{out.principal->name, fresh_session_id(), now.wall, now.wall, out.principal->password_mark};
  const auto known = known_.get();
  const auto age = known->settings.sessions.absolute;
  out.set_cookie = cookie_field(origin, seal_session(session, origin.host, known->session_keys.front()), age);
  return out;
}

std::optional<Session> Authenticator::session_of(const Known& known, const Presented& presented, const Origin& origin, Time now) {
  const Credential credential = read_credential(presented, origin.tls);
  const auto* cookie = std::get_if<SessionCredential>(&credential);
  if (cookie == nullptr) return std::nullopt;
  OpenedSession opened = open_session(cookie->cookie, origin.host, known.session_keys, known.settings.sessions, now);
  if (opened.problem != SessionProblem::kNone) return std::nullopt;
  return std::move(opened.session);
}

Result<std::string> Authenticator::log_out(const Presented& presented, const Origin& origin, const Times& now) {
  const auto known = known_.get();
  if (const auto session = session_of(*known, presented, origin, now.wall)) {
    RK_TRY_VOID(database_->revoke_session({session->id, session->issued + known->settings.sessions.absolute}));
    RK_TRY_VOID(refresh(now.wall));
  }
  return cookie_field(origin, "", std::chrono::seconds{0});
}

std::string Authenticator::form_token(const Presented& presented, const Origin& origin, const Times& now) const {
  const auto known = known_.get();
  const auto session = session_of(*known, presented, origin, now.wall);
  // The oldest key lives as long as any session, so a rotation does not void a page that is open.
  return session ? identity::form_token(*session, known->session_keys.back()) : std::string();
}

bool Authenticator::still_valid(const Principal& principal, Time now) const { return current(principal, now) != nullptr; }

std::shared_ptr<const Principal> Authenticator::current(const Principal& principal, Time now) const {
  const auto known = known_.get();
  if (principal.until && now >= *principal.until) return nullptr;
  if (principal.method == AuthMethod::kToken) {
    const auto found = known->tokens.find(principal.credential_id);
    return found != known->tokens.end() && found->second.refused.empty() ? found->second.principal : nullptr;
  }
  const Person* person = known->roster->find(principal.name);
  // "Not before" is about sessions alone: a password that is sent with each request proves itself each time.
  const bool holds = principal.method == AuthMethod::kSession
                         ? session_holds(*known, person, principal.credential_id, principal.password_mark, principal.signed_in)
                         : person != nullptr && person->password_mark == principal.password_mark;
  std::string notice;
  if (!holds || age_problem(known->settings, *person->user, now, notice)) return nullptr;
  auto out = std::make_shared<Principal>(principal);
  out->groups = person->groups;
  return out;
}

}  // namespace raykeep::identity
