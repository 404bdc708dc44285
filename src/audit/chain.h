// SPDX-License-Identifier: Apache-2.0
// The form of a line and of the chain. A line is
//   {"seq":N,"prev":"<hash of the line before>","kind":"...",...,"hash":"<hash>"}
// where <hash> is SHA-256, or HMAC-SHA-256 under a key, in hexadecimal, of the same bytes without the "hash" member
// (everything before ,"hash" and the closing brace). The first line of a record has 64 zeros for prev.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "core/secret.h"

namespace raykeep::audit {

inline constexpr std::size_t kHashLength = 64;
inline constexpr std::size_t kLongestLine = 1U << 20;
inline constexpr std::string_view kFirstPrev = "0000000000000000000000000000000000000000000000000000000000000000";

// The line without its hash member and closing brace.
std::string line_body(const Event& event, std::uint64_t seq, std::string_view prev);

std::string line_hash(std::string_view body, const Secret& hmac_key);

// The parts of a line that the chain is made of; views into the line.
struct Frame {
  std::uint64_t seq = 0;
  std::string_view prev;
  std::string_view kind;
  std::string_view body;  // what is hashed, without the closing brace
  std::string_view hash;
};
// Nothing when `line` (without its newline) is not of the form above. Does not check the hash.
std::optional<Frame> parse_frame(std::string_view line);
// True when the line's hash is that of its bytes.
bool is_genuine(const Frame& frame, const Secret& hmac_key);

// The writing end of a chain.
class Chain {
 public:
  Chain(Secret hmac_key, std::uint64_t next_seq, std::string head)
      : hmac_key_(std::move(hmac_key)), next_seq_(next_seq), head_(std::move(head)) {}
  // The event as the next line, with its newline.
  std::string seal(const Event& event);
  std::uint64_t next_seq() const { return next_seq_; }
  const std::string& head() const { return head_; }

 private:
  Secret hmac_key_;
  std::uint64_t next_seq_;
  std::string head_;
};

}  // namespace raykeep::audit
