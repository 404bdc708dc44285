// SPDX-License-Identifier: Apache-2.0
#include "identity/user_file.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto table = raykeep::identity::parse_user_file(text, "users", {});
  if (!table) return 0;
  for (const auto& [name, user] : table->users()) {
    const auto again = raykeep::identity::parse_user_line(raykeep::identity::user_line(user), {});
    if (!again || again->hash != user.hash) std::abort();
  }
  return 0;
}
