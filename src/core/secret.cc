// SPDX-License-Identifier: Apache-2.0
#include "core/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace raykeep {

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = other.value_;
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

}  // namespace raykeep
