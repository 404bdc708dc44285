// SPDX-License-Identifier: Apache-2.0
#include "gateway/upstream_message.h"

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>

namespace raykeep::gateway {
namespace {

using http::FieldId;

static_assert(static_cast<unsigned>(FieldId::kXRayAuthorization) < 64, "FieldSet holds one bit a field");

class FieldSet {
 public:
  constexpr FieldSet(std::initializer_list<FieldId> ids) {
    for (const FieldId id : ids) bits_ |= bit(id);
  }
  constexpr bool has(FieldId id) const { return (bits_ & bit(id)) != 0; }

 private:
  static constexpr std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }
  std::uint64_t bits_ = 0;
};

// The browser's marks (User-Agent, Origin, Referer, Sec-Fetch-*) stay: by them Ray hides secrets and refuses writes
// (ray/dashboard/http_server_head.py, is_browser_request).
constexpr FieldSet kToRay{FieldId::kAccept,       FieldId::kAcceptEncoding, FieldId::kAcceptLanguage, FieldId::kCacheControl,
                          FieldId::kIfModifiedSince, FieldId::kIfNoneMatch, FieldId::kIfRange,        FieldId::kOrigin,
                          FieldId::kPragma,       FieldId::kRange,          FieldId::kReferer,        FieldId::kSecFetchDest,
                          FieldId::kSecFetchMode, FieldId::kSecFetchSite,   FieldId::kSecFetchUser,   FieldId::kUserAgent};

constexpr FieldSet kToClient{FieldId::kAcceptRanges, FieldId::kCacheControl, FieldId::kContentDisposition,
                             FieldId::kContentEncoding, FieldId::kContentRange, FieldId::kContentType, FieldId::kEtag,
                             FieldId::kLastModified, FieldId::kRetryAfter, FieldId::kVary};

void add(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void write_upstream_head(const http::RequestHead& request, std::string_view rest, const UpstreamTarget& target,
                         const UpstreamBody& body, std::string& out) {
  out.clear();
  out.reserve(768);  // enough for most; glibc keeps blocks up to 1 KiB at hand
  out.append(request.method).append(" ").append(rest);
  if (!request.query.empty()) out.append("?").append(request.query);
  out.append(" HTTP/1.1\r\n");
  add(out, "Host", target.authority);
  if (!target.token.empty()) {
    out.append("Authorization: Bearer ").append(target.token.reveal()).append("\r\n");
  }
  for (const http::Field& field : request.fields) {
    if (kToRay.has(field.id)) add(out, field.name, field.value);
  }
  if (request.websocket) {
    out.append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    add(out, "Sec-WebSocket-Key", request.fields.first(FieldId::kSecWebsocketKey));
  }
  if (!body.content_type.empty()) add(out, "Content-Type", body.content_type);
  switch (body.kind) {
    case UpstreamBody::Kind::kNone: break;
    case UpstreamBody::Kind::kLength: add(out, "Content-Length", fmt::format_int(body.length).c_str()); break;
    case UpstreamBody::Kind::kChunked: out.append("Transfer-Encoding: chunked\r\n"); break;
  }
  out.append("\r\n");
}

std::string own_request_head(std::string_view method, const std::string& path, const UpstreamTarget& target) {
  std::string out;
  out.append(method).append(" ").append(path).append(" HTTP/1.1\r\n");
  add(out, "Host", target.authority);
  if (!target.token.empty()) out.append("Authorization: Bearer ").append(target.token.reveal()).append("\r\n");
  out.append("User-Agent: raykeep\r\nAccept: */*\r\n\r\n");
  return out;
}

void pick_response_fields(const http::ResponseHead& response, FieldViews& out) {
  for (const http::Field& field : response.fields) {
    if (kToClient.has(field.id)) out.emplace_back(field.name, field.value);
  }
}

std::optional<std::string> rewrite_location(std::string_view location, std::string_view prefix, const UpstreamTarget& target) {
  const std::string own = "http://" + target.authority + "/";
  if (location.starts_with(own)) location.remove_prefix(own.size() - 1);
  const bool rooted = location.starts_with('/') && !location.starts_with("//");
  if (!rooted || location.find('\\') != std::string_view::npos) return std::nullopt;
  return std::string(prefix).append(location);
}

}  // namespace raykeep::gateway
