// SPDX-License-Identifier: Apache-2.0
#include "identity/credentials.h"

#include <algorithm>
#include <optional>

#include "core/encoding.h"
#include "identity/session.h"
#include "identity/user_file.h"

namespace raykeep::identity {
namespace {

constexpr std::size_t kLongestBasic = 1024;

bool has_scheme(std::string_view value, std::string_view scheme) {
  if (value.size() <= scheme.size() || value[scheme.size()] != ' ') return false;
  return std::equal(scheme.begin(), scheme.end(), value.begin(), [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b | 0x20 : b); });
}

Credential read_basic(std::string_view encoded) {
  const BadCredential malformed{401, "malformed-credential"};
  if (encoded.size() > kLongestBasic) return malformed;
  const auto decoded = base64_decode(encoded);
  if (!decoded) return malformed;
  const std::size_t colon = decoded->find(':');
  const bool plain = std::none_of(decoded->begin(), decoded->end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (colon == std::string::npos || !plain || !is_user_name(std::string_view(*decoded).substr(0, colon))) return malformed;
  return PasswordCredential{decoded->substr(0, colon), Secret(decoded->substr(colon + 1))};
}

Credential read_authorization(std::string_view value) {
  if (has_scheme(value, "basic")) return read_basic(value.substr(6));
  if (has_scheme(value, "bearer")) return TokenCredential{value.substr(7)};
  return BadCredential{401, "unknown-scheme"};
}

// The cookie of this name. Two of them mean that somebody else sets cookies here: which is ours cannot be known.
std::optional<std::string_view> find_cookie(std::string_view cookies, std::string_view name, bool& twice) {
  std::optional<std::string_view> out;
  while (!cookies.empty()) {
    const std::size_t end = cookies.find(';');
    std::string_view pair = cookies.substr(0, end);
    cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') continue;
    twice = twice || out.has_value();
    out = pair.substr(name.size() + 1);
  }
  return out;
}

}  // namespace

Credential read_credential(const Presented& presented, bool tls) {
  const BadCredential ambiguous{400, "two-credentials"};
  if (presented.authorization_fields > 1 || presented.x_ray_authorization_fields > 1 || presented.cookie_fields > 1) return ambiguous;
  if (presented.x_ray_authorization_fields == 1) return read_authorization(presented.x_ray_authorization);
  if (presented.authorization_fields == 1) return read_authorization(presented.authorization);
  bool twice = false;
  const auto cookie = find_cookie(presented.cookie, session_cookie_name(tls), twice);
  if (twice) return ambiguous;
  if (!cookie) return NoCredential{};
  return SessionCredential{*cookie};
}

}  // namespace raykeep::identity
