// SPDX-License-Identifier: Apache-2.0
// Any bytes as manifests: whatever can be read is expanded and checked without a crash, twice with the same findings.
#include <cstdint>
#include <cstdlib>

#include "checks/engine.h"

using namespace raykeep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kube::Manifests manifests;
  manifests.add("fuzz", std::string(reinterpret_cast<const char*>(data), size), {.bytes = 1U << 20, .nodes = 20'000});
  checks::Settings settings;
  settings.today = "2026-01-01";
  const auto findings = checks::run(manifests, settings);
  const auto again = checks::run(manifests, settings);
  if (findings.size() != again.size()) std::abort();
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (findings[i].fingerprint() != again[i].fingerprint() || findings[i].message != again[i].message) std::abort();
  }
  return 0;
}
