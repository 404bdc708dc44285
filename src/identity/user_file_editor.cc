// SPDX-License-Identifier: Apache-2.0
#include "identity/user_file_editor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/file.h"

namespace raykeep::identity {
namespace {

const std::vector<HashKind> kEveryKind{HashKind::kSha256, HashKind::kMd5, HashKind::kDes};

struct LineRange {
  std::size_t begin;
  std::size_t end;  // after its line end
};

LineRange range_of(std::string_view text, std::size_t line) {
  std::size_t begin = 0;
  for (std::size_t i = 1; i < line; ++i) begin = text.find('\n', begin) + 1;
  const std::size_t newline = text.find('\n', begin);
  return {begin, newline == std::string_view::npos ? text.size() : newline + 1};
}

}  // namespace

UserFileEditor::UserFileEditor(std::string path, std::string text, UserTable table, FileDescriptor lock)
    : path_(std::move(path)), text_(std::move(text)), table_(std::move(table)), lock_(std::move(lock)) {}

Result<UserFileEditor> UserFileEditor::open(const std::string& path, Missing missing) {
  // A file of its own is locked, because the users file itself is replaced by each change.
  FileDescriptor lock(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX) != 0) return fail(kFileUnwritable, "cannot lock it", {path + ".lock", 0, 0});
  struct stat found {};
  std::string text;
  if (missing == Missing::kError || ::stat(path.c_str(), &found) == 0) {
    RK_TRY(text, read_file(path, kLargestUserFile));
  }
  RK_TRY(UserTable table, parse_user_file(text, path, kEveryKind));
  return UserFileEditor(path, std::move(text), std::move(table), std::move(lock));
}

Result<void> UserFileEditor::write(std::string text) {
  // What would not be read back is not written.
  RK_TRY(table_, parse_user_file(text, path_, kEveryKind));
  RK_TRY_VOID(write_file(path_, text, 0600));
  text_ = std::move(text);
  return {};
}

Result<void> UserFileEditor::add(const User& user) {
  if (!is_user_name(user.name)) return fail(kUserFileLine, "a user name is 1 to 128 letters, digits and ._@+-");
  if (find(user.name) != nullptr) return fail(kUserExists, fmt::format("user {} is there already", user.name), {path_, find(user.name)->line, 1});
  std::string text = text_;
  if (!text.empty() && text.back() != '\n') text += '\n';
  return write(text + user_line(user) + "\n");
}

Result<void> UserFileEditor::replace(const User& user) {
  const User* existing = find(user.name);
  if (existing == nullptr) return fail(kNoSuchUser, fmt::format("there is no user {}", user.name), {path_, 0, 0});
  const LineRange range = range_of(text_, existing->line);
  const bool carriage_return = std::string_view(text_).substr(range.begin, range.end - range.begin).ends_with("\r\n");
  std::string text = text_;
  text.replace(range.begin, range.end - range.begin, user_line(user) + (carriage_return ? "\r\n" : "\n"));
  return write(std::move(text));
}

Result<void> UserFileEditor::remove(std::string_view name) {
  const User* existing = find(name);
  if (existing == nullptr) return fail(kNoSuchUser, fmt::format("there is no user {}", name), {path_, 0, 0});
  const LineRange range = range_of(text_, existing->line);
  std::string text = text_;
  text.erase(range.begin, range.end - range.begin);
  return write(std::move(text));
}

}  // namespace raykeep::identity
