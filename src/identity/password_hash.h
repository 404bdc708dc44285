// SPDX-License-Identifier: Apache-2.0
// Password hashes in the forms of crypt(3), as htpasswd files hold them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/secret.h"

namespace raykeep::identity {

inline constexpr ErrorCode kPasswordNotHashable{"password-not-hashable", ErrorKind::kInput, ""};
inline constexpr ErrorCode kHashingFailed{"hashing-failed", ErrorKind::kEnvironment, ""};

enum class HashKind : std::uint8_t { kBcrypt, kYescrypt, kSha512, kSha256, kMd5, kApacheMd5, kSha1, kDes, kUnknown };
std::string_view name_of(HashKind kind);  // "bcrypt", "yescrypt", "sha512-crypt", "sha256-crypt", "md5-crypt", ...
std::optional<HashKind> hash_kind_named(std::string_view name);

// By its prefix and form alone.
HashKind kind_of_hash(std::string_view hash);
// Accepted without being asked for by name.
bool is_strong(HashKind kind);
// crypt(3) of this system can check it.
bool can_check(HashKind kind);

// Empty when the hash is whole and checking it takes reasonable time and memory (below a second, 128 MiB), else the
// sentence to show.
std::string hash_problem(std::string_view hash);

// Hashes of one class take the same time to check: kind and cost, without the salt.
std::string cost_class(std::string_view hash);

// Takes tens of milliseconds or more: never call it on an I/O thread. False as well for passwords that the kind cannot take
// (NUL bytes; more than 72 bytes with bcrypt, which would ignore the rest).
bool verify_password(std::string_view password, const std::string& hash);

struct HashChoice {
  HashKind kind = HashKind::kYescrypt;
  unsigned cost = 0;  // 0: a good default of the kind (yescrypt 5, bcrypt 10, sha512-crypt 500000 rounds)
};
Result<std::string> hash_password(std::string_view password, const HashChoice& choice);

// A hash of a random password of the same kind and cost as `like`: checking against it costs what checking `like` costs.
std::string decoy_like(std::string_view like);

// The longest password of a kind, in bytes.
std::size_t longest_password(HashKind kind);

}  // namespace raykeep::identity
