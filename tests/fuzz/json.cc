// SPDX-License-Identifier: Apache-2.0
// Any bytes as JSON: what is accepted must be written as text that is accepted again, is the same value, and is stable;
// every span lies in the text.
#include "document/json.h"

#include <cstdint>
#include <cstdlib>

using namespace raykeep::document;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_spans(const Node& node, const Span& around) {
  check(node.span().begin >= around.begin && node.span().end <= around.end && node.span().begin < node.span().end);
  for (const Node& item : node.items()) check_spans(item, node.span());
  for (const Member& member : node.members()) {
    check_spans(member.key, node.span());
    check_spans(member.value, node.span());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto node = read_json(text);
  if (!node) return 0;
  check_spans(*node, {0, static_cast<std::uint32_t>(size), 1, 1});
  const std::string written = write_json(*node);
  const auto again = read_json(written);
  check(again.has_value() && same_value(*node, *again) && write_json(*again) == written);
  const auto pretty = read_json(write_json_pretty(*node));
  check(pretty.has_value() && same_value(*node, *pretty));
  return 0;
}
