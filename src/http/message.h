// SPDX-License-Identifier: Apache-2.0
// HTTP messages as parsed values, the same for every version of the protocol. All views point into the buffer that was
// parsed and live as long as it stays untouched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raykeep::http {

// Fields the gateway itself looks at; everything else is kOther.
enum class FieldId : std::uint8_t {
  kOther,
  kAccept,
  kAcceptEncoding,
  kAcceptLanguage,
  kAcceptRanges,
  kAuthorization,
  kCacheControl,
  kConnection,
  kContentDisposition,
  kContentEncoding,
  kContentLength,
  kContentRange,
  kContentType,
  kCookie,
  kEtag,
  kExpect,
  kForwarded,
  kHost,
  kIfModifiedSince,
  kIfNoneMatch,
  kIfRange,
  kKeepAlive,
  kLastModified,
  kLocation,
  kOrigin,
  kPragma,
  kProxyAuthenticate,
  kProxyAuthorization,
  kRange,
  kReferer,
  kRetryAfter,
  kSecFetchDest,
  kSecFetchMode,
  kSecFetchSite,
  kSecFetchUser,
  kSecWebsocketAccept,
  kSecWebsocketExtensions,
  kSecWebsocketKey,
  kSecWebsocketProtocol,
  kSecWebsocketVersion,
  kServer,
  kSetCookie,
  kTe,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kVary,
  kXForwardedFor,
  kXRayAuthorization,
};

struct Field {
  std::string_view name;
  std::string_view value;  // without surrounding white space
  FieldId id = FieldId::kOther;
};

// ASCII case-insensitive equality, as field names and most tokens compare (RFC 9110 5.1).
bool equals_ignoring_case(std::string_view a, std::string_view b);

// The id of a field name in any case.
FieldId field_id(std::string_view name);

// True when a comma-separated list (RFC 9110 5.6.1) has the token, ignoring case.
bool list_has_token(std::string_view list, std::string_view token);

// How the end of a body is found (RFC 9112 6).
struct BodyFraming {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked, kUntilClose };
  Kind kind = Kind::kNone;
  std::uint64_t length = 0;  // octets, for kLength
};

class Fields {
 public:
  void clear() {
    list_.clear();
    seen_ = repeated_ = 0;
  }
  void add(Field field) {
    list_.push_back(field);
    repeated_ |= seen_ & bit(field.id);
    seen_ |= bit(field.id);
  }
  std::size_t size() const { return list_.size(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

  // The value of the first field with this id; empty when there is none.
  std::string_view first(FieldId id) const;
  std::size_t count(FieldId id) const;
  bool has(FieldId id) const { return (seen_ & bit(id)) != 0; }
  bool repeats(FieldId id) const { return (repeated_ & bit(id)) != 0; }

 private:
  static std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }
  std::vector<Field> list_;
  std::uint64_t seen_ = 0;      // one bit a field
  std::uint64_t repeated_ = 0;
};

struct RequestHead {
  std::string_view method;
  std::string_view target;  // as received: path and query
  std::string_view path;
  std::string_view query;   // without '?'
  std::string_view host;
  int minor_version = 1;    // HTTP/1.x
  Fields fields;
  BodyFraming body;
  bool keep_alive = true;
  bool expects_continue = false;
  // The client asks for a WebSocket, in a form RFC 6455 4.2.1 accepts.
  bool websocket = false;
};

struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  Fields fields;
  BodyFraming body;
  bool keep_alive = true;
};

// The reason phrase of a status code; "Unknown" for codes without one.
std::string_view reason_phrase(int status);

}  // namespace raykeep::http
