// SPDX-License-Identifier: Apache-2.0
// Any bytes as the Ray resources of a tenant: what can be made of them is written, reads back without a difference, and is
// imported, without a crash.
#include <cstdint>
#include <cstdlib>

#include "tenant/diff.h"
#include "tenant/generate.h"
#include "tenant/import.h"

using namespace raykeep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tenant::SpecText kSpec = tenant::read_spec(
      "tenant: {name: team-a, manifests: [x.yaml], apiServer: [{cidr: 10.0.0.1/32, ports: [6443]}], guests: [{door: serve, namespace: web, labels: {app: web}}]}\n", "team.yaml");
  kube::Manifests manifests;
  manifests.add("fuzz", std::string(reinterpret_cast<const char*>(data), size), {.bytes = 1U << 16, .nodes = 5'000});
  const tenant::Tenant made = tenant::generate(kSpec.spec, manifests);
  (void)tenant::import_spec(manifests);
  if (!made.errors.empty()) return 0;
  kube::Manifests written;
  written.add("written", tenant::write(made));
  if (written.objects().size() != made.objects.size()) std::abort();  // a name that became an object
  if (!written.errors().empty() || !tenant::differences(kSpec.spec, made, written).empty()) std::abort();
  return 0;
}
