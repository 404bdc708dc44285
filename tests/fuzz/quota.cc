// SPDX-License-Identifier: Apache-2.0
// Any bytes as manifests of quotas: whatever can be read is converted to each dialect, and what a conversion writes can be
// read and converted again, without a crash.
#include <cstdint>
#include <cstdlib>

#include "quota/convert.h"
#include "quota/simulate.h"

using namespace raykeep;

namespace {

void play(const quota::Tree& tree) {
  quota::Simulator simulator(tree, {});
  int number = 0;
  for (const quota::Quota& one : tree.quotas) {
    quota::PodSet set;
    set.requests = one.min;
    set.count = 2;
    (void)simulator.submit({"w" + std::to_string(++number), "", one.name, number % 3, {set}});
    if (number > 50) break;
  }
  (void)simulator.finish("w1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kube::Manifests manifests;
  manifests.add("fuzz", std::string(reinterpret_cast<const char*>(data), size), {.bytes = 1U << 16, .nodes = 5'000});
  for (const quota::Tree& tree : quota::read_trees(manifests)) {
    play(tree);
    for (const quota::Dialect dialect : quota::kDialects) {
      kube::Manifests again;
      again.add("again", quota::write_conversion(quota::convert(tree, dialect), tree.dialect, dialect));
      if (!again.errors().empty()) std::abort();
      for (const quota::Tree& back : quota::read_trees(again)) (void)quota::convert(back, tree.dialect);
    }
  }
  return 0;
}
