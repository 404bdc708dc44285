// SPDX-License-Identifier: Apache-2.0
// Answers that the gateway gives itself: refusals and problems, as a page for a person, as text for a program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/exchange.h"

namespace raykeep::gateway {

// Has constructors because g++ 12 destroys an aggregate twice that is made inside a co_await expression.
struct Answer {
  Answer() = default;
  Answer(int s, std::string_view r, std::string m, std::optional<long> retry = std::nullopt)
      : status(s), reason(r), message(std::move(m)), retry_after_seconds(retry) {}

  int status = 200;
  std::string_view reason;   // a plain id: X-Raykeep-Reason, the log and the audit record
  std::string message;       // one sentence; the first thing a client shows
  std::optional<long> retry_after_seconds;
};

// A browser that loads a page (and not a script's call): it gets pages, and is led to the sign-in.
bool is_navigation(const http::RequestHead& request);
// Any request of a browser, by the marks that scripts cannot remove (Fetch standard, forbidden request-headers).
bool is_browser(const http::RequestHead& request);

// Security fields that every answer carries, ready to send.
std::string_view security_fields(bool tls);

http::Awaitable<void> send_text(http::Exchange& exchange, int status, std::string_view content_type, std::string_view body,
                                std::string_view extra_fields = {});
http::Awaitable<void> send_redirect(http::Exchange& exchange, int status, std::string_view location,
                                    std::string_view extra_fields = {});
http::Awaitable<void> send_answer(http::Exchange& exchange, const Answer& answer);

}  // namespace raykeep::gateway
