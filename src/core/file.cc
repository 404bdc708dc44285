// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "core/crypto.h"
#include "core/encoding.h"
#include "core/file_descriptor.h"

namespace raykeep {
namespace {

constexpr int kMostLinks = 40;  // as many as Linux follows

tl::unexpected<Error> unreadable(const std::string& path) {
  return fail(kFileUnreadable, fmt::format("cannot read it: {}", std::strerror(errno)), {path, 0, 0});
}

tl::unexpected<Error> unwritable(const std::string& path, std::string_view step) {
  return fail(kFileUnwritable, fmt::format("cannot {} it: {}", step, std::strerror(errno)), {path, 0, 0});
}

// Where a chain of symbolic links ends, so that the rename replaces the file and not the link. What the last link names
// need not be there yet. Nothing when the chain never ends.
std::optional<std::string> link_target(std::string path) {
  for (int followed = 0; followed < kMostLinks; ++followed) {
    std::error_code failed;
    const std::filesystem::path named = std::filesystem::read_symlink(path, failed);
    if (failed) return path;
    path = (std::filesystem::path(path).parent_path() / named).string();  // an absolute name stands alone
  }
  errno = ELOOP;
  return std::nullopt;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Makes the rename itself survive a power cut. A directory that cannot be opened is no reason to fail: the file is there.
void sync_directory_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const FileDescriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) ::fsync(fd.get());
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return unreadable(path);
  std::string out;
  struct stat known {};
  if (::fstat(fd.get(), &known) == 0 && S_ISREG(known.st_mode)) out.reserve(std::min(static_cast<std::size_t>(known.st_size), limit));
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path);
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
    if (out.size() > limit) return fail(kFileTooLarge, fmt::format("it is larger than {} bytes", limit), {path, 0, 0});
  }
}

Result<void> write_file(const std::string& path, std::string_view contents, unsigned mode) {
  const auto end = link_target(path);
  if (!end) return unwritable(path, "find");
  const std::string& target = *end;
  struct stat existing {};
  const bool exists = ::stat(target.c_str(), &existing) == 0;
  if (exists) mode = existing.st_mode & 07777U;
  const std::string temporary = target + ".tmp-" + hex_encode(random_bytes(6));
  FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return unwritable(path, "create");
  // An administrator who edits the file of a service must not take it away from the service. Who may not give a file away
  // writes it as its own, as a copy would be.
  const bool foreign = exists && (existing.st_uid != ::geteuid() || existing.st_gid != ::getegid());
  if (foreign && ::fchown(fd.get(), existing.st_uid, existing.st_gid) != 0 && errno != EPERM) {
    ::unlink(temporary.c_str());
    return unwritable(path, "give back");
  }
  const bool written = write_all(fd.get(), contents) && ::fchmod(fd.get(), mode) == 0 && ::fsync(fd.get()) == 0 &&
                       ::rename(temporary.c_str(), target.c_str()) == 0;
  if (!written) {
    const int why = errno;
    ::unlink(temporary.c_str());
    errno = why;
    return unwritable(path, "write");
  }
  sync_directory_of(target);
  return {};
}

}  // namespace raykeep
