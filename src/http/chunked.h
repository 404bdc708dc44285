// SPDX-License-Identifier: Apache-2.0
// The chunked transfer coding (RFC 9112 7.1), read strictly: CRLF only, sizes of at most 15 hexadecimal digits, short
// extensions, and trailers that are checked for syntax and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace raykeep::http {

class ChunkedDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;   // bytes of input used up
    std::string_view data;      // body bytes inside the input, if any
    bool done = false;          // the last chunk and the trailers have been read
    std::string_view error;     // a plain reason id; not empty means the message is broken
  };
  // Reads on from where it stopped. Gives at most one piece of data a call; call again while it consumes.
  Step decode(std::string_view input);

 private:
  enum class State : std::uint8_t { kSize, kSizeCr, kExtension, kExtensionCr, kData, kDataCr, kDataLf, kTrailer, kTrailerCr, kTrailerName, kTrailerValue, kTrailerLineCr, kDone };
  std::string_view step(char c);
  std::string_view step_size(char c);
  std::string_view step_trailer(char c);

  State state_ = State::kSize;
  std::uint64_t remaining_ = 0;  // bytes left of the current chunk
  unsigned digits_ = 0;
  std::size_t extra_ = 0;        // bytes of extensions and trailers so far, bounded
};

// "1a\r\n": what goes before `size` bytes of data; "\r\n" follows them.
std::string chunk_header(std::size_t size);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace raykeep::http
