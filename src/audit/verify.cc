// SPDX-License-Identifier: Apache-2.0
#include "audit/verify.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>

#include "audit/chain.h"
#include "audit/segment.h"

namespace raykeep::audit {
namespace {

struct Input {
  std::string path;
  std::uint64_t first_seq = 0;  // of its first line; 0 when that cannot be read
};

Result<std::vector<Input>> collect(std::span<const std::string> files) {
  RK_TRY(std::vector<std::string> paths, segments_of(files));
  std::vector<Input> out;
  for (std::string& path : paths) {
    Input input{std::move(path), 0};
    RK_TRY_VOID(for_each_line(input.path, [&](const LineAt& line) {
      if (const auto frame = parse_frame(line.text)) input.first_seq = frame->seq;
      return false;
    }));
    if (input.first_seq == 0) {
      // Its name, if it is a segment's, still says where it belongs.
      input.first_seq = first_seq_of(std::filesystem::path(input.path).filename().string()).value_or(0);
    }
    out.push_back(std::move(input));
  }
  std::stable_sort(out.begin(), out.end(), [](const Input& a, const Input& b) { return a.first_seq < b.first_seq; });
  return out;
}

// The count of a gap record, from its line: numbers are written without spaces (event.cc).
std::uint64_t count_of(std::string_view body) {
  constexpr std::string_view kMark = ",\"count\":";
  const auto at = body.rfind(kMark);
  if (at == std::string_view::npos) return 1;
  std::uint64_t out = 1;
  std::from_chars(body.data() + at + kMark.size(), body.data() + body.size(), out);
  return out;
}

class Verifier {
 public:
  Verifier(const VerifyOptions& options, Verification& out) : options_(options), out_(out) {}

  // False at the first break.
  bool check(const std::string& path, const LineAt& line) {
    const auto frame = parse_frame(line.text);
    const auto broken = [&](BreakKind kind, std::string explanation) {
      out_.first_break = Break{kind, path, line.number, std::move(explanation)};
      return false;
    };
    if (!line.ended)
      return broken(BreakKind::kTornLine, "the line has no end: a crash, a cut file, or a gateway still writing it");
    if (!frame) return broken(BreakKind::kMalformed, "this is not a line of an audit record");
    if (!is_genuine(*frame, options_.hmac_key)) {
      return broken(BreakKind::kHashMismatch,
                    options_.hmac_key.empty() ? "the line was changed after it was written, or was written with a key"
                                              : "the line was changed after it was written, or the key is another");
    }
    if (out_.lines > 0 && frame->seq != out_.last_seq + 1) {
      return broken(BreakKind::kSequenceGap,
                    fmt::format("record {} follows record {}: what is between is missing or out of order", frame->seq,
                                out_.last_seq));
    }
    if (out_.lines > 0 && frame->prev != out_.head) {
      return broken(BreakKind::kLinkBroken, "the line before it is not the one that was there when it was written");
    }
    if (out_.lines == 0 && frame->seq == 1 && frame->prev != kFirstPrev) {
      return broken(BreakKind::kLinkBroken, "record 1 names a record before it");
    }
    accept(*frame);
    return true;
  }

  void finish(const std::string& last_path) {
    if (!out_.intact()) return;
    const bool asked = !options_.expected_head.empty();
    if (asked && !head_seen_) {
      out_.first_break = Break{BreakKind::kHeadMissing, last_path, 0,
                               "no record has the expected hash: the end of the record was cut off"};
    }
  }

 private:
  void accept(const Frame& frame) {
    if (out_.lines == 0) {
      out_.first_seq = frame.seq;
      out_.anchor = std::string(frame.prev);
    }
    ++out_.lines;
    out_.last_seq = frame.seq;
    out_.head.assign(frame.hash);
    head_seen_ |= frame.hash == options_.expected_head;
    if (frame.kind == name_of(Kind::kRecovered)) ++out_.recoveries;
    if (frame.kind == name_of(Kind::kGap)) out_.gaps += count_of(frame.body);
  }

  const VerifyOptions& options_;
  Verification& out_;
  bool head_seen_ = false;
};

}  // namespace

std::string_view name_of(BreakKind kind) {
  switch (kind) {
    case BreakKind::kTornLine:
      return "torn-line";
    case BreakKind::kMalformed:
      return "malformed";
    case BreakKind::kHashMismatch:
      return "hash-mismatch";
    case BreakKind::kLinkBroken:
      return "link-broken";
    case BreakKind::kSequenceGap:
      return "sequence-gap";
    case BreakKind::kHeadMissing:
      return "head-missing";
  }
  return "malformed";
}

Result<Verification> verify(std::span<const std::string> files, const VerifyOptions& options) {
  Verification out;
  RK_TRY(const std::vector<Input> inputs, collect(files));
  Verifier verifier(options, out);
  for (const Input& input : inputs) {
    RK_TRY_VOID(for_each_line(input.path, [&](const LineAt& line) { return verifier.check(input.path, line); }));
    if (!out.intact()) return out;
  }
  verifier.finish(inputs.empty() ? "" : inputs.back().path);
  return out;
}

}  // namespace raykeep::audit
