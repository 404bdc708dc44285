// SPDX-License-Identifier: Apache-2.0
// Any bytes as YAML: what is accepted has its spans in the text, and its JSON is JSON and stays as it is.
#include "document/yaml.h"

#include <cstdint>
#include <cstdlib>

#include "document/json.h"

using namespace raykeep::document;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_spans(const Node& node, std::size_t size) {
  check(node.span().begin <= node.span().end && node.span().end <= size && node.span().line > 0 &&
        node.span().column > 0);
  for (const Node& item : node.items()) check_spans(item, size);
  for (const Member& member : node.members()) {
    check_spans(member.key, size);
    check_spans(member.value, size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const YamlLimits limits{.bytes = 1U << 20, .nodes = 20'000, .duplicates = DuplicateKeys::kLastCounts};
  const YamlStream stream = read_yaml(text, limits, "fuzz");
  for (const YamlDocument& document : stream.documents) {
    check(document.begin <= document.end && document.end <= size);
    const Node& node = document.root;
    if (node.span().line > 0) check_spans(node, size);
    const std::string json = write_json(node);
    const auto again = read_json(json);
    check(again.has_value() && write_json(*again) == json);
  }
  return 0;
}
