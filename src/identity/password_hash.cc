// SPDX-License-Identifier: Apache-2.0
#include "identity/password_hash.h"

#include <crypt.h>
#include <fmt/format.h>

#include <algorithm>
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
constexpr unsigned kHighestBcryptCost = 14;       // 0.8 s on a core of 2024
constexpr unsigned kMostShaRounds = 5000000;      // about 2 s
constexpr unsigned kShaRoundsUnsaid = 5000;
constexpr std::size_t kBcryptLength = 60;
constexpr std::size_t kBcryptSettingLength = 29;  // "$2b$10$" and 22 characters of salt
// Memory and time of yescrypt as crypt_gensalt(3) writes them for its costs 1 to 8; 8 takes 128 MiB and 0.15 s. Its other
// parameters have no name there and could ask for any amount.
constexpr std::array<std::string_view, 8> kYescryptCosts{"j75", "j85", "j7T", "j8T", "j9T", "jAT", "jBT", "jCT"};

bool is_crypt_alphabet(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '/';
  });
}

bool is_des(std::string_view hash) { return hash.size() == 13 && is_crypt_alphabet(hash); }

// What stands after the last '$', which is not that of the prefix: the digest itself.
bool ends_in_digest_of(std::string_view hash, std::size_t length) {
  const std::size_t last = hash.rfind('$');
  return last != std::string_view::npos && last >= 3 && hash.size() - last - 1 == length && is_crypt_alphabet(hash.substr(last + 1));
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

// crypt_data is 32 KiB, too much for a stack that also runs coroutines. crypt(3) wants a terminating NUL, hence the copy,
// which is wiped.
std::optional<std::string> crypt_text(std::string_view password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const Secret terminated{std::string(password)};
  const char* out = ::crypt_rn(terminated.reveal().data(), setting.c_str(), data.get(), sizeof *data);
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

namespace {

std::string bcrypt_problem(std::string_view hash) {
  const auto cost = number_after(hash, hash.substr(0, 4));
  if (!cost || hash.size() != kBcryptLength || hash[6] != '$' || !is_crypt_alphabet(hash.substr(7))) return "this bcrypt hash is not whole";
  if (*cost <= kHighestBcryptCost) return {};
  return fmt::format("bcrypt cost {} takes seconds for each sign-in; at most {} is accepted", *cost, kHighestBcryptCost);
}

std::string sha_crypt_problem(std::string_view hash, std::size_t digest_length) {
  if (!ends_in_digest_of(hash, digest_length)) return "this sha-crypt hash is not whole";
  const std::string prefix = fmt::format("{}rounds=", hash.substr(0, 3));
  if (!hash.starts_with(prefix)) return {};
  const auto rounds = number_after(hash, prefix);
  if (!rounds) return "its number of rounds cannot be read";
  if (*rounds <= kMostShaRounds) return {};
  return fmt::format("{} rounds take seconds for each sign-in; at most {} are accepted", *rounds, kMostShaRounds);
}

std::string yescrypt_problem(std::string_view hash) {
  if (!ends_in_digest_of(hash, 43) || hash.find('$', 3) == hash.rfind('$')) return "this yescrypt hash is not whole";
  const std::string_view cost = hash.substr(3, hash.find('$', 3) - 3);
  if (std::find(kYescryptCosts.begin(), kYescryptCosts.end(), cost) != kYescryptCosts.end()) return {};
  return "its yescrypt parameters are not those of the costs 1 to 8; more takes seconds and hundreds of megabytes for each sign-in";
}

}  // namespace

std::string hash_problem(std::string_view hash) {
  switch (kind_of_hash(hash)) {
    case HashKind::kBcrypt: return bcrypt_problem(hash);
    case HashKind::kSha512: return sha_crypt_problem(hash, 86);
    case HashKind::kSha256: return sha_crypt_problem(hash, 43);
    case HashKind::kYescrypt: return yescrypt_problem(hash);
    case HashKind::kMd5: return ends_in_digest_of(hash, 22) ? "" : "this md5-crypt hash is not whole";
    case HashKind::kDes: return {};
    case HashKind::kApacheMd5:
    case HashKind::kSha1:
    case HashKind::kUnknown: return "crypt(3) cannot check this kind of hash";
  }
  return {};
}

std::string cost_class(std::string_view hash) {
  switch (kind_of_hash(hash)) {
    case HashKind::kBcrypt: return std::string(hash.substr(0, 6));
    case HashKind::kYescrypt: return std::string(hash.substr(0, hash.find('$', 3)));
    case HashKind::kSha512:
    case HashKind::kSha256: {
      const auto rounds = number_after(hash, fmt::format("{}rounds=", hash.substr(0, 3)));
      return fmt::format("{}{}", hash.substr(0, 3), rounds.value_or(kShaRoundsUnsaid));
    }
    case HashKind::kMd5:
    case HashKind::kApacheMd5:
    case HashKind::kSha1:
    case HashKind::kDes:
    case HashKind::kUnknown: break;
  }
  return std::string(name_of(kind_of_hash(hash)));
}

std::size_t longest_password(HashKind kind) { return kind == HashKind::kBcrypt ? kBcryptLimit : kOtherLimit; }

bool verify_password(std::string_view password, const std::string& hash) {
  if (password.size() > longest_password(kind_of_hash(hash)) || password.find('\0') != std::string_view::npos) return false;
  const auto computed = crypt_text(password, hash);
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
  auto out = crypt_text(password, setting);
  if (!out) return fail(kHashingFailed, "crypt(3) made no hash");
  return std::move(*out);
}

std::string decoy_like(std::string_view like) {
  // The setting (kind, cost, salt) decides the time; the rest only has to have the right length and match nothing.
  std::string out(like);
  const std::size_t last = like.rfind('$');
  const bool bcrypt = kind_of_hash(like) == HashKind::kBcrypt;
  const std::size_t begin = bcrypt ? kBcryptSettingLength : last == std::string_view::npos ? 2 : last + 1;
  const std::string noise = hex_encode(random_bytes(64));
  for (std::size_t i = begin; i < out.size(); ++i) out[i] = noise[(i - begin) % noise.size()];
  return out;
}

}  // namespace raykeep::identity
