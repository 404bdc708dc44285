// SPDX-License-Identifier: Apache-2.0
// Any bytes as YAML or JSON, changed at random: what is done is done exactly (tests/support/edit_properties.h).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "support/edit_properties.h"

using namespace raykeep::document;

// The first eight bytes choose the changes, the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t seed = 0;
  if (size < sizeof seed) return 0;
  std::memcpy(&seed, data, sizeof seed);
  const std::string_view text(reinterpret_cast<const char*>(data) + sizeof seed, size - sizeof seed);
  YamlLimits limits{.bytes = 1U << 16, .nodes = 5'000, .alias_nodes = 2'000};
  if (seed % 2 == 0) limits.duplicates = DuplicateKeys::kLastCounts;
  const YamlStream stream = read_yaml(text, limits);
  if (stream.documents.empty()) return 0;
  raykeep::document::testing::Dice dice(seed);
  std::vector<Change> changes;
  for (std::size_t i = 1 + dice.roll(4); i > 0; --i) changes.push_back(raykeep::document::testing::random_change(stream, dice));
  const auto result = edit_yaml(text, changes, limits, "fuzz");
  if (!result) return 0;
  if (const auto wrong = raykeep::document::testing::what_is_wrong(text, changes, *result, limits)) {
    std::fprintf(stderr, "%s\n--- was\n%.*s\n--- is\n%s\n", wrong->c_str(), static_cast<int>(text.size()), text.data(), result->text.c_str());
    std::abort();
  }
  return 0;
}
