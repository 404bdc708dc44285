// SPDX-License-Identifier: Apache-2.0
#include "identity/user_file_editor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/file.h"

namespace raykeep::identity {
namespace {

constexpr std::chrono::seconds kLockPatience{10};
constexpr std::chrono::milliseconds kLockPoll{50};

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

// The line of a user, as it will be read back: one line, with nothing in it that belongs elsewhere.
Result<std::string> line_of(const User& user) {
  std::string line = user_line(user);
  if (line.find_first_of("\r\n") != std::string::npos) return fail(kUserFileLine, "a line of the users file cannot hold a line end");
  RK_TRY_VOID(parse_user_line(line, {}).map([](const User&) {}));
  return line;
}

bool is_file(int fd, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

// The file itself is locked, so that no lock file stays behind. Writers replace the file: when one did so while this one
// waited, what is locked is a file that is gone, and the new one has to be locked.
Result<FileDescriptor> lock(const std::string& path) {
  const auto until = std::chrono::steady_clock::now() + kLockPatience;
  for (;;) {
    FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return fail(kFileUnreadable, fmt::format("cannot read it: {}", std::strerror(errno)), {path, 0, 0});
    const bool locked = ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
    if (locked && is_file(fd.get(), path)) return fd;
    if (std::chrono::steady_clock::now() > until) return fail(kUserFileBusy, "it stays locked", {path, 0, 0});
    if (!locked) std::this_thread::sleep_for(kLockPoll);
  }
}

// Makes it empty unless it is there, so that there is something to lock.
Result<void> create(const std::string& path) {
  const FileDescriptor made(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (made.valid()) return {};
  return fail(kFileUnwritable, fmt::format("cannot create it: {}", std::strerror(errno)), {path, 0, 0});
}

}  // namespace

Result<UserFileEditor> UserFileEditor::open(const std::string& path, Missing missing) {
  struct stat about {};
  if (missing == Missing::kCreate && ::stat(path.c_str(), &about) != 0 && errno == ENOENT) return UserFileEditor(path, FileDescriptor());
  RK_TRY(FileDescriptor held, lock(path));
  UserFileEditor out(path, std::move(held));
  RK_TRY(out.text_, read_file(path, kLargestUserFile));
  RK_TRY(out.users_, read_user_lines(out.text_, path));
  return out;
}

const User* UserFileEditor::find(std::string_view name) const {
  const auto found = std::find_if(users_.begin(), users_.end(), [name](const User& user) { return user.name == name; });
  return found == users_.end() ? nullptr : &*found;
}

Result<void> UserFileEditor::write(std::string text) {
  // What would not be read back is not written.
  if (text.size() > kLargestUserFile) return fail(kFileTooLarge, fmt::format("it would be larger than {} bytes", kLargestUserFile), {path_, 0, 0});
  RK_TRY(auto users, read_user_lines(text, path_));
  if (!lock_.valid()) {
    RK_TRY_VOID(create(path_));
    RK_TRY(lock_, lock(path_));
    RK_TRY(const std::string meanwhile, read_file(path_, kLargestUserFile));
    if (!meanwhile.empty()) return fail(kUserFileBusy, "another program has made it meanwhile", {path_, 0, 0});
  }
  RK_TRY_VOID(write_file(path_, text, 0600));
  // The file that was locked is gone; the next change locks the new one.
  RK_TRY(lock_, lock(path_));
  users_ = std::move(users);
  text_ = std::move(text);
  return {};
}

Result<void> UserFileEditor::add(const User& user) {
  if (!is_user_name(user.name)) return fail(kUserFileLine, "a user name is 1 to 128 letters, digits and ._@+-");
  if (find(user.name) != nullptr) return fail(kUserExists, fmt::format("user {} is there already", user.name), {path_, find(user.name)->line, 1});
  RK_TRY(const std::string line, line_of(user));
  std::string text = text_;
  if (!text.empty() && text.back() != '\n') text += '\n';
  return write(text + line + "\n");
}

Result<void> UserFileEditor::replace(const User& user) {
  const User* existing = find(user.name);
  if (existing == nullptr) return fail(kNoSuchUser, fmt::format("there is no user {}", user.name), {path_, 0, 0});
  RK_TRY(const std::string line, line_of(user));
  const LineRange range = range_of(text_, existing->line);
  const bool carriage_return = std::string_view(text_).substr(range.begin, range.end - range.begin).ends_with("\r\n");
  std::string text = text_;
  text.replace(range.begin, range.end - range.begin, line + (carriage_return ? "\r\n" : "\n"));
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
