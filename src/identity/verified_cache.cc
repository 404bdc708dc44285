// SPDX-License-Identifier: Apache-2.0
#include "identity/verified_cache.h"

#include <cstring>

namespace raykeep::identity {

VerifiedCache::VerifiedCache(std::chrono::seconds lifetime, std::size_t most)
    : lifetime_(lifetime), most_per_shard_(most / 16 + 1), secret_(random_bytes(32)) {}

std::size_t VerifiedCache::Hash::operator()(const Digest& digest) const {
  std::size_t out;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

Digest VerifiedCache::key(std::string_view user, std::string_view password, std::string_view record) const {
  std::string text;
  text.reserve(user.size() + password.size() + record.size() + 2);
  // User names and records hold no NUL byte, so the parts cannot run into each other.
  text.append(user).append(1, '\0').append(record).append(1, '\0').append(password);
  return hmac_sha256(secret_, text);
}

std::shared_ptr<const Principal> VerifiedCache::find(const Digest& key, Clock::time_point now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(key);
  if (found == shard.entries.end()) return nullptr;
  if (found->second.until > now) return found->second.principal;
  shard.entries.erase(found);
  return nullptr;
}

void VerifiedCache::remember(const Digest& key, std::shared_ptr<const Principal> principal, Clock::time_point now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (shard.entries.size() >= most_per_shard_) {
    std::erase_if(shard.entries, [now](const auto& entry) { return entry.second.until <= now; });
    if (shard.entries.size() >= most_per_shard_) shard.entries.clear();
  }
  shard.entries[key] = {std::move(principal), now + lifetime_};
}

}  // namespace raykeep::identity
