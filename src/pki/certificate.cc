// SPDX-License-Identifier: Apache-2.0
#include "pki/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace raykeep::pki {

bool is_authority(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  if (memory == nullptr) return false;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), &X509_free);
  return certificate != nullptr && X509_check_ca(certificate.get()) > 0;
}

}  // namespace raykeep::pki
