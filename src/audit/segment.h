// SPDX-License-Identifier: Apache-2.0
// The files of a record: "audit-<first seq, 12 digits or more>.jsonl" in one directory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"

namespace raykeep::audit {

std::string segment_name(std::uint64_t first_seq);
std::optional<std::uint64_t> first_seq_of(std::string_view file_name);

// Paths of the segments in `directory`, oldest first.
Result<std::vector<std::string>> list_segments(const std::string& directory);

// The files themselves, and for each directory among them its segments.
Result<std::vector<std::string>> segments_of(std::span<const std::string> files);

// One line of a file and where it stands. The last one may lack its newline.
struct LineAt {
  std::string_view text;     // without the newline
  std::size_t number = 0;    // from 1
  std::uint64_t offset = 0;  // of its first byte
  bool ended = false;        // has a newline
};
// Calls `each` for every line, in constant memory, until it returns false. Lines longer than kLongestLine come cut.
Result<void> for_each_line(const std::string& path, const std::function<bool(const LineAt&)>& each);

// A segment open for appending.
class SegmentFile {
 public:
  SegmentFile() = default;
  // Opens or creates it for appending; a new file's directory entry is synced. errno says why when not valid().
  static SegmentFile open(const std::string& path);
  bool valid() const { return fd_.valid(); }
  // Writes from the front of `bytes` and removes what was written. False with errno when not all was.
  bool write(std::string& bytes);
  bool sync();
  bool truncate(std::uint64_t size);
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  FileDescriptor fd_;
  std::string path_;
  std::uint64_t size_ = 0;
};

}  // namespace raykeep::audit
