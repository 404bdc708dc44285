// SPDX-License-Identifier: Apache-2.0
// Remembers for a short time that a password was right, so that a command line does not pay for its hash at every request.
// Keys are HMACs under a key of this process: neither the memory nor a dump of it shows a password. Safe from any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/crypto.h"
#include "identity/principal.h"

namespace raykeep::identity {

class VerifiedCache {
 public:
  using Clock = std::chrono::steady_clock;
  VerifiedCache(std::chrono::seconds lifetime, std::size_t most);

  // `record` is the person's (Person::record): a changed password, group or state makes another key, so nothing that is
  // remembered has to be forgotten by hand.
  Digest key(std::string_view user, std::string_view password, std::string_view record) const;
  std::shared_ptr<const Principal> find(const Digest& key, Clock::time_point now);
  void remember(const Digest& key, std::shared_ptr<const Principal> principal, Clock::time_point now);

 private:
  struct Entry {
    std::shared_ptr<const Principal> principal;
    Clock::time_point until;
  };
  struct Hash {
    std::size_t operator()(const Digest& digest) const;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Digest, Entry, Hash> entries;
  };
  Shard& shard_of(const Digest& key) { return shards_[key[31] % shards_.size()]; }

  std::chrono::seconds lifetime_;
  std::size_t most_per_shard_;
  std::string secret_;
  std::array<Shard, 16> shards_;
};

}  // namespace raykeep::identity
