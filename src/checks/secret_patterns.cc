// SPDX-License-Identifier: Apache-2.0
#include "checks/secret_patterns.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

namespace raykeep::checks {
namespace {

// A form: a fixed beginning, then `least` to `most` characters of an alphabet.
struct Form {
  std::string_view kind, beginning;
  std::size_t least, most;
  enum class Alphabet : std::uint8_t { kAlnum, kUpper, kWord, kBase64 } alphabet;
};
using A = Form::Alphabet;
// Lengths and prefixes as the providers and the public scanners' rules give them.
constexpr std::array kForms{
    Form{"an Alibaba Cloud AccessKey id", "LTAI", 12, 20, A::kAlnum},
    Form{"an Alibaba Cloud STS AccessKey id", "STS.", 20, 26, A::kAlnum},
    Form{"an Alibaba Cloud STS token", "CAIS", 100, 4096, A::kBase64},
    Form{"an AWS access key id", "AKIA", 16, 16, A::kUpper},
    Form{"an AWS access key id", "ASIA", 16, 16, A::kUpper},
    Form{"an AWS access key id", "ABIA", 16, 16, A::kUpper},
    Form{"an AWS access key id", "ACCA", 16, 16, A::kUpper},
    Form{"a Google API key", "AIza", 35, 35, A::kWord},
    Form{"a Hugging Face token", "hf_", 34, 40, A::kAlnum},
    Form{"an Anthropic API key", "sk-ant-", 80, 120, A::kWord},
    Form{"an OpenAI API key", "sk-proj-", 40, 200, A::kWord},
    Form{"an OpenAI API key", "sk-svcacct-", 40, 200, A::kWord},
    Form{"a GitHub token", "ghp_", 36, 36, A::kAlnum},
    Form{"a GitHub token", "gho_", 36, 36, A::kAlnum},
    Form{"a GitHub token", "ghs_", 36, 36, A::kAlnum},
    Form{"a GitHub token", "ghu_", 36, 36, A::kAlnum},
    Form{"a GitHub token", "ghr_", 36, 36, A::kAlnum},
    Form{"a GitHub token", "github_pat_", 82, 82, A::kWord},
    Form{"a GitLab token", "glpat-", 20, 40, A::kWord},
    Form{"a Databricks token", "dapi", 32, 32, A::kAlnum},
    Form{"an npm token", "npm_", 36, 36, A::kAlnum},
    Form{"a PyPI token", "pypi-AgEIcHlwaS5vcmc", 50, 300, A::kWord},
    Form{"a Slack token", "xoxb-", 30, 100, A::kWord},
    Form{"a Slack token", "xoxp-", 30, 100, A::kWord},
    Form{"a Vault token", "hvs.", 90, 120, A::kWord},
};

bool in(Form::Alphabet alphabet, char c) {
  const auto u = static_cast<unsigned char>(c);
  switch (alphabet) {
    case A::kAlnum: return std::isalnum(u) != 0;
    case A::kUpper: return std::isupper(u) != 0 || (c >= '2' && c <= '7');
    case A::kWord: return std::isalnum(u) != 0 || c == '_' || c == '-';
    case A::kBase64: return std::isalnum(u) != 0 || c == '+' || c == '/' || c == '=';
  }
  return false;
}

// Every line that is printed is looked at, so characters are told by tables.
using Characters = std::array<bool, 256>;
constexpr Characters characters(std::string_view more) {
  Characters out{};
  for (const char c : more) out[static_cast<unsigned char>(c)] = true;
  return out;
}
constexpr std::string_view kLettersAndDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr Characters with_letters_and_digits(std::string_view more) {
  Characters out = characters(kLettersAndDigits);
  for (const char c : more) out[static_cast<unsigned char>(c)] = true;
  return out;
}
constexpr Characters kWord = with_letters_and_digits("_");
constexpr Characters kPartOfWord = with_letters_and_digits("_-./+$()");
constexpr Characters kBeginsForm = [] {
  Characters out{};
  for (const Form& form : kForms) out[static_cast<unsigned char>(form.beginning.front())] = true;
  return out;
}();
bool is(const Characters& characters, char c) { return characters[static_cast<unsigned char>(c)]; }
bool is_part_of_word(char c) { return is(kPartOfWord, c); }

// A run of one character, or "EXAMPLE", is nobody's key.
bool is_made_up(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper.find("EXAMPLE") != std::string::npos || upper.find("XXXX") != std::string::npos) return true;
  std::array<bool, 256> seen{};
  std::size_t kinds = 0;
  for (const char c : text) {
    bool& known = seen[static_cast<unsigned char>(c)];
    kinds += known ? 0 : 1;
    known = true;
  }
  return kinds < 6;
}

// Where a credential stands in a text.
struct Hit {
  std::string_view kind;
  std::size_t begin = 0, end = 0;
  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

// The form that begins at a place where a word begins.
std::optional<Hit> form_at(std::string_view text, std::size_t at) {
  for (const Form& form : kForms) {
    if (form.beginning.front() != text[at] || !text.substr(at).starts_with(form.beginning)) continue;
    const std::size_t first = at + form.beginning.size();
    std::size_t end = first;
    while (end < text.size() && in(form.alphabet, text[end])) ++end;
    const std::size_t length = end - first;
    if (length >= form.least && length <= form.most && !is_made_up(text.substr(first, length))) return Hit{form.kind, at, end};
  }
  return std::nullopt;
}

std::optional<Hit> find_form(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is(kBeginsForm, text[at]) || (at > 0 && is(kWord, text[at - 1]))) continue;
    if (auto found = form_at(text, at)) return found;
  }
  return std::nullopt;
}

