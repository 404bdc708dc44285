// SPDX-License-Identifier: Apache-2.0
#include "checks/secret_patterns.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

#include "checks/secret_names.h"
#include "core/encoding.h"

namespace raykeep::checks {
namespace {

// A form: a fixed beginning, then `least` to `most` characters of an alphabet.
struct Form {
  std::string_view kind, beginning;
  std::size_t least, most;
  enum class Alphabet : std::uint8_t { kAlnum, kUpper, kWord, kBase64, kDotted } alphabet;
};
using A = Form::Alphabet;
// Lengths and prefixes as the providers and the public scanners' rules give them.
constexpr std::array kWrittenForms{
    Form{"an Alibaba Cloud AccessKey id", "LTAI", 12, 20, A::kAlnum},
    Form{"an Alibaba Cloud STS AccessKey id", "STS.", 20, 26, A::kAlnum},
    Form{"an Alibaba Cloud STS token", "CAIS", 100, 4096, A::kBase64},
    Form{"an AWS access key id", "AKIA", 16, 16, A::kUpper},
    Form{"an AWS access key id", "ASIA", 16, 16, A::kUpper},
    Form{"an AWS access key id", "ABIA", 16, 16, A::kUpper},
    Form{"an AWS access key id", "ACCA", 16, 16, A::kUpper},
    Form{"an AWS access key id", "A3T", 17, 17, A::kUpper},
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
    Form{"an API key of a model provider", "sk-", 32, 64, A::kAlnum},
    Form{"an NVIDIA API key", "nvapi-", 60, 80, A::kWord},
    Form{"a Groq API key", "gsk_", 52, 52, A::kAlnum},
    Form{"a Replicate token", "r8_", 37, 37, A::kAlnum},
    Form{"a Tencent Cloud secret id", "AKID", 32, 32, A::kAlnum},
    Form{"a Volcengine access key id", "AKLT", 40, 48, A::kAlnum},
    Form{"a Google OAuth client secret", "GOCSPX-", 28, 28, A::kWord},
    Form{"a Docker Hub token", "dckr_pat_", 27, 27, A::kWord},
    Form{"a Slack webhook", "hooks.slack.com/services/", 30, 60, A::kBase64},
    Form{"a Stripe key", "sk_live_", 24, 99, A::kAlnum},
    Form{"a Stripe key", "rk_live_", 24, 99, A::kAlnum},
    Form{"a SendGrid key", "SG.", 60, 70, A::kDotted},
    Form{"a Grafana token", "glsa_", 40, 41, A::kWord},
    Form{"a DigitalOcean token", "dop_v1_", 64, 64, A::kAlnum},
};

// Sorted, so that those that begin with a character stand together.
constexpr auto kForms = [] {
  auto out = kWrittenForms;
  std::sort(out.begin(), out.end(), [](const Form& a, const Form& b) { return a.beginning < b.beginning; });
  return out;
}();
// Where those of a character begin; the next character's place is where they end.
constexpr std::array<std::uint8_t, 257> kFormsOf = [] {
  std::array<std::uint8_t, 257> out{};
  for (std::size_t c = 0; c < out.size(); ++c) {
    for (const Form& form : kForms) out[c] = static_cast<std::uint8_t>(out[c] + (static_cast<unsigned char>(form.beginning.front()) < c ? 1 : 0));
  }
  return out;
}();

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
constexpr std::array<Characters, 5> kAlphabets{with_letters_and_digits(""), characters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), with_letters_and_digits("_-"), with_letters_and_digits("+/="), with_letters_and_digits("_-.")};
bool is(const Characters& characters, char c) { return characters[static_cast<unsigned char>(c)]; }
bool in(Form::Alphabet alphabet, char c) { return is(kAlphabets[static_cast<std::size_t>(alphabet)], c); }
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
  const auto character = static_cast<unsigned char>(text[at]);
  for (std::size_t i = kFormsOf[character]; i < kFormsOf[character + 1U]; ++i) {
    const Form& form = kForms[i];
    if (!text.substr(at).starts_with(form.beginning)) continue;
    const std::size_t first = at + form.beginning.size();
    std::size_t end = first;
    while (end < text.size() && in(form.alphabet, text[end])) ++end;
    const std::size_t length = end - first;
    // sts.AssumeRole and the like are words.
    if (form.beginning == "STS." && text.substr(first, length).find_first_of("0123456789") == std::string_view::npos) continue;
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

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

// "://user:password@host" or "://token@host". A password may hold a slash, though it should not; a port and a path may not be
// taken for one.
std::optional<Hit> find_url_password(std::string_view text) {
  constexpr std::size_t kShortestToken = 16;
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::string_view rest = text.substr(begin, text.find_first_of(" \t\n\"';?#", begin) - begin);
    const std::size_t end = rest.find('@');
    if (end == std::string_view::npos) continue;
    const std::size_t colon = rest.find(':');
    const bool is_token = colon >= end;
    const std::string_view secret = rest.substr(is_token ? 0 : colon + 1, is_token ? end : end - colon - 1);
    const std::size_t slash = secret.find('/');
    const bool is_path = slash != std::string_view::npos && (is_token || secret.find_first_not_of("0123456789") == slash);
    if (secret.empty() || is_path || is_placeholder(secret) || (is_token && (secret.size() < kShortestToken || !has_digit(secret)))) continue;
    const std::size_t first = begin + static_cast<std::size_t>(secret.data() - rest.data());
    return Hit{is_token ? "a token in a URL" : "a password in a URL", first, first + secret.size()};
  }
  return std::nullopt;
}

std::size_t end_of_run(std::string_view text, std::size_t at, Form::Alphabet alphabet) {
  while (at < text.size() && in(alphabet, text[at])) ++at;
  return at;
}

// Header, claims and signature in base64url (RFC 7519); both of the first two begin with {".
std::optional<Hit> find_web_token(std::string_view text) {
  constexpr std::string_view kBegin = "eyJ";
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at + 1)) {
    const std::size_t header = end_of_run(text, at, A::kWord);
    if (!text.substr(header).starts_with(".eyJ")) continue;
    const std::size_t claims = end_of_run(text, header + 1, A::kWord);
    const std::size_t end = claims < text.size() && text[claims] == '.' ? end_of_run(text, claims + 1, A::kWord) : claims;
    if (end > claims + 10) return Hit{"a JSON Web Token", at, end};
  }
  return std::nullopt;
}

