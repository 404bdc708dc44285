// SPDX-License-Identifier: Apache-2.0
// A strict reader of HTTP/1.1 message heads (RFC 9112). What is ambiguous is refused, never repaired: whatever passes
// here means the same to every conforming program behind.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/message.h"

namespace raykeep::http {

struct HeadLimits {
  std::size_t bytes = 16 * 1024;  // of the whole head: 431 beyond
  std::size_t target = 8 * 1024;  // of the request target: 414 beyond
  std::size_t fields = 100;       // 431 beyond
};

// Why a head was refused: the status to answer and a plain reason id for the log ("bare-lf").
struct HeadError {
  int status = 0;  // 0: no error
  std::string_view reason;
  explicit operator bool() const { return status != 0; }
};

// Finds the end of a head in bytes that arrive in pieces. Each byte is looked at once, and a line that does not end in
// CRLF is an error as soon as it is seen.
class HeadScanner {
 public:
  enum class State { kIncomplete, kComplete, kBad };
  // `bytes` is everything received so far of this message.
  State scan(std::string_view bytes, const HeadLimits& limits);
  // The length of the head with its final empty line, once complete.
  std::size_t length() const { return position_; }
  const HeadError& error() const { return error_; }
  void reset() { *this = HeadScanner(); }

 private:
  State bad(int status, std::string_view reason);
  std::size_t position_ = 0;
  std::size_t line_start_ = 0;
  HeadError error_;
};

// Parse a complete head, as found by HeadScanner, into `out`, which is cleared first.
HeadError parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out);

// `request_method` decides, with the status, whether a body follows (RFC 9112 6.3).
HeadError parse_response_head(std::string_view head, const HeadLimits& limits, std::string_view request_method,
                              ResponseHead& out);

// "name" of field-name syntax: a token of RFC 9110 5.6.2.
bool is_token(std::string_view text);

}  // namespace raykeep::http