// "://user:password@host"
std::optional<Hit> find_url_password(std::string_view text) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::size_t end = text.find_first_of("@/ \t\n\"'", begin);
    if (end == std::string_view::npos || text[end] != '@') continue;
    const std::size_t colon = text.find(':', begin);
    if (colon >= end || colon + 1 == end) continue;
    const std::string_view password = text.substr(colon + 1, end - colon - 1);
    if (!is_placeholder(password)) return Hit{"a password in a URL", colon + 1, end};
  }
  return std::nullopt;
}

constexpr std::string_view kPrivateKey = "a private key";

std::optional<Hit> find_private_key(std::string_view text) {
  const std::size_t end = text.find("PRIVATE KEY-----");
  const std::size_t begin = text.find("-----BEGIN");
  if (end == std::string_view::npos || begin == std::string_view::npos) return std::nullopt;
  return Hit{kPrivateKey, begin, text.size()};
}

std::optional<Hit> find_azure_key(std::string_view text) {
  constexpr std::string_view kName = "AccountKey=";
  const std::size_t at = text.find(kName);
  if (at == std::string_view::npos || is_placeholder(text.substr(at + kName.size()))) return std::nullopt;
  const std::size_t begin = at + kName.size();
  return Hit{"an Azure storage key", begin, std::min(text.find_first_of("; \n\"'", begin), text.size())};
}

std::optional<Hit> find_hit(std::string_view text) {
  if (text.size() < 8) return std::nullopt;
  if (auto found = find_form(text)) return found;
  if (auto found = find_private_key(text)) return found;
  if (auto found = find_azure_key(text)) return found;
  return find_url_password(text);
}

}  // namespace

std::string redact(std::string_view secret) {
  const std::size_t shown = secret.size() >= 16 ? 6 : 0;
  return fmt::format("{}... ({} characters)", secret.substr(0, shown), secret.size());
}

std::optional<FoundSecret> find_secret(std::string_view text) {
  const auto hit = find_hit(text);
  if (!hit) return std::nullopt;
  return FoundSecret{hit->kind, hit->kind == kPrivateKey ? "-----BEGIN ... PRIVATE KEY-----" : redact(hit->in(text))};
}

std::string without_secrets(std::string text) {
  for (auto hit = find_hit(text); hit; hit = find_hit(text)) text.replace(hit->begin, hit->end - hit->begin, redact(hit->in(text)));
  return text;
}

bool shows_secret(std::string_view line) {
  if (find_hit(line)) return true;
  // A name of a secret, and behind it something that may be its value.
  bool named = false;
  while (!line.empty()) {
    const auto begin = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_part_of_word) - line.begin());
    line.remove_prefix(begin);
    const auto length = static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_part_of_word) - line.begin());
    const std::string_view word = line.substr(0, length);
    line.remove_prefix(length);
    if (named && !is_placeholder(word)) return true;
    named = named || is_secret_name(word);
  }
  return false;
}

bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 17> kEnds{"PASSWORD", "PASSWD", "SECRET", "SECRET_KEY", "ACCESS_KEY_SECRET", "SECRET_ACCESS_KEY", "ACCESS_KEY_ID",
                                                   "ACCESS_KEY", "TOKEN", "API_KEY", "PRIVATE_KEY", "KEY_SECRET", "CONNECTION_STRING", "STORAGE_KEY", "SESSION_TOKEN",
                                                   "OSS_KEY_ID", "CREDENTIALS_JSON"};
  constexpr Characters kLast = characters("dDtTyYnNgG");
  if (name.empty() || !is(kLast, name.back())) return false;
  const auto same = [](char a, char b) { return (a == '-' || a == '.' ? '_' : std::toupper(static_cast<unsigned char>(a))) == b; };
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) { return name.size() >= end.size() && std::equal(end.rbegin(), end.rend(), name.rbegin(), [&](char b, char a) { return same(a, b); }); });
}

bool is_placeholder(std::string_view value) {
  if (value.size() < 4) return true;
  if (value.starts_with("$") || value.starts_with("<") || value.starts_with("{{") || value.find("${") != std::string_view::npos || value.find("$(") != std::string_view::npos) return true;
  // A count of tokens, not a token.
  if (value.size() < 8 && value.find_first_not_of("0123456789.") == std::string_view::npos) return true;
  if (value == "True" || value == "False") return true;
  if (value == "true" || value == "false" || value == "none" || value == "null" || value.starts_with("/")) return true;
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("changeme") != std::string::npos || lower.find("your-") != std::string::npos || lower.find("your_") != std::string::npos ||
         lower.find("example") != std::string::npos || lower.find("xxxx") != std::string::npos || lower.find("****") != std::string::npos;
}

}  // namespace raykeep::checks
