// SPDX-License-Identifier: Apache-2.0
// Users and their password hashes, in the form of htpasswd files: "name:hash", or with Raykeep's own third field
// "name:hash:groups=a,b;changed=2026-11-23T20:00:00.000Z;history=hash,hash;disabled=1". Blank lines and lines that begin
// with '#' are skipped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time_text.h"
#include "identity/password_hash.h"

namespace raykeep::identity {

inline constexpr ErrorCode kUserFileLine{"users-file-line", ErrorKind::kInput,
                                         "Each line is name:hash, as htpasswd -B or raykeep passwd writes it."};
inline constexpr ErrorCode kUserFileWeakHash{"users-file-weak-hash", ErrorKind::kInput,
                                             "Set the password again (raykeep passwd set), or allow this kind by name in users.allow_legacy_hashes."};

inline constexpr std::size_t kLargestUserFile = 16U << 20;
inline constexpr std::size_t kLongestUserName = 128;
inline constexpr std::size_t kLongestUserLine = 16U << 10;

// In place of a hash: no password is right. For programs, which sign in by token alone.
inline constexpr std::string_view kNoPassword = "!";

struct User {
  std::string name;
  std::string hash;
  std::vector<std::string> groups;
  std::optional<Time> changed;          // when the password was last set; unknown for other programs' lines
  bool disabled = false;
  std::vector<std::string> history;     // hashes of earlier passwords, newest first
  std::size_t line = 0;                 // in the file, from 1

  bool has_password() const { return hash != kNoPassword; }
};

// Letters, digits and ._@+- ; at most kLongestUserName. Never ':' or anything that a log or a header could misread.
bool is_user_name(std::string_view name);

// Immutable, by name.
class UserTable {
 public:
  const User* find(std::string_view name) const;
  const std::map<std::string, User, std::less<>>& users() const { return users_; }
  // A hash to check when a user does not exist: of the commonest kind and cost here. Never matches.
  const std::string& decoy() const { return decoy_; }

 private:
  friend Result<UserTable> parse_user_file(std::string_view, const std::string&, const std::vector<HashKind>&);
  void choose_decoy();
  std::map<std::string, User, std::less<>> users_;
  std::string decoy_;
};

// `file` is for messages. Weak kinds are refused unless listed.
Result<UserTable> parse_user_file(std::string_view text, const std::string& file, const std::vector<HashKind>& allowed_legacy);

// The lines as they stand, in order, with no say about the hashes; a name that stands twice is an error.
Result<std::vector<User>> read_user_lines(std::string_view text, const std::string& file);

// One line, without its end.
Result<User> parse_user_line(std::string_view line, const SourcePosition& at);
std::string user_line(const User& user);

}  // namespace raykeep::identity
