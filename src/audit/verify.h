// SPDX-License-Identifier: Apache-2.0
// Checks a record after the fact: every line's hash, every link to the line before, every sequence number.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/secret.h"

namespace raykeep::audit {

enum class BreakKind : std::uint8_t {
  kTornLine,      // the last line has no end: a crash, or a cut file
  kMalformed,     // not a line of this record
  kHashMismatch,  // the line was changed, or another key was used
  kLinkBroken,    // a line before it was removed, added or replaced
  kSequenceGap,   // the number does not follow
  kHeadMissing,   // the record ends before the head that was expected
};
std::string_view name_of(BreakKind kind);

struct Break {
  BreakKind kind;
  std::string file;
  std::size_t line = 0;  // from 1
  std::string explanation;
};

struct Verification {
  std::uint64_t lines = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::string anchor;            // `prev` of the first line: all zeros when the record is complete from its beginning
  std::string head;              // hash of the last good line; compare it with one noted elsewhere
  std::uint64_t recoveries = 0;  // crashes survived, as recorded
  std::uint64_t gaps = 0;        // events lost to a failing sink, as recorded
  std::optional<Break> first_break;
  bool intact() const { return !first_break.has_value(); }
};

struct VerifyOptions {
  Secret hmac_key;            // empty: plain SHA-256
  std::string expected_head;  // a hash noted earlier, which must occur; empty: not asked
};

// `files` in any order; directories stand for the segments in them. An error only when a file cannot be read.
Result<Verification> verify(std::span<const std::string> files, const VerifyOptions& options);

}  // namespace raykeep::audit
