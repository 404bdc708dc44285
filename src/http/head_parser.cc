// SPDX-License-Identifier: Apache-2.0
#include "http/head_parser.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "core/encoding.h"
#include "core/ip_network.h"

namespace raykeep::http {
namespace {

constexpr std::uint8_t kToken = 1;   // tchar, RFC 9110 5.6.2
constexpr std::uint8_t kValue = 2;   // field-vchar, obs-text, SP or HTAB, RFC 9110 5.5
constexpr std::uint8_t kTarget = 4;  // printable ASCII that a URI may hold in some form; never '#', '\', quotes or white space

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes[c] |= kValue;
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric) classes[c] |= kToken | kTarget;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) classes[static_cast<std::uint8_t>(c)] |= kToken;
  for (const char c : std::string_view("-._~:/?[]@!$&'()*+,;=%|{}")) classes[static_cast<std::uint8_t>(c)] |= kTarget;
  return classes;
}
constexpr auto kClasses = make_classes();

bool all_of_class(std::string_view text, std::uint8_t wanted) {
  for (const char c : text) {
    if ((kClasses[static_cast<std::uint8_t>(c)] & wanted) == 0) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next line off `head`. HeadScanner has made sure that each ends in CRLF.
std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find('\n');
  const std::string_view line = head.substr(0, end - 1);
  head.remove_prefix(end + 1);
  return line;
}

HeadError parse_field_line(std::string_view line, Fields& out) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {400, "field-without-colon"};
  const std::string_view name = line.substr(0, colon);
  // A leading space (obs-fold), a space before the colon and an empty name all fail here.
  if (!is_token(name)) return {400, "field-name"};
  const std::string_view value = line.substr(colon + 1);
  if (!all_of_class(value, kValue)) return {400, "field-value"};
  out.add({name, trim(value), field_id(name)});
  return {};
}

HeadError parse_field_lines(std::string_view rest, const HeadLimits& limits, Fields& out) {
  for (;;) {
    const std::string_view line = take_line(rest);
    if (line.empty()) return {};
    if (out.size() >= limits.fields) return {431, "too-many-fields"};
    if (const HeadError error = parse_field_line(line, out)) return error;
  }
}

// Content-Length is digits only: no sign, no list, no white space inside, no overflow.
bool parse_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

// RFC 9112 6.1 and 6.2, without the leniency: any message that two programs could frame differently is refused.
HeadError parse_framing(const Fields& fields, int minor_version, BodyFraming& out) {
  const std::size_t lengths = fields.count(FieldId::kContentLength);
  const std::size_t encodings = fields.count(FieldId::kTransferEncoding);
  if (lengths > 1) return {400, "content-length-repeated"};
  if (encodings > 1) return {400, "transfer-encoding-repeated"};
  if (lengths != 0 && encodings != 0) return {400, "content-length-and-transfer-encoding"};
  if (encodings != 0) {
    if (minor_version == 0) return {400, "transfer-encoding-in-http10"};
    if (!equals_ignoring_case(fields.first(FieldId::kTransferEncoding), "chunked")) return {400, "transfer-encoding"};
    out.kind = BodyFraming::Kind::kChunked;
  }
  if (lengths != 0) {
    if (!parse_length(fields.first(FieldId::kContentLength), out.length)) return {400, "content-length"};
    out.kind = BodyFraming::Kind::kLength;
  }
  return {};
}

// HTTP/1.0 or HTTP/1.1, exactly.
bool parse_version(std::string_view text, int& minor) {
  if (text.size() != 8 || text.substr(0, 7) != "HTTP/1.") return false;
  if (text[7] != '0' && text[7] != '1') return false;
  minor = text[7] - '0';
  return true;
}

