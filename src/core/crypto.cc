// SPDX-License-Identifier: Apache-2.0
#include "core/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>

namespace raykeep {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
EVP_MD_CTX* digest_context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

}  // namespace

Digest sha256(std::string_view bytes) {
  Digest out;
  SHA256(bytes_of(bytes), bytes.size(), out.data());
  return out;
}

std::array<std::uint8_t, 20> sha1(std::string_view bytes) {
  std::array<std::uint8_t, 20> out;
  SHA1(bytes_of(bytes), bytes.size(), out.data());
  return out;
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest out;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), out.data(), &size);
  return out;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) std::abort();
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Sha1Stream::Sha1Stream() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(digest_context(context_), EVP_sha1(), nullptr) != 1) std::abort();
}
Sha1Stream::~Sha1Stream() { EVP_MD_CTX_free(digest_context(context_)); }
void Sha1Stream::update(std::string_view bytes) {
  EVP_DigestUpdate(digest_context(context_), bytes.data(), bytes.size());
}
std::array<std::uint8_t, 20> Sha1Stream::finish() {
  std::array<std::uint8_t, 20> out;
  EVP_DigestFinal_ex(digest_context(context_), out.data(), nullptr);
  return out;
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(digest_context(context_), EVP_sha256(), nullptr) != 1) std::abort();
}
Sha256Stream::~Sha256Stream() { EVP_MD_CTX_free(digest_context(context_)); }
void Sha256Stream::update(std::string_view bytes) {
  EVP_DigestUpdate(digest_context(context_), bytes.data(), bytes.size());
}
Digest Sha256Stream::finish() {
  Digest out;
  EVP_DigestFinal_ex(digest_context(context_), out.data(), nullptr);
  return out;
}

}  // namespace raykeep
