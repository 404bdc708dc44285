// SPDX-License-Identifier: Apache-2.0
#include "document/yaml.h"
#include "gateway/config.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto root = raykeep::document::read_yaml(text, {}, "fuzz");
  if (root) raykeep::document::validate(*root, raykeep::gateway::config_keys(), "fuzz");
  return 0;
}
