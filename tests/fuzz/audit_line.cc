// SPDX-License-Identifier: Apache-2.0
// Reading: any bytes as lines of a record. Writing: any bytes as the values of an event must give one genuine line.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "audit/chain.h"
#include "core/encoding.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace raykeep::audit;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const raykeep::Secret no_key;
  if (const auto frame = parse_frame(input)) {
    require(frame->seq != 0 && frame->prev.size() == kHashLength && frame->hash.size() == kHashLength);
    static_cast<void>(is_genuine(*frame, no_key));
  }

  Event event;
  const auto third = input.size() / 3;
  event.user = std::string(input.substr(0, third));
  event.path = std::string(input.substr(third, third));
  event.detail = std::string(input.substr(2 * third));
  Chain chain{no_key, 1, std::string(kFirstPrev)};
  const std::string line = chain.seal(event);
  require(line.ends_with("\"}\n") && std::count(line.begin(), line.end(), '\n') == 1);
  require(raykeep::is_utf8(line));
  require(std::none_of(line.begin(), line.end() - 1,
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
  const auto frame = parse_frame(std::string_view(line).substr(0, line.size() - 1));
  require(frame && frame->seq == 1 && frame->kind == "request" && is_genuine(*frame, no_key));
  return 0;
}
