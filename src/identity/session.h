// SPDX-License-Identifier: Apache-2.0
// Browser sessions: signed cookies, so that nothing has to be looked up but revocations. Pure functions of keys, bytes,
// host and time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "core/time_text.h"

namespace raykeep::identity {

// The __Host- prefix makes browsers insist on Secure, Path=/ and no Domain. Plain HTTP, which is for loopback only, cannot
// have it.
constexpr std::string_view session_cookie_name(bool tls) { return tls ? "__Host-raykeep-session" : "raykeep-session"; }

struct SessionLifetime {
  std::chrono::seconds idle{std::chrono::hours(1)};
  std::chrono::seconds absolute{std::chrono::hours(12)};
};

struct Session {
  std::string user;
  std::string id;   // 32 hexadecimal digits, random
  Time issued;      // when the person signed in
  Time renewed;     // when the cookie was last made anew
  std::string password_mark;  // of the password it was begun with (Person::password_mark)
};

struct SessionKey {
  std::int64_t number;
  Secret key;
};

// The cookie's value. It is good for this host alone.
std::string seal_session(const Session& session, std::string_view host, const SessionKey& key);

enum class SessionProblem : std::uint8_t { kNone, kForged, kExpired };
struct OpenedSession {
  SessionProblem problem = SessionProblem::kForged;
  Session session;
};
OpenedSession open_session(std::string_view cookie, std::string_view host, const std::vector<SessionKey>& keys,
                           const SessionLifetime& lifetime, Time now);

std::string fresh_session_id();

// What forms of a session must carry so that no other site can send them.
std::string form_token(const Session& session, const SessionKey& key);

}  // namespace raykeep::identity