HeadError parse_request_line(std::string_view line, const HeadLimits& limits, RequestHead& out) {
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return {400, "request-line"};
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return {400, "request-line"};
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(out.method)) return {400, "method"};
  for (const char c : out.method) {
    if (c < 'A' || c > 'Z') return {400, "method"};
  }
  if (!parse_version(version, out.minor_version)) {
    return version.starts_with("HTTP/") && version.size() == 8 ? HeadError{505, "http-version"} : HeadError{400, "http-version"};
  }
  if (out.target.size() > limits.target) return {414, "target-too-long"};
  if (out.method == "CONNECT" || out.method == "TRACE") return {405, "method-not-served"};
  if (!out.target.starts_with('/')) return {400, "target-form"};
  if (!all_of_class(out.target, kTarget)) return {400, "target-character"};
  const std::size_t question = out.target.find('?');
  out.path = out.target.substr(0, question);
  out.query = question == std::string_view::npos ? std::string_view{} : out.target.substr(question + 1);
  return {};
}

// Host is a name or an address with an optional port (RFC 9110 7.2); no user information, list or other decoration.
bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 259) return false;
  std::size_t name_end = host.find(':');
  if (host.front() == '[') {
    const std::size_t bracket = host.find(']');
    if (bracket == std::string_view::npos) return false;
    const std::string_view address = host.substr(1, bracket - 1);
    if (address.find(':') == std::string_view::npos || !IpAddress::parse(address)) return false;
    name_end = bracket + 1 == host.size() ? std::string_view::npos : bracket + 1;
    if (name_end != std::string_view::npos && host[name_end] != ':') return false;
  } else {
    for (const char c : host.substr(0, name_end)) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
      if (!plain) return false;
    }
    if (name_end == 0) return false;
  }
  if (name_end == std::string_view::npos) return true;
  const std::string_view port = host.substr(name_end + 1);
  if (port.empty() || port.size() > 5) return false;
  unsigned value = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value > 0 && value <= 65535;
}

// True when any Connection field names the option.
bool connection_names(const Fields& fields, std::string_view option) {
  if (!fields.has(FieldId::kConnection)) return false;
  for (const Field& field : fields) {
    if (field.id == FieldId::kConnection && list_has_token(field.value, option)) return true;
  }
  return false;
}

// RFC 9112 9.3: "close" wins over everything.
bool stays_open(const Fields& fields, int minor_version) {
  if (connection_names(fields, "close")) return false;
  return minor_version == 1 || connection_names(fields, "keep-alive");
}

HeadError parse_connection(RequestHead& out) {
  for (const std::string_view framing : {"host", "content-length", "transfer-encoding"}) {
    if (connection_names(out.fields, framing)) return {400, "connection-names-framing-field"};
  }
  out.keep_alive = stays_open(out.fields, out.minor_version);
  return {};
}

// Fields that mean one value (RFC 9110 5.3): of two, one program takes the first and another the last.
HeadError check_singletons(const Fields& fields) {
  for (const FieldId id : {FieldId::kContentType, FieldId::kContentEncoding, FieldId::kOrigin, FieldId::kReferer, FieldId::kUserAgent,
                           FieldId::kUpgrade, FieldId::kRange, FieldId::kIfRange, FieldId::kSecFetchSite, FieldId::kSecFetchMode,
                           FieldId::kSecWebsocketVersion}) {
    if (fields.repeats(id)) return {400, "field-repeated"};
  }
  return {};
}

HeadError parse_expect(RequestHead& out) {
  if (!out.fields.has(FieldId::kExpect)) return {};
  const bool known = out.fields.count(FieldId::kExpect) == 1 &&
                     equals_ignoring_case(out.fields.first(FieldId::kExpect), "100-continue");
  if (!known) return {417, "expect"};
  out.expects_continue = out.minor_version == 1 && out.body.kind != BodyFraming::Kind::kNone;
  return {};
}

// The key is 16 bytes in base64 (RFC 6455 4.2.1).
bool is_websocket_key(const Fields& fields) {
  if (fields.count(FieldId::kSecWebsocketKey) != 1) return false;
  const std::string_view key = fields.first(FieldId::kSecWebsocketKey);
  if (key.size() != 24) return false;
  const auto bytes = base64_decode(key);
  return bytes && bytes->size() == 16;
}

