// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>

#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "core/file.h"
#include "tenant/generate.h"

namespace raykeep::cli {
namespace {

constexpr std::size_t kSpecLimit = 1 << 20;  // bytes

int run(const std::string& path) {
  const auto text = read_file(path, kSpecLimit);
  if (!text) return report(text.error());
  const tenant::SpecText read = tenant::read_spec(*text, path);
  int status = kExitOk;
  for (const Error& error : read.errors) status = std::max(status, report(error));
  if (status != kExitOk) return status;
  std::vector<std::string> paths;
  for (const std::string& manifest : read.spec.manifests) paths.push_back((std::filesystem::path(path).parent_path() / manifest).string());
  const ManifestInput input = read_manifests(paths);
  status = report_input(input);
  const tenant::Tenant made = tenant::generate(read.spec, input.manifests);
  for (const Error& error : made.errors) status = std::max(status, report(error));
  if (status != kExitOk) return status;
  fmt::print("{}", tenant::write(made));
  return kExitOk;
}

void declare(CLI::App& app, Action& action) {
  auto path = std::make_shared<std::string>();
  app.add_option("SPEC", *path, "The tenant's file; docs/tenant.md")->required();
  app.callback([path, &action] { action = [path] { return run(*path); }; });
}

}  // namespace

const Command kTenant{
    "tenant",
    "Write a team's namespace: closed, with exactly what its Ray clusters need",
    "Namespace with Pod Security, default deny, NetworkPolicies for each Ray cluster and job, and a ResourceQuota for the clusters at their largest.\n"
    "Nothing is applied; the objects go to standard output.\n\n"
    "Example: raykeep tenant team-a.yaml | kubectl apply -f -",
    declare};

}  // namespace raykeep::cli