// "Authorization: Bearer ...".
std::optional<Hit> find_bearer(std::string_view text) {
  constexpr std::string_view kScheme = "Bearer ";
  constexpr std::size_t kShortest = 16;
  for (std::size_t at = text.find(kScheme); at != std::string_view::npos; at = text.find(kScheme, at + 1)) {
    const std::size_t begin = at + kScheme.size();
    std::size_t end = begin;
    while (end < text.size() && (in(A::kBase64, text[end]) || in(A::kWord, text[end]) || text[end] == '.')) ++end;
    const std::string_view token = text.substr(begin, end - begin);
    if (token.size() >= kShortest && has_digit(token) && !is_placeholder(token)) return Hit{"a bearer token", begin, end};
  }
  return std::nullopt;
}

// What connection strings assign.
struct Assigned {
  std::string_view name, kind;
};
constexpr std::array kAssigned{
    Assigned{"AccountKey=", "an Azure storage key"},
    Assigned{";Password=", "a password in a connection string"},
    Assigned{";password=", "a password in a connection string"},
    Assigned{";Pwd=", "a password in a connection string"},
    Assigned{";pwd=", "a password in a connection string"},
    Assigned{";PWD=", "a password in a connection string"},
};

std::optional<Hit> find_assigned(std::string_view text) {
  for (const Assigned& assigned : kAssigned) {
    for (std::size_t at = text.find(assigned.name); at != std::string_view::npos; at = text.find(assigned.name, at + 1)) {
      const std::size_t begin = at + assigned.name.size();
      const std::size_t end = std::min(text.find_first_of("; \n\"'", begin), text.size());
      if (!is_placeholder(text.substr(begin, end - begin))) return Hit{assigned.kind, begin, end};
    }
  }
  return std::nullopt;
}

