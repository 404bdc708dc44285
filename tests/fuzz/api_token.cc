// SPDX-License-Identifier: Apache-2.0
#include "identity/api_token.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (raykeep::identity::parse_token(text)) raykeep::identity::checksum_fits(text);
  return 0;
}
