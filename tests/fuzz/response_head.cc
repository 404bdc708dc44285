// SPDX-License-Identifier: Apache-2.0
#include "http/head_parser.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  raykeep::http::HeadScanner scanner;
  raykeep::http::ResponseHead head;
  if (scanner.scan(text, {}) != raykeep::http::HeadScanner::State::kComplete) return 0;
  const auto error = raykeep::http::parse_response_head(text.substr(0, scanner.length()), {}, "GET", head);
  if (!error && (head.status < 100 || head.status > 599)) std::abort();
  return 0;
}
