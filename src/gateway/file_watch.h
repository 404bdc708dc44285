// SPDX-License-Identifier: Apache-2.0
// Notices that one of a set of files has changed, by time, size and identity. Looking once a second also sees the
// symbolic-link swaps by which Kubernetes updates mounted Secrets and ConfigMaps.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace raykeep::gateway {

class FileWatch {
 public:
  // Begins to watch these files as they are now.
  void watch(const std::vector<std::string>& files);
  // True when any differs from when it was last watched or asked about; a file that appears or goes counts, too.
  bool changed();

 private:
  using Mark = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;  // device, inode, size, time
  static Mark mark_of(const std::string& file);
  std::map<std::string, Mark> marks_;
};

}  // namespace raykeep::gateway
