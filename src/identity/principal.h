// SPDX-License-Identifier: Apache-2.0
// Who is calling, once that is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.h"

namespace raykeep::identity {

// How a principal proved who they are. OIDC, Kubernetes tokens and client certificates will be further ways.
enum class AuthMethod : std::uint8_t { kPassword, kSession, kToken };
constexpr std::string_view name_of(AuthMethod method) {
  switch (method) {
    case AuthMethod::kPassword: return "password";
    case AuthMethod::kSession: return "session";
    case AuthMethod::kToken: return "token";
  }
  return "password";
}

// What a token is limited to. Empty parts do not limit.
struct TokenScope {
  std::vector<std::string> clusters;  // patterns "<namespace>/<cluster>"
  std::string role;                   // at most what this role may
};

struct Principal {
  std::string name;
  std::vector<std::string> groups;
  AuthMethod method = AuthMethod::kPassword;
  std::string credential_id;        // of the token or session; empty for passwords. Never the credential itself
  std::optional<TokenScope> scope;  // tokens only
  std::string notice;               // a sentence for the person, such as a password that expires soon

  // For streams that outlive their request (Authenticator::still_valid).
  Time signed_in{};                 // when the session began or the password was checked
  std::optional<Time> until;        // when the session or token ends, if it does
  std::string password_mark;        // of the password behind it; empty for tokens
};

}  // namespace raykeep::identity
