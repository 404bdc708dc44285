// SPDX-License-Identifier: Apache-2.0
// The few primitives Raykeep builds on, from OpenSSL's libcrypto, with no OpenSSL type in sight.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace raykeep {

using Digest = std::array<std::uint8_t, 32>;  // SHA-256 and HMAC-SHA-256

Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);

// SHA-1, only for names that others made with it (Ray's package URIs); never for a security decision of ours.
std::array<std::uint8_t, 20> sha1(std::string_view bytes);

// Bytes from the operating system's generator. Aborts when it fails: nothing safe can be done without it.
std::string random_bytes(std::size_t count);

// True when equal. The time depends only on the lengths, never on the contents.
bool constant_time_equal(std::string_view a, std::string_view b);

inline std::string_view as_text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// SHA-1 of a body that arrives in pieces; for names that others made, as above.
class Sha1Stream {
 public:
  Sha1Stream();
  ~Sha1Stream();
  Sha1Stream(const Sha1Stream&) = delete;
  Sha1Stream& operator=(const Sha1Stream&) = delete;
  void update(std::string_view bytes);
  std::array<std::uint8_t, 20> finish();

 private:
  void* context_;
};

// SHA-256 of a body that arrives in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void update(std::string_view bytes);
  Digest finish();

 private:
  void* context_;
};

}  // namespace raykeep
