// SPDX-License-Identifier: Apache-2.0
#include "ray/path.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/encoding.h"

namespace raykeep::ray {
namespace {

constexpr std::size_t kMostQueryParts = 64;
constexpr std::size_t kLongestFileName = 512;
// State API filters come in triples and repeat (dashboard/state_api_utils.py, options_from_req).
constexpr std::array<std::string_view, 3> kRepeatable{"filter_keys", "filter_predicates", "filter_values"};

constexpr std::string_view kAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

constexpr std::array<bool, 256> bytes_of(std::string_view first, std::string_view second) {
  std::array<bool, 256> set{};
  for (const char c : first) set[static_cast<std::uint8_t>(c)] = true;
  for (const char c : second) set[static_cast<std::uint8_t>(c)] = true;
  return set;
}
// RFC 3986 section 3.3 pchar without ';', which some programs cut off as a path parameter.
constexpr auto kPathBytes = bytes_of(kAlphanumeric, "-._~!$&'()*+,=:@");
// RFC 3986 section 3.4 without ';', which older Pythons take for '&'.
constexpr auto kQueryBytes = bytes_of(kAlphanumeric, "-._~!$'()*+,=:@/?&");
constexpr auto kNameBytes = bytes_of(kAlphanumeric, "-._");
constexpr auto kUnreservedBytes = bytes_of(kAlphanumeric, "-._~");
constexpr auto kIdBytes = bytes_of(kAlphanumeric, "-._");

bool in(const std::array<bool, 256>& set, char c) {
  return set[static_cast<std::uint8_t>(c)];
}
bool all_in(const std::array<bool, 256>& set, std::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return in(set, c); });
}
bool is_control(char c) {
  return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that the escape at text[i] == '%' stands for, or -1.
int escaped_byte(std::string_view text, std::size_t i) {
  if (i + 2 >= text.size()) return -1;
  const int high = hex_value(text[i + 1]);
  const int low = hex_value(text[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int byte = escaped_byte(text, i);
      if (byte < 0) return std::nullopt;
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

// An escape is taken only for what cannot be written plainly and means nothing to a router.
bool is_harmless_escape(int byte) {
  if (byte < 0x20 || byte == 0x7f) return false;
  constexpr std::string_view kMeaningful = "/\\%.;?#";
  return kMeaningful.find(static_cast<char>(byte)) == std::string_view::npos;
}

bool is_plain_segment(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  bool escaped = false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (in(kPathBytes, segment[i])) continue;
    if (segment[i] != '%') return false;
    const int byte = escaped_byte(segment, i);
    if (byte < 0 || !is_harmless_escape(byte)) return false;
    // "%61pi" would be routed as "api": what needs no escape must have none (RFC 3986 section 2.3).
    if (in(kUnreservedBytes, static_cast<char>(byte))) return false;
    escaped = true;
    i += 2;
  }
  return !escaped || is_utf8(*decode(segment, false));
}

bool is_plain_value(std::string_view value) {
  bool beyond_ascii = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (in(kQueryBytes, value[i])) continue;
    if (value[i] != '%') return false;
    const int byte = escaped_byte(value, i);
    if (byte < 0x20 || byte == 0x7f) return false;
    beyond_ascii |= byte > 0x7f;
    i += 2;
  }
  return !beyond_ascii || is_utf8(*decode(value, true));
}

}  // namespace

QueryPart take_query_part(std::string_view& query) {
  const auto end = query.find('&');
  const auto part = query.substr(0, end);
  query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  const auto equals = part.find('=');
  if (equals == std::string_view::npos) return {part, {}};
  return {part.substr(0, equals), part.substr(equals + 1)};
}

const Refusal* path_problem(std::string_view path) {
  if (path.empty() || path.front() != '/') return &kAmbiguousPath;
  path.remove_prefix(1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (!is_plain_segment(path.substr(0, slash))) return &kAmbiguousPath;
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return nullptr;
}

const Refusal* query_problem(std::string_view query) {
  std::array<std::string_view, kMostQueryParts> seen;
  std::size_t count = 0;
  while (!query.empty()) {
    const QueryPart part = take_query_part(query);
    if (part.name.empty() && part.value.empty()) continue;
    const bool plain = !part.name.empty() && all_in(kNameBytes, part.name) && is_plain_value(part.value);
    if (!plain || count == kMostQueryParts) return &kAmbiguousQuery;
    const bool repeatable = std::find(kRepeatable.begin(), kRepeatable.end(), part.name) != kRepeatable.end();
    const auto end = seen.begin() + static_cast<std::ptrdiff_t>(count);
    if (!repeatable && std::find(seen.begin(), end, part.name) != end) return &kAmbiguousQuery;
    seen[count++] = part.name;
  }
  return nullptr;
}

std::optional<std::string> decode_query_value(std::string_view value) {
  return decode(value, true);
}

bool is_job_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestJobId && id.front() != '.' && all_in(kIdBytes, id);
}

bool is_package_name(std::string_view name) {
  constexpr std::string_view kPrefix = "_ray_pkg_";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || dot < 16 || dot > 40) return false;
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot), is_hex)) return false;
  constexpr std::array<std::string_view, 4> kEndings{".zip", ".whl", ".tar.gz", ".tar.xz"};
  return std::find(kEndings.begin(), kEndings.end(), name.substr(dot)) != kEndings.end();
}

bool is_log_file_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestFileName || !is_utf8(name)) return false;
  if (std::any_of(name.begin(), name.end(), [](char c) { return is_control(c) || c == '\\' || c == '"'; }))
    return false;
  for (;;) {
    const auto slash = name.find('/');
    const auto part = name.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

bool log_file_shows_environments(std::string_view file_name) {
  const std::string_view base = file_name.substr(file_name.rfind('/') + 1);  // npos + 1 is 0
  return base.starts_with("runtime_env") || base.starts_with("event_") || file_name.find("events/") != std::string_view::npos;
}

std::optional<std::string_view> job_of_driver_log(std::string_view file_name) {
  constexpr std::string_view kBefore = "job-driver-";
  constexpr std::string_view kAfter = ".log";
  if (!file_name.starts_with(kBefore) || !file_name.ends_with(kAfter)) return std::nullopt;
  if (file_name.size() <= kBefore.size() + kAfter.size()) return std::nullopt;
  return file_name.substr(kBefore.size(), file_name.size() - kBefore.size() - kAfter.size());
}

}  // namespace raykeep::ray
