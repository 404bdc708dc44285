// SPDX-License-Identifier: Apache-2.0
// "Did you mean ...?" for mistyped keys, commands and names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace raykeep {

// The known word closest to `word` (edit distance with swaps, ignoring case), if it is close enough to be meant.
std::optional<std::string> suggest(std::string_view word, std::span<const std::string_view> known);

}  // namespace raykeep
