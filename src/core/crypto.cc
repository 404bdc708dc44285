// SPDX-License-Identifier: Apache-2.0
#include "core/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <memory>

namespace raykeep {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
EVP_MD_CTX* digest_context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

constexpr std::size_t kBlock = 64;  // of SHA-256

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// SHA-256 of two pieces one after the other. The algorithm is looked up once and the context kept by each thread: both
// cost more than hashing a short text.
Digest sha256_of(std::string_view first, std::string_view second) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  Digest out;
  const bool good = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
                    EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
  if (!good) std::abort();
  return out;
}

}  // namespace

Digest sha256(std::string_view bytes) { return sha256_of(bytes, {}); }

std::array<std::uint8_t, 20> sha1(std::string_view bytes) {
  std::array<std::uint8_t, 20> out;
  SHA1(bytes_of(bytes), bytes.size(), out.data());
  return out;
}

// RFC 2104 on the digest above: OpenSSL's one-shot HMAC looks its algorithm up anew at every call, which takes longer than
// hashing a cookie.
Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<char, kBlock> inner{};
  std::array<char, kBlock> outer{};
  Digest shortened;
  if (key.size() > kBlock) {
    shortened = sha256(key);
    key = as_text(shortened);
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    const char k = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(k ^ 0x36);
    outer[i] = static_cast<char>(k ^ 0x5c);
  }
  const Digest first = sha256_of({inner.data(), kBlock}, bytes);
  OPENSSL_cleanse(inner.data(), kBlock);
  const Digest out = sha256_of({outer.data(), kBlock}, as_text(first));
  OPENSSL_cleanse(outer.data(), kBlock);
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