// "abc8Q~..." of Microsoft Entra applications.
std::optional<Hit> find_entra_secret(std::string_view text) {
  for (std::size_t at = text.find("Q~"); at != std::string_view::npos; at = text.find("Q~", at + 1)) {
    if (at < 4 || std::isdigit(static_cast<unsigned char>(text[at - 1])) == 0 || !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) - 4, text.begin() + static_cast<std::ptrdiff_t>(at), [](char c) { return in(A::kWord, c) || c == '.' || c == '~'; })) continue;
    std::size_t end = at + 2;
    while (end < text.size() && (in(A::kWord, text[end]) || text[end] == '.' || text[end] == '~')) ++end;
    if (end - at - 2 >= 31 && end - at - 2 <= 34) return Hit{"an Entra client secret", at - 4, end};
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

// Characters without which some searches find nothing.
enum Sign : std::uint8_t { kDash = 1, kEquals = 2, kDot = 4, kTilde = 8, kAt = 16, kFormBegins = 32, kBearer = 64 };
constexpr std::array<std::uint8_t, 256> kSigns = [] {
  std::array<std::uint8_t, 256> out{};
  out['-'] = kDash;
  out['='] = kEquals;
  out['.'] = kDot;
  out['~'] = kTilde;
  out['@'] = kAt;
  out['B'] = kBearer;
  for (std::size_t c = 0; c < out.size(); ++c) {
    if (kBeginsForm[c]) out[c] = static_cast<std::uint8_t>(out[c] | kFormBegins);
  }
  return out;
}();

std::optional<Hit> find_plain(std::string_view text) {
  if (text.size() < 8) return std::nullopt;
  std::uint8_t signs = 0;
  for (const char c : text) signs = static_cast<std::uint8_t>(signs | kSigns[static_cast<unsigned char>(c)]);
  constexpr std::array<std::pair<Sign, std::optional<Hit> (*)(std::string_view)>, 7> kSearches{{{kFormBegins, find_form}, {kDash, find_private_key}, {kEquals, find_assigned}, {kDot, find_web_token},
                                                                                             {kTilde, find_entra_secret}, {kAt, find_url_password}, {kBearer, find_bearer}}};
  for (const auto& [sign, search] : kSearches) {
    const auto found = (signs & sign) != 0 ? search(text) : std::nullopt;
    if (found) return found;
  }
  return std::nullopt;
}

// A credential behind base64, which hides nothing.
std::optional<Hit> find_encoded(std::string_view text) {
  constexpr std::size_t kShortest = 24;
  for (std::size_t at = 0; at + kShortest <= text.size();) {
    const std::size_t end = end_of_run(text, at, A::kBase64);
    const std::string_view run = text.substr(at, end - at);
    const bool is_hex = run.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    const auto plain = run.size() < kShortest || is_hex ? std::nullopt : base64_decode(run);
    if (const auto hit = plain ? find_plain(*plain) : std::nullopt) return Hit{hit->kind, at, end};
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<Hit> find_hit(std::string_view text) {
  auto found = find_plain(text);
  return found ? found : find_encoded(text);
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
  std::string out;
  std::string_view rest = text;
  // What is redacted is not looked at again; before it may stand what another search finds.
  for (auto hit = find_hit(rest); hit; hit = find_hit(rest)) {
    out += without_secrets(std::string(rest.substr(0, hit->begin))) + redact(hit->in(rest));
    rest.remove_prefix(hit->end);
  }
  return out.empty() ? text : out.append(rest);
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

}  // namespace raykeep::checks
