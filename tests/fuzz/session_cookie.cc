// SPDX-License-Identifier: Apache-2.0
#include "identity/session.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<raykeep::identity::SessionKey> keys{{1, raykeep::Secret("0123456789abcdef0123456789abcdef")}};
  const auto opened = raykeep::identity::open_session(text, "gate.example", keys, {}, raykeep::Time(std::chrono::seconds(1800000000)));
  // Nobody can make one without the key.
  if (opened.problem != raykeep::identity::SessionProblem::kForged && text.find("1.YWxpY2U.") != 0) std::abort();
  return 0;
}
