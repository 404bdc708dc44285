// SPDX-License-Identifier: Apache-2.0
#include "gateway/form.h"
#include "gateway/own_pages.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto form = raykeep::gateway::parse_form(text);
  const std::string next = raykeep::gateway::safe_next(text);
  if (next.empty() || next[0] != '/' || (next.size() > 1 && (next[1] == '/' || next[1] == '\\'))) std::abort();
  return form ? 0 : 0;
}
