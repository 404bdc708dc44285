// SPDX-License-Identifier: Apache-2.0
#include "checks/secret_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace raykeep::checks {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '_' || c == '-' || c == '.'; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

// How names end, without what parts their words.
constexpr std::array<std::string_view, 22> kEnds{"PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "SECRETKEY", "ACCESSKEYID", "ACCESSKEY", "TOKEN", "APIKEY", "PRIVATEKEY", "KEYSECRET", "CONNECTIONSTRING",
                                                  "STORAGEKEY", "OSSKEYID", "CREDENTIALSJSON", "ENCRYPTIONKEY", "MASTERKEY", "FERNETKEY",
                                                  "SIGNINGKEY", "SECRETKEYBASE", "REQUIREPASS", "MASTERAUTH"};
// Of those, what names a Secret, tells clusters apart, or is a word of a tokenizer.
constexpr std::array<std::string_view, 15> kNoSecrets{"TLSSECRET", "PULLSECRET", "EXISTINGSECRET", "CERTSECRET", "CERTIFICATESECRET", "INITIALCLUSTERTOKEN", "PADTOKEN", "EOSTOKEN", "BOSTOKEN", "UNKTOKEN", "SEPTOKEN",
                                                       "CLSTOKEN", "MASKTOKEN", "STOPTOKEN", "IMAGETOKEN"};
// What is short enough to end other words too, and so must be a word of its own.
constexpr std::array<std::string_view, 4> kWords{"PASS", "PWD", "AK", "SK"};

// Where an end begins in a name; the name's size where it does not end so.
std::size_t begin_of(std::string_view name, std::string_view end) {
  std::size_t at = name.size();
  for (std::size_t i = end.size(); i > 0;) {
    if (at == 0) return name.size();
    const char c = name[--at];
    if (is_separator(c)) continue;
    if (upper(c) != end[--i]) return name.size();
  }
  return at;
}

bool is_word_at(std::string_view name, std::size_t at) { return at < name.size() && (at == 0 || is_separator(name[at - 1]) || (is_lower(name[at - 1]) && is_upper(name[at]))); }

bool is_shell_name(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

// Where the value is to be found: in a secret manager, a file, an encrypted text.
constexpr std::array<std::string_view, 14> kElsewhere{"vault:", "op://", "ref+", "sm://", "secret://", "arn:aws:secretsmanager:", "arn:aws:ssm:", "projects/", "file:", "~/", "./", "ENC[", "$__", "`"};
// What templates put around a name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kMarks{{{"%", "%"}, {"__", "__"}, {"@@", "@@"}, {"((", "))"}, {"[[", "]]"}, {"[", "]"}}};

bool is_marked(std::string_view value) {
  return std::any_of(kMarks.begin(), kMarks.end(), [&](const auto& mark) { return value.size() > mark.first.size() + mark.second.size() && value.starts_with(mark.first) && value.ends_with(mark.second); });
}

// "$PASSWORD", "${...}", "$(...)", "{{ ... }}", "<password>".
bool is_reference(std::string_view value) {
  if (is_marked(value) || std::any_of(kElsewhere.begin(), kElsewhere.end(), [&](std::string_view begin) { return value.starts_with(begin); })) return true;
  if (value.starts_with("<") || value.starts_with("{{") || value.find("${") != std::string_view::npos || value.find("$(") != std::string_view::npos) return true;
  return value.starts_with("$") && is_shell_name(value.substr(1));
}

// "/run/secrets/token"; base64 may begin with a slash too.
bool is_path(std::string_view value) {
  if (!value.starts_with('/')) return false;
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return is_letter(c) || is_digit(c) || is_separator(c) || c == '/'; });
  return plain && (value.find('/', 1) != std::string_view::npos || std::none_of(value.begin(), value.end(), is_upper));
}

// "my-example-token", but not a password that happens to hold the word.
bool is_example(std::string_view lower) {
  if (lower.find("examplekey") != std::string_view::npos) return true;
  return lower.find("example") != std::string_view::npos && std::none_of(lower.begin(), lower.end(), is_digit);
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (name.empty() || name == "PWD" || name == "OLDPWD") return false;
  const std::string_view last = "DTYNGESKH";
  if (last.find(upper(name.back())) == std::string_view::npos) return false;
  if (std::any_of(kNoSecrets.begin(), kNoSecrets.end(), [&](std::string_view end) { return begin_of(name, end) < name.size(); })) return false;
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) { return begin_of(name, end) < name.size(); }) ||
         std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return is_word_at(name, begin_of(name, word)); });
}

bool is_placeholder(std::string_view value) {
  if (value.size() < 4 || is_reference(value) || is_path(value)) return true;
  // A count of tokens, not a token.
  if (value.size() < 8 && value.find_first_not_of("0123456789.") == std::string_view::npos) return true;
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view word : {"true", "false", "none", "null", "dummy", "empty", "fake", "fake-key", "not-needed", "not-used", "unused", "no-key", "disabled", "enabled", "required", "optional", "todo"}) {
    if (lower == word) return true;
  }
  for (const std::string_view word : {"SECRET", "PASSWORD", "TOKEN", "APIKEY", "API_KEY"}) {
    if (value == word) return true;
  }
  for (const std::string_view part : {"changeme", "replace", "yourtoken", "yourpassword", "yourkey", "change-me", "change_me", "your-", "your_", "xxxx", "****", "placeholder", "redacted"}) {
    if (lower.find(part) != std::string::npos) return true;
  }
  return is_example(lower);
}

}  // namespace raykeep::checks
