// SPDX-License-Identifier: Apache-2.0
#include "audit/segment.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/chain.h"
#include "audit/journal.h"
#include "core/file.h"

namespace raykeep::audit {
namespace {

constexpr std::string_view kPrefix = "audit-";
constexpr std::string_view kSuffix = ".jsonl";

bool sync_directory(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const FileDescriptor fd(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.valid() && ::fsync(fd.get()) == 0;
}

// Gives out whole lines of a buffer that is refilled; keeps at most one line more than kLongestLine.
class LineReader {
 public:
  explicit LineReader(const std::function<bool(const LineAt&)>& each) : each_(each) {}

  // False when `each` has seen enough.
  bool feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto newline = bytes.find('\n');
      const auto piece = bytes.substr(0, newline);
      // Of an overlong line enough is kept to be recognised as one; the rest is only counted.
      if (line_.size() <= kLongestLine) line_.append(piece);
      length_ += piece.size();
      if (newline == std::string_view::npos) return true;
      if (!give(true)) return false;
      bytes.remove_prefix(newline + 1);
    }
    return true;
  }
  bool finish() { return length_ == 0 || give(false); }

 private:
  bool give(bool ended) {
    const bool more = each_({line_, ++number_, offset_, ended});
    offset_ += length_ + (ended ? 1 : 0);
    length_ = 0;
    line_.clear();
    return more;
  }
  const std::function<bool(const LineAt&)>& each_;
  std::string line_;
  std::size_t number_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace

std::string segment_name(std::uint64_t first_seq) {
  return fmt::format("{}{:012}{}", kPrefix, first_seq, kSuffix);
}

std::optional<std::uint64_t> first_seq_of(std::string_view file_name) {
  if (!file_name.starts_with(kPrefix) || !file_name.ends_with(kSuffix)) return std::nullopt;
  if (file_name.size() < kPrefix.size() + kSuffix.size() + 12) return std::nullopt;
  const auto digits = file_name.substr(kPrefix.size(), file_name.size() - kPrefix.size() - kSuffix.size());
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

Result<std::vector<std::string>> list_segments(const std::string& directory) {
  std::vector<std::pair<std::uint64_t, std::string>> found;
  std::error_code problem;
  for (std::filesystem::directory_iterator it(directory, problem), end; !problem && it != end; it.increment(problem)) {
    if (const auto seq = first_seq_of(it->path().filename().string())) found.emplace_back(*seq, it->path().string());
  }
  if (problem) return fail(kJournalUnusable, fmt::format("cannot list it: {}", problem.message()), {directory, 0, 0});
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [seq, path] : found) out.push_back(std::move(path));
  return out;
}

Result<std::vector<std::string>> segments_of(std::span<const std::string> files) {
  std::vector<std::string> out;
  for (const std::string& file : files) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(file, ignored)) {
      out.push_back(file);
      continue;
    }
    RK_TRY(const std::vector<std::string> segments, list_segments(file));
    if (segments.empty()) return fail(kFileUnreadable, "it holds no audit record", {file, 0, 0});
    out.insert(out.end(), segments.begin(), segments.end());
  }
  return out;
}

Result<void> for_each_line(const std::string& path, const std::function<bool(const LineAt&)>& each) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto unreadable = [&] {
    return fail(kFileUnreadable, fmt::format("cannot read it: {}", std::strerror(errno)), {path, 0, 0});
  };
  if (!fd.valid()) return unreadable();
  LineReader reader(each);
  std::string buffer(1U << 16, '\0');
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable();
    if (n == 0) break;
    if (!reader.feed({buffer.data(), static_cast<std::size_t>(n)})) return {};
  }
  reader.finish();
  return {};
}

SegmentFile SegmentFile::open(const std::string& path) {
  SegmentFile out;
  out.path_ = path;
  out.fd_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat status{};
  if (!out.fd_.valid() || ::fstat(out.fd_.get(), &status) != 0) return SegmentFile{};
  out.size_ = static_cast<std::uint64_t>(status.st_size);
  if (out.size_ == 0 && !sync_directory(path)) return SegmentFile{};
  return out;
}

bool SegmentFile::write(std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd_.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const int why = errno;
  size_ += done;
  bytes.erase(0, done);
  errno = why;
  return bytes.empty();
}

bool SegmentFile::sync() {
  return ::fdatasync(fd_.get()) == 0;
}

bool SegmentFile::truncate(std::uint64_t size) {
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return false;
  size_ = size;
  return true;
}

}  // namespace raykeep::audit
