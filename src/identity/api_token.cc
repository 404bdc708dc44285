// SPDX-License-Identifier: Apache-2.0
#include "identity/api_token.h"

#include <algorithm>

#include "core/crypto.h"
#include "core/encoding.h"

namespace raykeep::identity {
namespace {

constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kSecretCharacters = 43;   // 32 bytes in base64url
constexpr std::size_t kChecksumDigits = 8;
constexpr std::size_t kLength = kTokenPrefix.size() + kIdDigits + 1 + kSecretCharacters + kChecksumDigits;

std::string checksum(std::string_view id_and_secret) {
  return hex_encode(as_text(sha256("raykeep token checksum " + std::string(id_and_secret))).substr(0, kChecksumDigits / 2));
}

// The purpose stands in what is hashed; as a key, so that no text has to be put together for it.
Digest hash_of_secret(std::string_view id_and_secret) { return hmac_sha256("raykeep token secret", id_and_secret); }

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

FreshToken make_token() {
  FreshToken out;
  out.id = hex_encode(random_bytes(kIdDigits / 2));
  const std::string id_and_secret = out.id + "_" + base64url_encode(random_bytes(32));
  out.text = Secret(std::string(kTokenPrefix) + id_and_secret + checksum(id_and_secret));
  out.secret_hash = hash_of_secret(id_and_secret);
  return out;
}

std::optional<ParsedToken> parse_token(std::string_view text) {
  if (text.size() != kLength || !text.starts_with(kTokenPrefix)) return std::nullopt;
  const std::string_view id_and_secret = text.substr(kTokenPrefix.size(), kLength - kTokenPrefix.size() - kChecksumDigits);
  const std::string_view id = id_and_secret.substr(0, kIdDigits);
  if (!is_hex(id) || id_and_secret[kIdDigits] != '_') return std::nullopt;
  return ParsedToken{id, hash_of_secret(id_and_secret)};
}

bool checksum_fits(std::string_view text) {
  const std::string_view id_and_secret = text.substr(kTokenPrefix.size(), kLength - kTokenPrefix.size() - kChecksumDigits);
  return text.substr(kLength - kChecksumDigits) == checksum(id_and_secret);
}

}  // namespace raykeep::identity
