// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The same bytes in one piece and one by one must mean the same.
  const auto decode = [&](std::size_t piece) {
    raykeep::http::ChunkedDecoder decoder;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const auto step = decoder.decode(text.substr(at, piece));
      at += step.consumed;
      out.append(step.data);
      if (!step.error.empty()) return out + "!" + std::string(step.error);
      if (step.done) return out + "." + std::to_string(at);
    }
    return out;
  };
  if (decode(text.size()) != decode(1)) std::abort();
  return 0;
}
