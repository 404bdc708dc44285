// SPDX-License-Identifier: Apache-2.0
// Any bytes as manifests: whatever can be read is asked who reaches whom, without a crash; certain is always within
// possible, and both ways to ask give the same lines.
#include <cstdint>
#include <cstdlib>

#include "network/doors.h"
#include "network/explain.h"
#include "network/reach_text.h"

using namespace raykeep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kube::Manifests manifests;
  manifests.add("fuzz", std::string(reinterpret_cast<const char*>(data), size), {.bytes = 1U << 16, .nodes = 5'000});
  for (const auto semantics : {network::Semantics::kKubernetes, network::Semantics::kNpGuard}) {
    network::ReachOptions options;
    options.semantics = semantics;
    network::Reach reach(manifests, options);
    for (const auto& one : reach.networks()) {
      reach.each_connection(*one, [&](const network::Connection& connection) {
        const auto& pool = reach.pool();
        if (!pool.get(connection.answer.possible).covers(pool.get(connection.answer.certain))) std::abort();
      });
    }
    const auto doors = network::find_doors(reach);
    (void)network::write_doors_svg(doors);
    (void)network::find_idle(reach);
    network::write_explanation(reach, {}, [](std::string_view) {});
    network::write_groups_text(reach, [](std::string_view) {});
  }
  return 0;
}
