// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/head_parser.h"

namespace raykeep::http {
namespace {

constexpr unsigned kMaxSizeDigits = 15;
constexpr std::size_t kMaxExtra = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::string_view input) {
  Step out;
  while (out.consumed < input.size() && state_ != State::kDone) {
    if (state_ == State::kData) {
      const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size() - out.consumed));
      out.data = input.substr(out.consumed, take);
      out.consumed += take;
      remaining_ -= take;
      if (remaining_ == 0) state_ = State::kDataCr;
      return out;
    }
    out.error = step(input[out.consumed]);
    if (!out.error.empty()) return out;
    ++out.consumed;
  }
  out.done = state_ == State::kDone;
  return out;
}

std::string_view ChunkedDecoder::step(char c) {
  switch (state_) {
    case State::kSize: return step_size(c);
    case State::kExtension:
      if (++extra_ > kMaxExtra) return "chunk-extension-too-long";
      if (c == '\r') {
        state_ = State::kExtensionCr;
        return {};
      }
      return is_control(c) ? "chunk-extension" : std::string_view{};
    case State::kSizeCr:
    case State::kExtensionCr:
      if (c != '\n') return "chunk-line-end";
      state_ = remaining_ == 0 ? State::kTrailer : State::kData;
      return {};
    case State::kDataCr:
      if (c != '\r') return "chunk-data-end";
      state_ = State::kDataLf;
      return {};
    case State::kDataLf:
      if (c != '\n') return "chunk-data-end";
      state_ = State::kSize;
      digits_ = 0;
      return {};
    case State::kTrailer:
    case State::kTrailerCr:
    case State::kTrailerName:
    case State::kTrailerValue:
    case State::kTrailerLineCr: return step_trailer(c);
    case State::kData:
    case State::kDone: return {};
  }
  return "chunk-state";
}

std::string_view ChunkedDecoder::step_size(char c) {
  const int digit = hex_value(c);
  if (digit >= 0) {
    if (++digits_ > kMaxSizeDigits) return "chunk-size-too-large";
    remaining_ = (digits_ == 1 ? 0 : remaining_ * 16) + static_cast<std::uint64_t>(digit);
    return {};
  }
  if (digits_ == 0) return "chunk-size";
  if (c == '\r') {
    state_ = State::kSizeCr;
    return {};
  }
  if (c == ';') {
    state_ = State::kExtension;
    return {};
  }
  return "chunk-size";
}

// Trailer fields are no use to Ray and have smuggled identity before: they are read to their end and dropped.
std::string_view ChunkedDecoder::step_trailer(char c) {
  if (++extra_ > kMaxExtra) return "trailers-too-long";
  switch (state_) {
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerCr;
        return {};
      }
      state_ = State::kTrailerName;
      return is_token({&c, 1}) ? std::string_view{} : "trailer";
    case State::kTrailerName:
      if (c == ':') {
        state_ = State::kTrailerValue;
        return {};
      }
      return is_token({&c, 1}) ? std::string_view{} : "trailer";
    case State::kTrailerValue:
      if (c == '\r') state_ = State::kTrailerLineCr;
      return c != '\r' && is_control(c) ? "trailer" : std::string_view{};
    case State::kTrailerCr:
    case State::kTrailerLineCr:
      if (c != '\n') return "trailer-line-end";
      state_ = state_ == State::kTrailerCr ? State::kDone : State::kTrailer;
      return {};
    case State::kSize:
    case State::kSizeCr:
    case State::kExtension:
    case State::kExtensionCr:
    case State::kData:
    case State::kDataCr:
    case State::kDataLf:
    case State::kDone: return "chunk-state";
  }
  return "chunk-state";
}

std::string chunk_header(std::size_t size) { return fmt::format("{:x}\r\n", size); }

}  // namespace raykeep::http
