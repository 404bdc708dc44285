// SPDX-License-Identifier: Apache-2.0
// application/x-www-form-urlencoded (URL standard), strictly: wrong escapes and repeated names give nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace raykeep::gateway {

std::optional<std::map<std::string, std::string, std::less<>>> parse_form(std::string_view body);
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);

}  // namespace raykeep::gateway
