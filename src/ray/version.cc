// SPDX-License-Identifier: Apache-2.0
#include "ray/version.h"

#include "document/json.h"

namespace raykeep::ray {
namespace {

constexpr document::JsonLimits kLimits{.bytes = 64 * 1024, .nodes = 1000, .depth = 8};

}  // namespace

std::string version_of_answer(std::string_view body) {
  const auto answer = document::read_json(body, kLimits);
  const document::Node* version = answer ? answer->find("ray_version") : nullptr;
  return version != nullptr && version->is_string() ? std::string(version->text()) : std::string();
}

}  // namespace raykeep::ray
