// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>

#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "core/file.h"
#include "document/yaml_writer.h"
#include "tenant/diff.h"
#include "tenant/generate.h"
#include "tenant/import.h"

namespace raykeep::cli {
namespace {

constexpr std::size_t kSpecLimit = 1 << 20;  // bytes

struct Options {
  std::string path;
  std::vector<std::string> diff;
  std::vector<std::string> import;
  bool elastic_quota = false;
};

int compare(const tenant::Spec& spec, const tenant::Tenant& made, const std::vector<std::string>& paths) {
  const ManifestInput there = read_manifests(paths);
  if (const int status = report_input(there); status != kExitOk) return status;
  const auto differences = tenant::differences(spec, made, there.manifests);
  fmt::print("{}", tenant::write_differences(differences));
  return differences.empty() ? kExitOk : kExitFindings;
}

int import_from(const std::vector<std::string>& paths) {
  const ManifestInput there = read_manifests(paths);
  if (const int status = report_input(there); status != kExitOk) return status;
  const auto spec = tenant::import_spec(there.manifests);
  if (!spec) return report(spec.error());
  fmt::print("{}", *spec);
  return kExitOk;
}

int run(const Options& options) {
  if (!options.import.empty()) return import_from(options.import);
  const std::string& path = options.path;
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
  if (!options.diff.empty()) return compare(read.spec, made, options.diff);
  fmt::print("{}", options.elastic_quota ? document::write_yaml(document::Node::sequence({made.elastic_quota})) : tenant::write(made));
  return kExitOk;
}

void declare(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::Option* spec = app.add_option("SPEC", options->path, "The tenant's file; docs/tenant.md");
  app.add_option("--import", options->import, "Write the spec of a namespace that is there, from its manifests and Ray resources; - for what kubectl get -o yaml prints")->excludes(spec);
  CLI::Option* diff = app.add_option("--diff", options->diff, "Compare with these manifests, or - for what kubectl get -o yaml prints; exit status 1 when something differs");
  app.add_flag("--elastic-quota", options->elastic_quota, "Print the namespace's leaf for ACK's ElasticQuotaTree instead")->excludes(diff);
  diff->needs(spec);
  app.require_option(1, 0);  // SPEC or --import
  app.callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace

const Command kTenant{
    "tenant",
    "Write a team's namespace: closed, with exactly what its Ray clusters need",
    "Namespace with Pod Security, default deny, NetworkPolicies for each Ray cluster and job, and a ResourceQuota for the clusters at their largest.\n"
    "Nothing is applied; the objects go to standard output.\n\n"
    "Examples:\n"
    "  raykeep tenant team-a.yaml | kubectl apply -f -\n"
    "  (kubectl get ns team-a -o yaml; echo ---; kubectl get netpol,quota,limits,sa,role,rolebinding -n team-a -o yaml) | raykeep tenant team-a.yaml --diff -",
    declare};

}  // namespace raykeep::cli
