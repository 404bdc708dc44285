// SPDX-License-Identifier: Apache-2.0
#include "identity/session.h"

#include <charconv>

#include "core/crypto.h"
#include "core/encoding.h"

namespace raykeep::identity {
namespace {

// The purpose stands in what is signed: nothing else that is ever signed with these keys can pass for a session.
constexpr std::string_view kPurpose = "raykeep session 1\n";
constexpr std::string_view kFormPurpose = "raykeep form 1\n";
constexpr std::size_t kLongestCookie = 1024;
constexpr std::size_t kIdDigits = 32;
constexpr std::chrono::minutes kClockSkew{2};  // between replicas

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

std::string signature(std::string_view payload, std::string_view host, const SessionKey& key) {
  std::string text(kPurpose);
  text.append(lower(host)).append("\n").append(payload);
  return base64url_encode(as_text(hmac_sha256(key.key.reveal(), text)));
}

std::int64_t milliseconds(Time time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count(); }

std::string_view take(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

}  // namespace

std::string fresh_session_id() { return hex_encode(random_bytes(kIdDigits / 2)); }

// <key number>.<base64url of the user>.<id>.<issued>.<renewed>.<password mark>.<signature>, times in milliseconds
std::string seal_session(const Session& session, std::string_view host, const SessionKey& key) {
  const std::string payload = std::to_string(key.number) + "." + base64url_encode(session.user) + "." + session.id + "." +
                              std::to_string(milliseconds(session.issued)) + "." + std::to_string(milliseconds(session.renewed)) + "." + session.password_mark;
  return payload + "." + signature(payload, host, key);
}

OpenedSession open_session(std::string_view cookie, std::string_view host, const std::vector<SessionKey>& keys,
                           const SessionLifetime& lifetime, Time now) {
  OpenedSession out;
  const std::size_t last_dot = cookie.rfind('.');
  if (cookie.size() > kLongestCookie || last_dot == std::string_view::npos) return out;
  const std::string_view payload = cookie.substr(0, last_dot);
  std::string_view rest = payload;
  const auto number = integer(take(rest));
  const SessionKey* key = nullptr;
  for (const SessionKey& known : keys) {
    if (number && known.number == *number) key = &known;
  }
  if (key == nullptr || !constant_time_equal(signature(payload, host, *key), cookie.substr(last_dot + 1))) return out;
  const auto user = base64url_decode(take(rest));
  out.session.id = std::string(take(rest));
  const auto issued = integer(take(rest));
  const auto renewed = integer(take(rest));
  out.session.password_mark = std::string(take(rest));
  if (!user || !issued || !renewed || !rest.empty()) return out;
  out.session.user = *user;
  out.session.issued = Time(std::chrono::milliseconds(*issued));
  out.session.renewed = Time(std::chrono::milliseconds(*renewed));
  const bool from_the_future = out.session.renewed > now + kClockSkew;
  const bool over = now > out.session.issued + lifetime.absolute || now > out.session.renewed + lifetime.idle;
  out.problem = from_the_future || over ? SessionProblem::kExpired : SessionProblem::kNone;
  return out;
}

std::string form_token(const Session& session, const SessionKey& key) {
  return base64url_encode(as_text(hmac_sha256(key.key.reveal(), std::string(kFormPurpose) + session.id)));
}

}  // namespace raykeep::identity
