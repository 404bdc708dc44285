// SPDX-License-Identifier: Apache-2.0
// Changes a users file: one line at a time, every other byte as it was, one writer at a time, old or new but never half.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "identity/user_file.h"

namespace raykeep::identity {

inline constexpr ErrorCode kUserExists{"user-exists", ErrorKind::kInput, "Use 'raykeep passwd set' to change the password."};
inline constexpr ErrorCode kNoSuchUser{"no-such-user", ErrorKind::kInput, "Use 'raykeep passwd list' to see who is there."};
inline constexpr ErrorCode kUserFileBusy{"users-file-busy", ErrorKind::kEnvironment, "Another program is changing it; try again."};

class UserFileEditor {
 public:
  enum class Missing { kError, kCreate };
  // Waits some seconds for another writer; reads and checks the lines. Their hashes, of whatever kind, are left for the
  // gateway to judge, so that a weak one can be replaced here.
  static Result<UserFileEditor> open(const std::string& path, Missing missing);

  const User* find(std::string_view name) const;
  Result<void> add(const User& user);
  Result<void> replace(const User& user);
  Result<void> remove(std::string_view name);

 private:
  UserFileEditor(std::string path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  Result<void> write(std::string text);

  std::string path_;
  std::string text_;
  std::vector<User> users_;
  FileDescriptor lock_;  // on the file itself; none while there is no file
};

}  // namespace raykeep::identity
