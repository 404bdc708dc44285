// SPDX-License-Identifier: Apache-2.0
#include "gateway/config.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = raykeep::gateway::read_config_text(text, "fuzz");
  for (const auto& error : config.errors) {
    if (error.text().empty() || !error.at()) std::abort();
  }
  return 0;
}
