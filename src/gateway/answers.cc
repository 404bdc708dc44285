// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.h"

#include <fmt/format.h>

#include "gateway/pages.h"

namespace raykeep::gateway {
namespace {

using http::FieldId;

constexpr std::string_view kSecurity =
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: SAMEORIGIN\r\nReferrer-Policy: same-origin\r\n";
constexpr std::string_view kSecurityTls =
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: SAMEORIGIN\r\nReferrer-Policy: same-origin\r\n"
    "Strict-Transport-Security: max-age=31536000\r\n";

}  // namespace

bool is_browser(const http::RequestHead& request) {
  return request.fields.has(FieldId::kSecFetchMode) || request.fields.has(FieldId::kOrigin) ||
         request.fields.first(FieldId::kUserAgent).starts_with("Mozilla");
}

bool is_navigation(const http::RequestHead& request) {
  if (request.method != "GET" || request.websocket) return false;
  const std::string_view mode = request.fields.first(FieldId::kSecFetchMode);
  if (!mode.empty()) return mode == "navigate";
  return is_browser(request) && request.fields.first(FieldId::kAccept).find("text/html") != std::string_view::npos;
}

std::string_view security_fields(bool tls) { return tls ? kSecurityTls : kSecurity; }

http::Awaitable<void> send_text(http::Exchange& exchange, int status, std::string_view content_type, std::string_view body,
                                std::string_view extra_fields) {
  http::Response response;
  response.status = status;
  response.fields = {{"Content-Type", content_type}, {"Cache-Control", "no-store"}};
  const std::string fields = std::string(security_fields(exchange.peer().tls)).append(extra_fields);
  response.raw_fields = fields;
  co_await exchange.send(response, body, true);
}

http::Awaitable<void> send_redirect(http::Exchange& exchange, int status, std::string_view location,
                                    std::string_view extra_fields) {
  const std::string fields = fmt::format("Location: {}\r\n{}", location, extra_fields);
  co_await send_text(exchange, status, "text/plain; charset=utf-8", {}, fields);
}

http::Awaitable<void> send_answer(http::Exchange& exchange, const Answer& answer) {
  std::string fields = fmt::format("X-Raykeep-Reason: {}\r\n", answer.reason);
  if (answer.retry_after_seconds) fields += fmt::format("Retry-After: {}\r\n", *answer.retry_after_seconds);
  // A browser's own password dialog would hide the page that explains; programs are told which schemes are understood.
  if (answer.status == 401 && !is_browser(exchange.request())) {
    fields += "WWW-Authenticate: Basic realm=\"raykeep\", charset=\"UTF-8\"\r\nWWW-Authenticate: Bearer realm=\"raykeep\"\r\n";
  }
  if (is_navigation(exchange.request())) {
    fields += kPagePolicy;
    co_await send_text(exchange, answer.status, "text/html; charset=utf-8", problem_page(answer), fields);
  } else {
    co_await send_text(exchange, answer.status, "text/plain; charset=utf-8", answer.message + "\n", fields);
  }
}

}  // namespace raykeep::gateway
