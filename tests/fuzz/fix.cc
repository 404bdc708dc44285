// SPDX-License-Identifier: Apache-2.0
// Any bytes as manifests to mend: the new text can be read as the old one could, and mending it again changes nothing.
#include <cstdint>
#include <cstdlib>

#include "checks/engine.h"
#include "checks/repair.h"

using namespace raykeep;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const document::YamlLimits limits{.bytes = 1U << 20, .nodes = 20'000};
  kube::Manifests before;
  before.add("fuzz", std::string(reinterpret_cast<const char*>(data), size), limits);
  const checks::Settings settings;
  const auto findings = checks::run(before, settings);
  for (const checks::FileRepair& repair : checks::repair(before, findings)) {
    kube::Manifests after;
    after.add("fuzz", repair.text, limits);
    check(after.objects().size() == before.objects().size());
    check(after.errors().size() == before.errors().size());
    const auto left = checks::run(after, settings);
    for (const checks::FileRepair& again : checks::repair(after, left)) check(again.text == repair.text || !again.mended.empty());
  }
  return 0;
}
