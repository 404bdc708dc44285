// SPDX-License-Identifier: Apache-2.0
#include "identity/user_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/encoding.h"

namespace raykeep::identity {
namespace {

// What a system without users would use, so that guesses at an empty table cost the same, too.
constexpr std::string_view kPlainDecoySetting = "$y$j9T$abcdefghijklmnopqrstu/$";

std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

std::string join(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ",") + item;
  return out;
}

// Nothing when an item is empty.
std::optional<std::vector<std::string>> read_list(std::string_view text) {
  if (text.empty() || text.ends_with(',')) return std::nullopt;
  std::vector<std::string> out;
  while (!text.empty()) {
    out.emplace_back(take_until(text, ','));
    if (out.back().empty()) return std::nullopt;
  }
  return out;
}

Result<std::vector<std::string>> read_groups(std::string_view value, const SourcePosition& at) {
  auto out = read_list(value);
  const bool good = out && std::all_of(out->begin(), out->end(), [](const std::string& g) { return is_user_name(g); });
  if (!good) return fail(kUserFileLine, "a group name is empty or holds other characters than letters, digits and ._@+-", at);
  return std::move(*out);
}

Result<std::vector<std::string>> read_history(std::string_view value, const SourcePosition& at) {
  auto out = read_list(value);
  const bool good = out && std::all_of(out->begin(), out->end(), [](const std::string& hash) { return hash_problem(hash).empty(); });
  if (!good) return fail(kUserFileLine, "the history is not a list of whole password hashes", at);
  return std::move(*out);
}

Result<void> parse_extra(std::string_view key, std::string_view value, const SourcePosition& at, User& out) {
  if (key == "groups") {
    RK_TRY(out.groups, read_groups(value, at));
  } else if (key == "changed") {
    out.changed = parse_time(value);
    if (!out.changed) return fail(kUserFileLine, fmt::format("{} is not a time like 2026-11-23T20:00:00Z", json_quote(value)), at);
  } else if (key == "history") {
    RK_TRY(out.history, read_history(value, at));
  } else if (key == "disabled") {
    if (value != "1") return fail(kUserFileLine, "disabled takes the value 1; leave it out otherwise", at);
    out.disabled = true;
  } else {
    return fail(kUserFileLine, fmt::format("unknown field {} after the hash; known are groups, changed, history, disabled", json_quote(key)), at);
  }
  return {};
}

Result<void> parse_extras(std::string_view extras, const SourcePosition& at, User& out) {
  std::vector<std::string_view> seen;
  while (!extras.empty()) {
    std::string_view value = take_until(extras, ';');
    const std::string_view key = take_until(value, '=');
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) return fail(kUserFileLine, fmt::format("the field {} stands twice", key), at);
    seen.push_back(key);
    RK_TRY_VOID(parse_extra(key, value, at, out));
  }
  return {};
}

Result<void> check_hash(const User& user, const std::vector<HashKind>& allowed_legacy, const SourcePosition& at) {
  if (!user.has_password()) return {};
  const HashKind kind = kind_of_hash(user.hash);
  if (kind == HashKind::kUnknown) return fail(kUserFileLine, fmt::format("the hash of user {} is of no known kind", user.name), at);
  if (!is_strong(kind)) {
    const bool allowed = std::find(allowed_legacy.begin(), allowed_legacy.end(), kind) != allowed_legacy.end();
    if (!allowed) return fail(kUserFileWeakHash, fmt::format("user {} has a weak {} hash", user.name, name_of(kind)), at);
    if (!can_check(kind)) return fail(kUserFileWeakHash, fmt::format("{} hashes, as of user {}, cannot be checked here", name_of(kind), user.name), at);
  }
  const std::string problem = hash_problem(user.hash);
  if (!problem.empty()) return fail(kUserFileLine, fmt::format("user {}: {}", user.name, problem), at);
  return {};
}

}  // namespace

bool is_user_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestUserName) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || std::string_view("._@+-").find(c) != std::string_view::npos;
  });
}

Result<User> parse_user_line(std::string_view line, const SourcePosition& at) {
  User out;
  out.line = at.line;
  if (line.size() > kLongestUserLine) return fail(kUserFileLine, fmt::format("the line is longer than {} bytes", kLongestUserLine), at);
  if (line.find(':') == std::string_view::npos) return fail(kUserFileLine, "there is no ':' between name and hash", at);
  out.name = std::string(take_until(line, ':'));
  out.hash = std::string(take_until(line, ':'));
  if (!is_user_name(out.name)) return fail(kUserFileLine, "a user name is 1 to 128 letters, digits and ._@+-", at);
  if (out.hash.empty()) return fail(kUserFileLine, fmt::format("user {} has no hash", out.name), at);
  RK_TRY_VOID(parse_extras(line, at, out));
  return out;
}

std::string user_line(const User& user) {
  std::vector<std::string> extras;
  if (!user.groups.empty()) extras.push_back("groups=" + join(user.groups));
  if (user.changed) extras.push_back("changed=" + format_time(*user.changed));
  if (!user.history.empty()) extras.push_back("history=" + join(user.history));
  if (user.disabled) extras.push_back("disabled=1");
  std::string out = user.name + ":" + user.hash;
  for (std::size_t i = 0; i < extras.size(); ++i) out += (i == 0 ? ":" : ";") + extras[i];
  return out;
}

const User* UserTable::find(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : &found->second;
}

void UserTable::choose_decoy() {
  std::map<std::string, std::pair<std::size_t, const User*>> settings;
  for (const auto& [name, user] : users_) {
    if (!user.has_password()) continue;
    auto& [count, one] = settings[cost_class(user.hash)];
    ++count;
    one = &user;
  }
  const auto commonest = std::max_element(settings.begin(), settings.end(), [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  decoy_ = commonest == settings.end() ? decoy_like(std::string(kPlainDecoySetting) + std::string(43, '.'))
                                       : decoy_like(commonest->second.second->hash);
}

Result<std::vector<User>> read_user_lines(std::string_view text, const std::string& file) {
  std::vector<User> out;
  std::map<std::string, std::size_t, std::less<>> lines;
  SourcePosition at{file, 0, 1};
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    ++at.line;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    RK_TRY(User user, parse_user_line(line, at));
    const auto [existing, added] = lines.emplace(user.name, at.line);
    if (!added) return fail(kUserFileLine, fmt::format("user {} stands already in line {}", user.name, existing->second), at);
    out.push_back(std::move(user));
  }
  return out;
}

Result<UserTable> parse_user_file(std::string_view text, const std::string& file, const std::vector<HashKind>& allowed_legacy) {
  UserTable out;
  RK_TRY(auto users, read_user_lines(text, file));
  for (User& user : users) {
    RK_TRY_VOID(check_hash(user, allowed_legacy, {file, user.line, 1}));
    std::string name = user.name;
    out.users_.emplace(std::move(name), std::move(user));
  }
  out.choose_decoy();
  return out;
}

}  // namespace raykeep::identity
