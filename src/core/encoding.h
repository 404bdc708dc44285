// SPDX-License-Identifier: Apache-2.0
// Bytes as text: hexadecimal, base64 (RFC 4648 section 4) and base64url without padding (section 5). Decoding is
// strict: a wrong character, wrong padding or non-zero trailing bits give nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace raykeep {

std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

// True for well-formed UTF-8 (RFC 3629: no overlong forms, surrogates or values above U+10FFFF).
bool is_utf8(std::string_view bytes);

// The text as a JSON string literal with its quotes, on one line: control characters, bytes that are not UTF-8 and
// the separators U+2028/2029 are escaped, so that it is safe in a log line, a terminal and a script.
std::string json_quote(std::string_view text);

// The text with & < > " ' escaped, safe in HTML text and in quoted attributes.
std::string html_escape(std::string_view text);

}  // namespace raykeep
