// SPDX-License-Identifier: Apache-2.0
// What a request presents to say who it is, read strictly and without deciding anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "core/secret.h"

namespace raykeep::identity {

// The fields as they stand in the request; counts show repeated ones.
struct Presented {
  std::string_view authorization;
  std::size_t authorization_fields = 0;
  std::string_view x_ray_authorization;
  std::size_t x_ray_authorization_fields = 0;
  std::string_view cookie;
  std::size_t cookie_fields = 0;
};

struct NoCredential {};
struct BadCredential {
  int status;               // 400 when the request itself is ambiguous, else 401
  std::string_view reason;  // "two-credentials", "malformed-credential", "unknown-scheme"
};
struct PasswordCredential {
  std::string user;
  Secret password;
};
struct TokenCredential {
  std::string_view text;
};
struct SessionCredential {
  std::string_view cookie;
};
using Credential = std::variant<NoCredential, BadCredential, PasswordCredential, TokenCredential, SessionCredential>;

// X-Ray-Authorization decides when it is there, since it is only ever sent on purpose; then Authorization (Basic, RFC 7617,
// or Bearer, RFC 6750); then the session cookie.
Credential read_credential(const Presented& presented, bool tls);

}  // namespace raykeep::identity
