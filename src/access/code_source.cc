// SPDX-License-Identifier: Apache-2.0
#include "access/code_source.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "access/cluster_pattern.h"
#include "core/encoding.h"
#include "ray/command_text.h"
#include "ray/package.h"

namespace raykeep::access {
namespace {

constexpr std::array<std::string_view, 7> kUrlOptions{"--index-url",       "-i",           "--index", "--default-index",
                                                      "--extra-index-url", "--find-links", "-f"};
constexpr std::array<std::string_view, 14> kHarmlessOptions{"--pre",
                                                            "--no-deps",
                                                            "--no-cache-dir",
                                                            "--no-cache",
                                                            "--disable-pip-version-check",
                                                            "--upgrade",
                                                            "-U",
                                                            "--no-input",
                                                            "--quiet",
                                                            "-q",
                                                            "--require-hashes",
                                                            "--no-build-isolation",
                                                            "--prefer-binary",
                                                            "--isolated"};

template <typename List>
bool contains(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool has_control_or_space(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

struct Uri {
  std::string scheme;
  std::string_view authority;
};

// Scheme and authority of a URI that every program reads alike. RFC 3986, with less allowed.
std::optional<Uri> parse_uri(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || has_control_or_space(text)) return std::nullopt;
  if (text.find('\\') != std::string_view::npos || !is_utf8(text)) return std::nullopt;
  Uri out;
  for (const char c : text.substr(0, colon)) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+')) return std::nullopt;
    out.scheme += c;
  }
  const auto rest = text.substr(colon + 3);
  out.authority = rest.substr(0, rest.find_first_of("/?#"));
  return out;
}

bool is_plain_host(std::string_view authority) {
  return !authority.empty() && std::all_of(authority.begin(), authority.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string list_of(std::span<const AllowedSource> allowed) {
  if (allowed.empty()) return "nothing is allowed here";
  std::string out = "allowed are ";
  for (const AllowedSource& source : allowed) {
    if (out.size() > 12) out += ", ";
    out += source.scheme + "://";
    if (!source.hosts.empty()) out += fmt::format("{}", fmt::join(source.hosts, "|"));
  }
  return out;
}

std::string option_problem(std::string_view option, std::optional<std::string_view> value,
                           const SubmissionPolicy& policy) {
  if (contains(kUrlOptions, option)) {
    if (!value || value->empty()) return fmt::format("has {} without a URL", option);
    return source_problem(*value, policy.package_sources);
  }
  if (contains(kHarmlessOptions, option) && !value) return {};
  return fmt::format("holds the option {}, which is not allowed", json_quote(option));
}

// "--option=value", "--option value" or "--option".
std::string option_line_problem(std::string_view line, const SubmissionPolicy& policy) {
  const auto split = line.find_first_of("= ");
  if (split == std::string_view::npos) return option_problem(line, std::nullopt, policy);
  auto value = line.substr(split + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return option_problem(line.substr(0, split), value, policy);
}

std::string url_requirement_problem(std::string_view url, const SubmissionPolicy& policy) {
  // "git+https://host/repository@tag": what is before '+' says how to fetch, not from where.
  const auto plus = url.find('+');
  if (plus != std::string_view::npos && plus < url.find("://")) url.remove_prefix(plus + 1);
  return source_problem(url, policy.package_sources);
}

}  // namespace

bool any_glob_matches(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_matches(glob, text); });
}

std::string source_problem(std::string_view text, std::span<const AllowedSource> allowed) {
  const auto uri = parse_uri(text);
  if (!uri) return fmt::format("{} is not a plain URI; {}", json_quote(ray::redact_url(text)), list_of(allowed));
  const auto refused = [&](std::string_view why) {
    return fmt::format("{} {}; {}", json_quote(ray::redact_url(text)), why, list_of(allowed));
  };
  if (uri->scheme == "gcs" && !ray::package_of_uri(text)) return refused("is not an uploaded package");
  if (uri->authority.find('@') != std::string_view::npos)
    return refused("holds a user or password, which every reader of the job would see");
  if (!is_plain_host(uri->authority)) return refused("has no plain host name");
  const std::string host = lower(uri->authority.substr(0, uri->authority.find(':')));
  for (const AllowedSource& source : allowed) {
    if (source.scheme != uri->scheme) continue;
    if (source.hosts.empty() || any_glob_matches(source.hosts, host)) return {};
  }
  return refused("is not an allowed source");
}

std::string requirement_problem(std::string_view line, const SubmissionPolicy& policy) {
  const auto quoted = [&] { return json_quote(ray::redact_url(line)); };
  if (line.empty() || !is_utf8(line)) return "is empty or not UTF-8";
  const bool one_line =
      std::none_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!one_line || line.find('\\') != std::string_view::npos || line.find("${") != std::string_view::npos) {
    return fmt::format("{} holds a line break, a backslash or a variable", quoted());
  }
  if (line.front() == ' ' || line.back() == ' ') return fmt::format("{} begins or ends with a space", quoted());
  if (line.front() == '-') return option_line_problem(line, policy);
  if (line.front() == '#') return {};
  if (line.find("://") != std::string_view::npos) {
    const auto at = line.find('@');
    const bool named = at != std::string_view::npos && at < line.find("://");
    auto url = named ? line.substr(at + 1) : line;
    url.remove_prefix(std::min(url.find_first_not_of(' '), url.size()));
    return url_requirement_problem(url, policy);
  }
  if (line.find(" -") != std::string_view::npos) return fmt::format("{} holds an option", quoted());
  if (line.find_first_of("/@:") != std::string_view::npos || line.front() == '.')
    return fmt::format("{} is a local path", quoted());
  if (!policy.package_names_allowed)
    return fmt::format("{} is not a URL; {}", quoted(), list_of(policy.package_sources));
  return {};
}

std::string install_options_problem(const std::vector<std::string>& options, const SubmissionPolicy& policy) {
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string& option = options[i];
    if (has_control_or_space(option) || !option.starts_with('-'))
      return fmt::format("{} is not an option", json_quote(ray::redact_url(option)));
    const bool takes_next = contains(kUrlOptions, option) && i + 1 < options.size();
    const std::string problem = takes_next ? option_problem(option, std::string_view(options[i + 1]), policy)
                                           : option_line_problem(option, policy);
    if (!problem.empty()) return problem;
    if (takes_next) ++i;
  }
  return {};
}

std::string variable_problem(std::string_view name, const SubmissionPolicy& policy) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool plain = !name.empty() && letter(name.front()) &&
                     std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  if (!plain) return "is not a variable name of letters, digits and '_'";
  if (any_glob_matches(policy.allowed_environment, name)) return {};
  if (any_glob_matches(policy.denied_environment, name)) return "may not be set by a job";
  return {};
}

}  // namespace raykeep::access
