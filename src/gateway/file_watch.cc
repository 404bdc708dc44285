// SPDX-License-Identifier: Apache-2.0
#include "gateway/file_watch.h"

#include <sys/stat.h>

namespace raykeep::gateway {

FileWatch::Mark FileWatch::mark_of(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return {};
  const std::int64_t time = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1000000000 + found.st_mtim.tv_nsec;
  return {found.st_dev, found.st_ino, found.st_size, time};
}

void FileWatch::watch(const std::vector<std::string>& files) {
  marks_.clear();
  for (const std::string& file : files) marks_.emplace(file, mark_of(file));
}

bool FileWatch::changed() {
  bool out = false;
  for (auto& [file, mark] : marks_) {
    const Mark now = mark_of(file);
    out = out || now != mark;
    mark = now;
  }
  return out;
}

}  // namespace raykeep::gateway
