// SPDX-License-Identifier: Apache-2.0
#include "ray/command_text.h"

#include <algorithm>
#include <array>

namespace raykeep::ray {
namespace {

constexpr std::array<std::string_view, 11> kSecretWords{"token",      "password",    "passwd",    "passphrase",
                                                        "secret",     "apikey",      "api_key",   "api-key",
                                                        "credential", "private_key", "access_key"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !letter(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Where the shell word that starts at `at` ends: quotes and backslashes keep spaces inside.
std::size_t word_end(std::string_view text, std::size_t at) {
  char quote = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && quote != '\'') {
      ++at;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (is_space(c)) {
      return at;
    }
  }
  return text.size();
}

// One word, given what came before it.
class WordRedaction {
 public:
  std::string word(std::string_view text) {
    if (hide_next_) {
      hide_next_ = false;
      return std::string(kRedacted);
    }
    const auto equals = text.find('=');
    const auto left = text.substr(0, equals);
    const bool assignment = leading_ && equals != std::string_view::npos && is_name(left);
    if (!assignment) leading_ = false;
    if (equals != std::string_view::npos && (assignment || names_secret(left))) {
      return std::string(left) + "=" + std::string(kRedacted);
    }
    if (equals == std::string_view::npos && text.starts_with('-') && names_secret(text)) hide_next_ = true;
    return redact_url(text);
  }

 private:
  bool leading_ = true;  // so far only NAME=value words
  bool hide_next_ = false;
};

}  // namespace

bool names_secret(std::string_view name) {
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  return std::any_of(kSecretWords.begin(), kSecretWords.end(),
                     [&](std::string_view word) { return folded.find(word) != std::string::npos; });
}

std::string redact_url(std::string_view text) {
  std::string out;
  for (;;) {
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) break;
    const auto authority = scheme_end + 3;
    const auto end = std::min(text.find_first_of("/?# \t\n\"'", authority), text.size());
    const auto at = text.substr(0, end).rfind('@');
    out += text.substr(0, authority);
    if (at != std::string_view::npos && at >= authority) {
      out.append(kRedacted).append("@");
      text.remove_prefix(at + 1);
    } else {
      text.remove_prefix(authority);
    }
  }
  return out.append(text);
}

std::string redact_command(std::string_view command) {
  std::string out;
  WordRedaction redaction;
  for (std::size_t i = 0; i < command.size();) {
    if (is_space(command[i])) {
      out += command[i++];
      continue;
    }
    const std::size_t end = word_end(command, i);
    out += redaction.word(command.substr(i, end - i));
    i = end;
  }
  return out;
}

std::vector<std::string> redact_arguments(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  bool hide_next = false;
  for (const std::string& argument : arguments) {
    const bool option = argument.starts_with('-') && argument.find('=') == std::string::npos;
    // An argument may itself be a command line, as the raylet's --python_worker_command is.
    out.push_back(hide_next ? std::string(kRedacted) : redact_command(argument));
    hide_next = !hide_next && option && names_secret(argument);
  }
  return out;
}

}  // namespace raykeep::ray
