// SPDX-License-Identifier: Apache-2.0
#include "audit/chain.h"

#include <algorithm>
#include <charconv>

#include "core/crypto.h"
#include "core/encoding.h"

namespace raykeep::audit {
namespace {

constexpr std::string_view kSeqMark = "{\"seq\":";
constexpr std::string_view kPrevMark = ",\"prev\":\"";
constexpr std::string_view kKindMark = "\",\"kind\":\"";
constexpr std::string_view kHashMark = ",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";

bool take(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(mark.size());
  return true;
}

bool is_hash(std::string_view text) {
  return text.size() == kHashLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string line_hash(std::string_view body, const Secret& hmac_key) {
  std::string hashed;
  hashed.reserve(body.size() + 1);
  hashed.append(body).append("}");
  return hex_encode(as_text(hmac_key.empty() ? sha256(hashed) : hmac_sha256(hmac_key.reveal(), hashed)));
}

std::optional<Frame> parse_frame(std::string_view line) {
  if (line.size() > kLongestLine) return std::nullopt;
  const std::size_t tail = kHashMark.size() + kHashLength + kEnd.size();
  if (line.size() < tail || !line.ends_with(kEnd)) return std::nullopt;
  Frame frame;
  frame.body = line.substr(0, line.size() - tail);
  std::string_view end = line.substr(frame.body.size());
  if (!take(end, kHashMark)) return std::nullopt;
  frame.hash = end.substr(0, kHashLength);
  if (!is_hash(frame.hash)) return std::nullopt;

  std::string_view rest = frame.body;
  if (!take(rest, kSeqMark) || rest.starts_with('0')) return std::nullopt;
  const auto [after, error] = std::from_chars(rest.data(), rest.data() + rest.size(), frame.seq);
  if (error != std::errc{}) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(after - rest.data()));
  if (!take(rest, kPrevMark)) return std::nullopt;
  frame.prev = rest.substr(0, kHashLength);
  if (!is_hash(frame.prev)) return std::nullopt;
  rest.remove_prefix(kHashLength);
  if (!take(rest, kKindMark)) return std::nullopt;
  const auto quote = rest.find('"');
  if (quote == std::string_view::npos) return std::nullopt;
  frame.kind = rest.substr(0, quote);
  return frame;
}

bool is_genuine(const Frame& frame, const Secret& hmac_key) {
  return constant_time_equal(line_hash(frame.body, hmac_key), frame.hash);
}

std::string Chain::seal(const Event& event) {
  std::string line = line_body(event, next_seq_, head_);
  head_ = line_hash(line, hmac_key_);
  ++next_seq_;
  line.append(kHashMark).append(head_).append(kEnd).append("\n");
  return line;
}

}  // namespace raykeep::audit
