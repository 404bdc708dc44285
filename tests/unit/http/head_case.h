// SPDX-License-Identifier: Apache-2.0
// Reading a whole head as the connections do: scan first, then parse.
#pragma once

#include <string>
#include <string_view>

#include "http/head_parser.h"

namespace raykeep::http::testing {

using namespace std::string_view_literals;

// Literals keep their NUL bytes: "..."sv.
struct HeadCase {
  std::string_view name;
  std::string_view text;
  int status = 400;
  std::string_view reason;
};

inline HeadError scan_whole(std::string_view bytes, const HeadLimits& limits, std::size_t& length) {
  HeadScanner scanner;
  const HeadScanner::State state = scanner.scan(bytes, limits);
  length = scanner.length();
  if (state == HeadScanner::State::kBad) return scanner.error();
  return state == HeadScanner::State::kComplete ? HeadError{} : HeadError{-1, "incomplete"};
}

inline HeadError read_request(std::string_view bytes, RequestHead& out, const HeadLimits& limits = {}) {
  std::size_t length = 0;
  if (const HeadError error = scan_whole(bytes, limits, length)) return error;
  return parse_request_head(bytes.substr(0, length), limits, out);
}

inline HeadError read_response(std::string_view bytes, std::string_view method, ResponseHead& out, const HeadLimits& limits = {}) {
  std::size_t length = 0;
  if (const HeadError error = scan_whole(bytes, limits, length)) return error;
  return parse_response_head(bytes.substr(0, length), limits, method, out);
}

}  // namespace raykeep::http::testing
