// SPDX-License-Identifier: Apache-2.0
#include "identity/credentials.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto as_field = raykeep::identity::read_credential({text, 1, {}, 0, {}, 0}, true);
  if (const auto* password = std::get_if<raykeep::identity::PasswordCredential>(&as_field)) {
    if (password->user.empty() || password->user.find(':') != std::string::npos) std::abort();
  }
  raykeep::identity::read_credential({{}, 0, {}, 0, text, 1}, true);
  return 0;
}
