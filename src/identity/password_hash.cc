// SPDX-License-Identifier: Apache-2.0
#include "identity/password_hash.h"

#include <crypt.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>

#include "core/crypto.h"
#include "core/encoding.h"

namespace raykeep::identity {
namespace {

struct Form {
  HashKind kind;
  std::string_view name;
  std::string_view prefix;
};
constexpr std::array kForms{
    Form{HashKind::kBcrypt, "bcrypt", "$2b$"},       Form{HashKind::kBcrypt, "bcrypt", "$2y$"},
    Form{HashKind::kBcrypt, "bcrypt", "$2a$"},       Form{HashKind::kYescrypt, "yescrypt", "$y$"},
    Form{HashKind::kSha512, "sha512-crypt", "$6$"},  Form{HashKind::kSha256, "sha256-crypt", "$5$"},
    Form{HashKind::kMd5, "md5-crypt", "$1$"},        Form{HashKind::kApacheMd5, "apache-md5", "$apr1$"},
    Form{HashKind::kSha1, "sha1", "{SHA}"},
};
constexpr std::size_t kBcryptLimit = 72;
constexpr std::size_t kOtherLimit = CRYPT_MAX_PASSPHRASE_SIZE - 1;
constexpr unsigned kHighestBcryptCost = 14;           // 0.8 s on a core of 2024
constexpr unsigned kMostSha512Rounds = 5000000;       // about 2 s
constexpr char kHighestYescryptCost = 'F';            // the letter of cost 11, in the parameter after "$y$j"

bool is_des(std::string_view hash) {
  if (hash.size() != 13) return false;
  for (const char c : hash) {
    const bool of_alphabet = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '/';
    if (!of_alphabet) return false;
  }
  return true;
}

// The number after `prefix`, up to the next '$'.
std::optional<unsigned> number_after(std::string_view hash, std::string_view prefix) {
  if (!hash.starts_with(prefix)) return std::nullopt;
  hash.remove_prefix(prefix.size());
  unsigned out = 0;
  const auto [end, error] = std::from_chars(hash.data(), hash.data() + hash.size(), out);
  if (error != std::errc{} || end == hash.data() + hash.size() || *end != '$') return std::nullopt;
  return out;
}

// crypt_data is 32 KiB, too much for a stack that also runs coroutines.
std::optional<std::string> crypt_text(const std::string& password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* out = ::crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof *data);
  if (out == nullptr) return std::nullopt;
  return std::string(out);
}

}  // namespace

std::string_view name_of(HashKind kind) {
  for (const Form& form : kForms) {
    if (form.kind == kind) return form.name;
  }
  return kind == HashKind::kDes ? "des-crypt" : "unknown";
}

std::optional<HashKind> hash_kind_named(std::string_view name) {
  if (name == "des-crypt") return HashKind::kDes;
  for (const Form& form : kForms) {
    if (form.name == name) return form.kind;
  }
  return std::nullopt;
}

HashKind kind_of_hash(std::string_view hash) {
  for (const Form& form : kForms) {
    if (hash.starts_with(form.prefix)) return form.kind;
  }
  return is_des(hash) ? HashKind::kDes : HashKind::kUnknown;
}

bool is_strong(HashKind kind) {
  return kind == HashKind::kBcrypt || kind == HashKind::kYescrypt || kind == HashKind::kSha512;
}

bool can_check(HashKind kind) {
  return is_strong(kind) || kind == HashKind::kSha256 || kind == HashKind::kMd5 || kind == HashKind::kDes;
}

std::string cost_problem(std::string_view hash) {
  const HashKind kind = kind_of_hash(hash);
  if (kind == HashKind::kBcrypt) {
    const auto cost = number_after(hash, hash.substr(0, 4));
    if (!cost || hash.size() != 60) return "this bcrypt hash is not complete";
    if (*cost > kHighestBcryptCost) return fmt::format("bcrypt cost {} takes seconds for each sign-in; at most {} is accepted", *cost, kHighestBcryptCost);
  }
  if (kind == HashKind::kSha512 || kind == HashKind::kSha256) {
    const auto rounds = number_after(hash, fmt::format("{}rounds=", hash.substr(0, 3)));
    if (rounds.value_or(5000) > kMostSha512Rounds) return fmt::format("{} rounds take seconds for each sign-in; at most {} are accepted", *rounds, kMostSha512Rounds);
  }
  if (kind == HashKind::kYescrypt) {
    if (hash.size() < 20 || hash.find('$', 3) == std::string_view::npos) return "this yescrypt hash is not complete";
    if (hash[3] != 'j' || hash[4] > kHighestYescryptCost) return "this yescrypt cost takes seconds for each sign-in";
  }
  return {};
}

std::size_t longest_password(HashKind kind) { return kind == HashKind::kBcrypt ? kBcryptLimit : kOtherLimit; }

bool verify_password(std::string_view password, const std::string& hash) {
  if (password.size() > longest_password(kind_of_hash(hash)) || password.find('\0') != std::string_view::npos) return false;
  const auto computed = crypt_text(std::string(password), hash);
  return computed && constant_time_equal(*computed, hash);
}

Result<std::string> hash_password(std::string_view password, const HashChoice& choice) {
  if (password.find('\0') != std::string_view::npos) return fail(kPasswordNotHashable, "a password cannot hold a NUL byte");
  if (password.size() > longest_password(choice.kind)) {
    return fail(kPasswordNotHashable, fmt::format("{} takes at most {} bytes", name_of(choice.kind), longest_password(choice.kind)));
  }
  std::string_view prefix = "$y$";
  unsigned long cost = choice.cost;
  if (choice.kind == HashKind::kBcrypt) {
    prefix = "$2b$";
    if (cost == 0) cost = 10;
  } else if (choice.kind == HashKind::kSha512) {
    prefix = "$6$";
    if (cost == 0) cost = 500000;
  }
  const std::string random = random_bytes(32);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  const char* made = ::crypt_gensalt_rn(std::string(prefix).c_str(), cost, random.data(), static_cast<int>(random.size()), setting, sizeof setting);
  if (made == nullptr) return fail(kPasswordNotHashable, fmt::format("{} takes no cost of {}", name_of(choice.kind), cost));
  auto out = crypt_text(std::string(password), setting);
  if (!out) return fail(kHashingFailed, "crypt(3) made no hash");
  return std::move(*out);
}

std::string decoy_like(std::string_view like) {
  // The setting (kind, cost, salt) decides the time; the rest only has to have the right length and match nothing.
  std::string out(like);
  const std::size_t last = like.rfind('$');
  const std::size_t begin = last == std::string_view::npos ? 2 : kind_of_hash(like) == HashKind::kBcrypt ? last + 23 : last + 1;
  const std::string noise = hex_encode(random_bytes(64));
  for (std::size_t i = begin; i < out.size(); ++i) out[i] = noise[(i - begin) % noise.size()];
  return out;
}

}  // namespace raykeep::identity
