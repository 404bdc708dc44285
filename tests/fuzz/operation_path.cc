// SPDX-License-Identifier: Apache-2.0
// Input: "METHOD PATH?QUERY". What is classified must be free of everything that could make Ray see another path or id.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/encoding.h"
#include "ray/operation.h"
#include "ray/path.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Decodes as Ray does: once, percent-escapes only.
std::string decoded_once(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace raykeep::ray;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto space = input.find(' ');
  const auto method = input.substr(0, space);
  const auto target = space == std::string_view::npos ? std::string_view{} : input.substr(space + 1);
  const auto question = target.find('?');
  const auto path = target.substr(0, question);
  const auto query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);

  const auto matched = operation_of(method, path, query);
  if (!matched) {
    require(matched.error() != nullptr && !matched.error()->reason.empty());
    return 0;
  }
  require(matched->operation != nullptr);
  require(matched->job_id.empty() || is_job_id(matched->job_id));
  require(matched->package_name.empty() || is_package_name(matched->package_name));
  const std::string decoded = decoded_once(path);
  require(raykeep::is_utf8(decoded));
  for (const std::string_view evil : {"//", "/../", "/./", "\\", "%", ";"})
    require(decoded.find(evil) == std::string::npos);
  require(!decoded.ends_with("/..") && !decoded.ends_with("/."));
  for (const char c : decoded) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  // Decoding must not change how many segments there are, nor the operation.
  const auto slashes = [](std::string_view text) { return std::count(text.begin(), text.end(), '/'); };
  require(slashes(decoded) == slashes(path));
  return 0;
}
