// SPDX-License-Identifier: Apache-2.0
#include "core/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace raykeep {

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }

// A string that is assigned something shorter keeps the rest of its old bytes, and a new buffer leaves the old one as it
// was: hence the wipe.
Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

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
