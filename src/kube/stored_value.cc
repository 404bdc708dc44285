// SPDX-License-Identifier: Apache-2.0
#include "kube/stored_value.h"

#include <algorithm>
#include <cctype>

#include "core/encoding.h"

namespace raykeep::kube {

std::string stored_value(const kube::Object& object, std::string_view key) {
  if (const Node* plain = object.find({"stringData", key})) return std::string(plain->text());
  const Node* value = object.find({"data", key});
  if (value == nullptr) return {};
  if (object.kind != "Secret") return std::string(value->text());
  std::string packed(value->text());
  packed.erase(std::remove_if(packed.begin(), packed.end(), [](unsigned char c) { return std::isspace(c) != 0; }), packed.end());
  return base64_decode(packed).value_or("");
}

}  // namespace raykeep::kube
