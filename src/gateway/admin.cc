// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin.h"

#include "gateway/answers.h"

namespace raykeep::gateway {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

}  // namespace

http::Awaitable<void> Admin::handle(http::Exchange& exchange) {
  const http::RequestHead& request = exchange.request();
  if (request.method != "GET" && request.method != "HEAD") co_return co_await send_text(exchange, 405, kText, "GET only\n");
  if (request.path == "/healthz") co_return co_await send_text(exchange, 200, kText, "ok\n");
  if (request.path == "/readyz") {
    if (probes_.ready()) co_return co_await send_text(exchange, 200, kText, "ready\n");
    co_return co_await send_text(exchange, 503, kText, "not ready: " + probes_.not_ready_because() + "\n");
  }
  if (request.path == "/metrics") co_return co_await send_text(exchange, 200, "text/plain; version=0.0.4", probes_.metrics());
  co_await send_text(exchange, 404, kText, "/healthz, /readyz and /metrics are here\n");
}

}  // namespace raykeep::gateway