// Decides whether this is a WebSocket handshake. Another Upgrade (h2c) is simply not taken up.
HeadError parse_upgrade(RequestHead& out) {
  const Fields& fields = out.fields;
  if (!equals_ignoring_case(fields.first(FieldId::kUpgrade), "websocket")) return {};
  if (!connection_names(fields, "upgrade")) return {};
  if (out.method != "GET" || out.minor_version != 1 || out.body.kind != BodyFraming::Kind::kNone) return {400, "websocket-request"};
  if (fields.first(FieldId::kSecWebsocketVersion) != "13") return {426, "websocket-version"};
  if (!is_websocket_key(fields)) return {400, "websocket-key"};
  out.websocket = true;
  return {};
}

bool bodiless(int status, std::string_view request_method) {
  return request_method == "HEAD" || status == 204 || status == 304 || (status >= 100 && status < 200);
}

HeadError parse_status_line(std::string_view line, ResponseHead& out) {
  if (line.size() < 12 || !parse_version(line.substr(0, 8), out.minor_version) || line[8] != ' ') return {502, "status-line"};
  out.status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return {502, "status-line"};
    out.status = out.status * 10 + (c - '0');
  }
  if (out.status < 100 || out.status > 599) return {502, "status-code"};
  if (line.size() > 12 && line[12] != ' ') return {502, "status-line"};
  if (!all_of_class(line.substr(12), kValue)) return {502, "reason-phrase"};
  return {};
}

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && all_of_class(text, kToken); }

HeadScanner::State HeadScanner::bad(int status, std::string_view reason) {
  error_ = {status, reason};
  return State::kBad;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes, const HeadLimits& limits) {
  while (position_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + position_, '\n', bytes.size() - position_);
    if (found == nullptr) {
      position_ = bytes.size();
      break;
    }
    const auto newline = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (newline == line_start_ || bytes[newline - 1] != '\r') return bad(400, "bare-lf");
    const bool empty_line = newline == line_start_ + 1;
    if (empty_line && line_start_ == 0) return bad(400, "empty-first-line");
    position_ = newline + 1;
    line_start_ = position_;
    if (position_ > limits.bytes) return bad(431, "head-too-large");
    if (empty_line) return State::kComplete;
  }
  if (line_start_ == 0 && position_ > limits.target + 64) return bad(414, "target-too-long");
  if (position_ > limits.bytes) return bad(431, "head-too-large");
  // A method starts with a capital letter, a response with 'H': a TLS hello on a plain port ends here at once.
  if (!bytes.empty() && (bytes[0] < 'A' || bytes[0] > 'Z')) return bad(400, "not-http");
  return State::kIncomplete;
}

HeadError parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out) {
  out.fields.clear();
  out.body = {};
  out.expects_continue = false;
  out.websocket = false;
  if (const HeadError error = parse_request_line(take_line(head), limits, out)) return error;
  if (const HeadError error = parse_field_lines(head, limits, out.fields)) return error;
  if (out.fields.count(FieldId::kHost) != 1) return {400, "host-missing-or-repeated"};
  out.host = out.fields.first(FieldId::kHost);
  if (!is_host(out.host)) return {400, "host"};
  if (const HeadError error = parse_framing(out.fields, out.minor_version, out.body)) return error;
  if (const HeadError error = check_singletons(out.fields)) return error;
  if (const HeadError error = parse_connection(out)) return error;
  if (const HeadError error = parse_expect(out)) return error;
  return parse_upgrade(out);
}

HeadError parse_response_head(std::string_view head, const HeadLimits& limits, std::string_view request_method,
                              ResponseHead& out) {
  out.fields.clear();
  out.body = {};
  if (const HeadError error = parse_status_line(take_line(head), out)) return error;
  if (const HeadError error = parse_field_lines(head, limits, out.fields)) return {502, error.reason};
  if (const HeadError error = parse_framing(out.fields, out.minor_version, out.body)) return {502, error.reason};
  out.keep_alive = stays_open(out.fields, out.minor_version);
  if (bodiless(out.status, request_method)) {
    out.body = {};
  } else if (out.body.kind == BodyFraming::Kind::kNone) {
    out.body.kind = BodyFraming::Kind::kUntilClose;
    out.keep_alive = false;
  }
  return {};
}

}  // namespace raykeep::http
