// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <array>
#include <utility>

namespace raykeep::http {
namespace {

struct NamedId {
  std::string_view name;  // lower case
  FieldId id;
};

constexpr std::array kFieldNames{
    NamedId{"accept", FieldId::kAccept},
    NamedId{"accept-encoding", FieldId::kAcceptEncoding},
    NamedId{"accept-language", FieldId::kAcceptLanguage},
    NamedId{"accept-ranges", FieldId::kAcceptRanges},
    NamedId{"authorization", FieldId::kAuthorization},
    NamedId{"cache-control", FieldId::kCacheControl},
    NamedId{"connection", FieldId::kConnection},
    NamedId{"content-disposition", FieldId::kContentDisposition},
    NamedId{"content-encoding", FieldId::kContentEncoding},
    NamedId{"content-length", FieldId::kContentLength},
    NamedId{"content-range", FieldId::kContentRange},
    NamedId{"content-type", FieldId::kContentType},
    NamedId{"cookie", FieldId::kCookie},
    NamedId{"etag", FieldId::kEtag},
    NamedId{"expect", FieldId::kExpect},
    NamedId{"forwarded", FieldId::kForwarded},
    NamedId{"host", FieldId::kHost},
    NamedId{"if-modified-since", FieldId::kIfModifiedSince},
    NamedId{"if-none-match", FieldId::kIfNoneMatch},
    NamedId{"if-range", FieldId::kIfRange},
    NamedId{"keep-alive", FieldId::kKeepAlive},
    NamedId{"last-modified", FieldId::kLastModified},
    NamedId{"location", FieldId::kLocation},
    NamedId{"origin", FieldId::kOrigin},
    NamedId{"pragma", FieldId::kPragma},
    NamedId{"proxy-authenticate", FieldId::kProxyAuthenticate},
    NamedId{"proxy-authorization", FieldId::kProxyAuthorization},
    NamedId{"range", FieldId::kRange},
    NamedId{"referer", FieldId::kReferer},
    NamedId{"retry-after", FieldId::kRetryAfter},
    NamedId{"sec-fetch-dest", FieldId::kSecFetchDest},
    NamedId{"sec-fetch-mode", FieldId::kSecFetchMode},
    NamedId{"sec-fetch-site", FieldId::kSecFetchSite},
    NamedId{"sec-fetch-user", FieldId::kSecFetchUser},
    NamedId{"sec-websocket-accept", FieldId::kSecWebsocketAccept},
    NamedId{"sec-websocket-extensions", FieldId::kSecWebsocketExtensions},
    NamedId{"sec-websocket-key", FieldId::kSecWebsocketKey},
    NamedId{"sec-websocket-protocol", FieldId::kSecWebsocketProtocol},
    NamedId{"sec-websocket-version", FieldId::kSecWebsocketVersion},
    NamedId{"server", FieldId::kServer},
    NamedId{"set-cookie", FieldId::kSetCookie},
    NamedId{"te", FieldId::kTe},
    NamedId{"trailer", FieldId::kTrailer},
    NamedId{"transfer-encoding", FieldId::kTransferEncoding},
    NamedId{"upgrade", FieldId::kUpgrade},
    NamedId{"user-agent", FieldId::kUserAgent},
    NamedId{"vary", FieldId::kVary},
    NamedId{"x-forwarded-for", FieldId::kXForwardedFor},
    NamedId{"x-ray-authorization", FieldId::kXRayAuthorization},
};
constexpr std::size_t kLongestName = 24;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// For each name length, where its names start in the table sorted by length.
struct ByLength {
  std::array<NamedId, kFieldNames.size()> names{};
  std::array<std::uint8_t, kLongestName + 2> start{};
};

constexpr ByLength sort_by_length() {
  ByLength out;
  std::uint8_t n = 0;
  for (std::size_t length = 0; length <= kLongestName; ++length) {
    out.start[length] = n;
    for (const NamedId& named : kFieldNames) {
      if (named.name.size() == length) out.names[n++] = named;
    }
  }
  out.start[kLongestName + 1] = n;
  return out;
}
constexpr ByLength kByLength = sort_by_length();

constexpr std::array<std::pair<int, std::string_view>, 32> kReasons{{
    {100, "Continue"}, {101, "Switching Protocols"}, {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
    {206, "Partial Content"}, {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"}, {304, "Not Modified"},
    {307, "Temporary Redirect"}, {308, "Permanent Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"},
    {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {408, "Request Timeout"}, {409, "Conflict"},
    {413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"}, {417, "Expectation Failed"},
    {421, "Misdirected Request"}, {426, "Upgrade Required"}, {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {502, "Bad Gateway"},
    {503, "Service Unavailable"}, {504, "Gateway Timeout"},
}};

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

FieldId field_id(std::string_view name) {
  if (name.size() > kLongestName) return FieldId::kOther;
  for (std::size_t i = kByLength.start[name.size()]; i < kByLength.start[name.size() + 1]; ++i) {
    if (equals_ignoring_case(name, kByLength.names[i].name)) return kByLength.names[i].id;
  }
  return FieldId::kOther;
}

bool list_has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (equals_ignoring_case(item, token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

static_assert(static_cast<unsigned>(FieldId::kXRayAuthorization) < 64, "Fields holds one bit a field");

std::string_view Fields::first(FieldId id) const {
  if (!has(id)) return {};
  for (const Field& field : list_) {
    if (field.id == id) return field.value;
  }
  return {};
}

std::size_t Fields::count(FieldId id) const {
  if (!repeats(id)) return has(id) ? 1 : 0;
  std::size_t n = 0;
  for (const Field& field : list_) n += field.id == id ? 1 : 0;
  return n;
}

std::string_view reason_phrase(int status) {
  for (const auto& [code, phrase] : kReasons) {
    if (code == status) return phrase;
  }
  return "Unknown";
}

}  // namespace raykeep::http
