// SPDX-License-Identifier: Apache-2.0
#include "http/head_parser.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  raykeep::http::HeadScanner scanner;
  raykeep::http::RequestHead head;
  if (scanner.scan(text, {}) != raykeep::http::HeadScanner::State::kComplete) return 0;
  const std::string_view whole = text.substr(0, scanner.length());
  if (raykeep::http::parse_request_head(whole, {}, head)) return 0;
  // What is accepted has one host, one framing and a path that begins with '/'.
  const bool sound = head.path.starts_with('/') && head.fields.count(raykeep::http::FieldId::kHost) == 1 &&
                     head.fields.count(raykeep::http::FieldId::kContentLength) + head.fields.count(raykeep::http::FieldId::kTransferEncoding) <= 1;
  if (!sound) std::abort();
  return 0;
}
