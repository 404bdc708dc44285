// SPDX-License-Identifier: Apache-2.0
#include "audit/event.h"

#include <fmt/format.h>

#include "audit/chain.h"
#include "core/encoding.h"

namespace raykeep::audit {
namespace {

void add_text(std::string& line, std::string_view key, std::string_view value, std::size_t limit = kLongestValue) {
  if (value.empty()) return;
  fmt::format_to(std::back_inserter(line), ",\"{}\":", key);
  if (value.size() <= limit) {
    line += json_quote(value);
  } else {
    line += json_quote(std::string(value.substr(0, limit)) + "...");
  }
}

void add_number(std::string& line, std::string_view key, std::uint64_t value) {
  if (value != 0) fmt::format_to(std::back_inserter(line), ",\"{}\":{}", key, value);
}

bool is_about_a_request(Kind kind) {
  return kind == Kind::kRequest || kind == Kind::kAttempt || kind == Kind::kSummary || kind == Kind::kSignIn;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kRequest:
      return "request";
    case Kind::kAttempt:
      return "attempt";
    case Kind::kSummary:
      return "summary";
    case Kind::kSignIn:
      return "sign-in";
    case Kind::kAdmin:
      return "admin";
    case Kind::kOpened:
      return "opened";
    case Kind::kRecovered:
      return "recovered";
    case Kind::kGap:
      return "gap";
    case Kind::kClosed:
      return "closed";
  }
  return "request";
}

std::string line_body(const Event& event, std::uint64_t seq, std::string_view prev) {
  std::string line;
  line.reserve(512);
  fmt::format_to(std::back_inserter(line), "{{\"seq\":{},\"prev\":\"{}\",\"kind\":\"{}\",\"time\":\"{}\"", seq, prev,
                 name_of(event.kind), format_time(event.time));
  add_text(line, "request_id", event.request_id);
  add_text(line, "user", event.user);
  add_text(line, "method", event.method);
  add_text(line, "credential", event.credential);
  add_text(line, "peer", event.peer);
  add_text(line, "cluster", event.cluster);
  add_text(line, "operation", event.operation);
  add_text(line, "job_id", event.job_id);
  add_text(line, "http_method", event.http_method);
  add_text(line, "path", event.path, kLongestPath);
  if (is_about_a_request(event.kind)) line += event.allowed ? ",\"allowed\":true" : ",\"allowed\":false";
  add_text(line, "reason", event.reason);
  add_text(line, "role", event.role);
  add_number(line, "status", event.status > 0 ? static_cast<std::uint64_t>(event.status) : 0);
  add_number(line, "bytes_in", event.bytes_in);
  add_number(line, "bytes_out", event.bytes_out);
  add_number(line, "latency_us", event.latency.count() > 0 ? static_cast<std::uint64_t>(event.latency.count()) : 0);
  if (event.count != 1) fmt::format_to(std::back_inserter(line), ",\"count\":{}", event.count);
  if (event.since) add_text(line, "since", format_time(*event.since));
  add_text(line, "detail", event.detail);
  return line;
}

}  // namespace raykeep::audit
