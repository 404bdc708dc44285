// SPDX-License-Identifier: Apache-2.0
// Changes a users file: one line at a time, every other byte as it was, one writer at a time, old or new but never half.
#pragma once

#include <string>
#include <string_view>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "identity/user_file.h"

namespace raykeep::identity {

inline constexpr ErrorCode kUserExists{"user-exists", ErrorKind::kInput, "Use 'raykeep passwd set' to change the password."};
inline constexpr ErrorCode kNoSuchUser{"no-such-user", ErrorKind::kInput, "Use 'raykeep passwd list' to see who is there."};

class UserFileEditor {
 public:
  enum class Missing { kError, kCreate };
  // Waits for other writers; reads and checks the file. Weak hashes of other lines are left for the gateway to judge.
  static Result<UserFileEditor> open(const std::string& path, Missing missing);

  const User* find(std::string_view name) const { return table_.find(name); }
  const UserTable& table() const { return table_; }
  Result<void> add(const User& user);
  Result<void> replace(const User& user);
  Result<void> remove(std::string_view name);

 private:
  UserFileEditor(std::string path, std::string text, UserTable table, FileDescriptor lock);
  Result<void> write(std::string text);
  std::string path_;
  std::string text_;
  UserTable table_;
  FileDescriptor lock_;
};

}  // namespace raykeep::identity
