// SPDX-License-Identifier: Apache-2.0
#include "http/websocket.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto masking : {raykeep::http::Masking::kRequired, raykeep::http::Masking::kForbidden}) {
    std::string bytes(text);
    std::string_view input = bytes;
    raykeep::http::FrameReader reader(masking);
    for (;;) {
      const auto event = reader.next(input);
      if (event.kind == raykeep::http::FrameReader::Event::Kind::kNeedMore || event.kind == raykeep::http::FrameReader::Event::Kind::kError) break;
      if (event.kind == raykeep::http::FrameReader::Event::Kind::kControl && event.data.size() > 125) std::abort();
    }
  }
  return 0;
}
