// SPDX-License-Identifier: Apache-2.0
#include "ray/submission.h"

#include <cstdint>
#include <string_view>

#include "core/crypto.h"

namespace raykeep::ray {

std::string fresh_submission_id() {
  // 54 symbols without those that people take for one another. 216 = 4 * 54: bytes above are drawn again, so that every
  // symbol is equally likely.
  constexpr std::string_view kSymbols = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ123456";
  static_assert(kSymbols.size() == 54);
  constexpr std::size_t kLength = 16;
  std::string out = "raysubmit_";
  const std::size_t end = out.size() + kLength;
  while (out.size() < end) {
    for (const char c : random_bytes(kLength)) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (byte < 216 && out.size() < end) out += kSymbols[byte % kSymbols.size()];
    }
  }
  return out;
}

}  // namespace raykeep::ray
