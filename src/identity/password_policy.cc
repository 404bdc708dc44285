// SPDX-License-Identifier: Apache-2.0
#include "identity/password_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/crypto.h"

namespace raykeep::identity {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_special(char c) { return kSpecialCharacters.find(c) != std::string_view::npos; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = is_upper(c) ? static_cast<char>(c | 0x20) : c;
  return out;
}

std::size_t classes_in(std::string_view password) {
  std::size_t out = 0;
  for (const auto belongs : {is_upper, is_lower, is_digit, is_special}) {
    out += std::any_of(password.begin(), password.end(), belongs) ? 1U : 0U;
  }
  return out;
}

char undressed(char c) {
  constexpr std::string_view kDressed = "@4013!|$57+";
  constexpr std::string_view kPlain = "aaoieiisstt";
  const std::size_t at = kDressed.find(c);
  return at == std::string_view::npos ? c : kPlain[at];
}

// What a guesser begins with: "P@ssw0rd-123!" is "password". Digits and marks around the word fall away, those between its
// letters become the letters they look like.
std::string guessed_form(std::string_view password) {
  const std::string low = lower(password);
  const auto first = std::find_if(low.begin(), low.end(), [](char c) { return is_lower(c) || c == '@' || c == '$'; });
  const auto last = std::find_if(low.rbegin(), low.rend(), is_lower).base();
  std::string out;
  if (first < last) out.assign(first, last);
  std::transform(out.begin(), out.end(), out.begin(), undressed);
  std::erase_if(out, [](char c) { return !is_lower(c); });
  return out;
}

}  // namespace

const std::vector<std::string>& well_known_passwords() {
  static const std::vector<std::string> kList{
      "password", "passwort", "passphrase", "letmein", "helloworld", "welcome", "qwerty", "qwertz", "azerty", "qwertyuiop", "qazwsx", "zxcvbnm", "asdfghjkl", "abcdefgh", "iloveyou",
      "sunshine", "princess", "football", "baseball", "dragon", "monkey", "superman", "batman", "trustno", "changeme", "secret", "default",
      "admin", "administrator", "root", "toor", "raycluster", "kubernetes", "kuberay", "dashboard", "aliyun", "alibaba", "testtest", "computer", "internet", "master", "shadow", "company", "login", "system", "raykeep", "pytorch", "summer",
      "winter", "spring", "autumn"};
  return kList;
}

std::vector<PasswordViolation> check_password_policy(std::string_view password, std::string_view user, const PasswordPolicy& policy) {
  std::vector<PasswordViolation> out;
  if (password.size() < policy.least_length) out.push_back({"too-short", fmt::format("It has {} characters; at least {} are needed.", password.size(), policy.least_length)});
  if (password.size() > policy.most_length) out.push_back({"too-long", fmt::format("It has {} characters; at most {} are taken.", password.size(), policy.most_length)});
  const bool known = std::all_of(password.begin(), password.end(), [](char c) { return is_upper(c) || is_lower(c) || is_digit(c) || is_special(c); });
  if (!known) out.push_back({"character", fmt::format("Only letters, digits and {} are taken.", kSpecialCharacters)});
  if (classes_in(password) < policy.classes) {
    out.push_back({"too-few-classes", fmt::format("It needs at least {} of: upper case, lower case, digits, special characters.", policy.classes)});
  }
  if (policy.forbid_user_name && user.size() >= 3 && lower(password).find(lower(user)) != std::string::npos) {
    out.push_back({"user-name", "It holds the user's name."});
  }
  const auto is_common = [&](std::string_view form) { return std::find(policy.common.begin(), policy.common.end(), form) != policy.common.end(); };
  if (is_common(lower(password)) || is_common(guessed_form(password))) out.push_back({"common", "It is one of the passwords that are guessed first."});
  return out;
}

bool was_used_before(std::string_view password, const User& user, const PasswordPolicy& policy) {
  if (policy.history == 0) return false;
  if (verify_password(password, user.hash)) return true;
  const std::size_t looked_at = std::min(policy.history, user.history.size());
  return std::any_of(user.history.begin(), user.history.begin() + static_cast<std::ptrdiff_t>(looked_at),
                     [&](const std::string& hash) { return verify_password(password, hash); });
}

std::string generate_password() {
  constexpr std::string_view kAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_+=";
  for (;;) {
    std::string out;
    while (out.size() < 20) {
      // Values beyond a multiple of the alphabet's size would favour its beginning.
      const auto value = static_cast<unsigned char>(random_bytes(1)[0]);
      if (value < 256 / kAlphabet.size() * kAlphabet.size()) out += kAlphabet[value % kAlphabet.size()];
    }
    if (classes_in(out) == 4) return out;
  }
}

}  // namespace raykeep::identity
