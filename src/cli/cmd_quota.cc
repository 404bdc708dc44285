// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>

#include "checks/engine.h"
#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "cli/scan_settings.h"
#include "core/file.h"
#include "quota/convert.h"
#include "quota/scenario.h"

namespace raykeep::cli {
namespace {

using quota::Dialect;
using quota::Tree;

inline constexpr ErrorCode kNoQuotas{"no-quotas", ErrorKind::kInput, ""};
inline constexpr ErrorCode kBrokenQuotas{"quotas-broken", ErrorKind::kRefused, "See raykeep quota check."};

constexpr std::size_t kLargestScenario = 1U << 20;  // bytes

struct Options {
  std::vector<std::string> paths;
  std::string from;
  std::string to;
  std::string scenario;
  std::string format = "text";
};

std::vector<std::string> dialect_names() {
  std::vector<std::string> out;
  for (const Dialect dialect : quota::kDialects) out.emplace_back(quota::dialect_name(dialect));
  return out;
}

// The tree of the manifests that is meant: of ElasticQuotaTrees the one that the scheduler reads.
Result<Tree> choose(const kube::Manifests& manifests, const std::string& from) {
  std::vector<Tree> trees = quota::read_trees(manifests);
  const auto wanted = quota::parse_dialect(from);
  if (wanted) std::erase_if(trees, [&](const Tree& tree) { return tree.dialect != *wanted; });
  const auto is_read = [](const Tree& tree) { return tree.root().object == nullptr || tree.root().object->effective_namespace() == "kube-system"; };
  if (trees.size() > 1) std::erase_if(trees, [&](const Tree& tree) { return !is_read(tree); });
  if (trees.empty()) return fail(kNoQuotas, wanted ? fmt::format("the manifests have no quotas of {}", from) : "the manifests have no ElasticQuotaTree, ElasticQuota, ClusterQueue or ResourceQuota");
  if (trees.size() == 1) return std::move(trees.front());
  std::vector<std::string_view> found;
  for (const Tree& tree : trees) found.push_back(quota::dialect_name(tree.dialect));
  return fail(kNoQuotas, fmt::format("the manifests have quotas of {}; say which with --from", fmt::join(found, " and ")));
}

// What makes the quotas mean something else than they say, on standard error.
int report_broken(const kube::Manifests& manifests) {
  checks::Settings settings;
  settings.profile = checks::Profile::kQuota;
  int status = kExitOk;
  for (const report::Finding& finding : checks::run(manifests, settings)) {
    if (finding.severity >= report::Severity::kHigh) status = report(Error(kBrokenQuotas, fmt::format("{}: {}", finding.rule->id, finding.message), finding.at()));
  }
  return status;
}

template <typename Use>
int with_tree(const Options& options, const Use& use) {
  const ManifestInput input = read_manifests(options.paths);
  int status = report_input(input);
  if (status == kExitOk) status = report_broken(input.manifests);
  if (status != kExitOk) return status;
  const auto tree = choose(input.manifests, options.from);
  return tree ? use(*tree) : report(tree.error());
}

int convert(const Options& options) {
  return with_tree(options, [&](const Tree& tree) {
    const Dialect target = *quota::parse_dialect(options.to);
    fmt::print("{}", quota::write_conversion(quota::convert(tree, target), tree.dialect, target));
    return kExitOk;
  });
}

Result<kube::Manifests> read_beside(const std::string& scenario, const std::string& path) {
  ManifestInput input = read_manifests({(std::filesystem::path(scenario).parent_path() / path).string()});
  if (!input.errors.empty()) return tl::make_unexpected(std::move(input.errors.front()));
  if (!input.manifests.errors().empty()) return tl::make_unexpected(Error(input.manifests.errors().front()));
  return std::move(input.manifests);
}

int simulate(const Options& options) {
  return with_tree(options, [&](const Tree& tree) {
    const auto text = read_file(options.scenario, kLargestScenario);
    if (!text) return report(text.error());
    const quota::Scenario scenario = quota::read_scenario(*text, options.scenario, [&](const std::string& path) { return read_beside(options.scenario, path); });
    int status = kExitOk;
    for (const Error& error : scenario.errors) status = report(error);
    if (status != kExitOk) return status;
    for (const quota::Loss& loss : tree.losses) fmt::print(stderr, "raykeep: note: {}: {}\n", loss.quota, loss.what);
    if (scenario.capacity.empty() && tree.root().max.empty()) fmt::print(stderr, "raykeep: note: without capacity in the scenario the cluster has room for everything, so nobody is evicted\n");
    quota::Simulator simulator(tree, scenario.capacity);
    const quota::Played played = quota::play(simulator, scenario);
    fmt::print("{}", options.format == "json" ? quota::write_played_json(simulator, played) : quota::write_played_text(simulator, played));
    for (const Error& error : played.errors) status = report(error);
    return status;
  });
}

void declare(CLI::App& app, Action& action) {
  app.require_subcommand(1);
  declare_scan(*app.add_subcommand("check", "Find what is wrong with quotas: the quota rules of scan"), action, "quota");
  const auto options = std::make_shared<Options>();
  const auto sub = [&](const char* name, const char* summary, int (*run)(const Options&)) {
    CLI::App* out = app.add_subcommand(name, summary);
    out->add_option("PATH", options->paths, "Files or directories; - for standard input")->required();
    out->add_option("--from", options->from, "Which quotas are meant, where there are several kinds")->check(CLI::IsMember(dialect_names()));
    out->callback([&action, options, run] { action = [options, run] { return run(*options); }; });
    return out;
  };
  CLI::App* simulating = sub("simulate", "Play a scenario: who runs, borrows, waits and is evicted", simulate);
  simulating->add_option("--scenario", options->scenario, "What is submitted and what finishes; docs/quota.md")->required();
  simulating->add_option("-o,--output", options->format, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  CLI::App* converting = sub("convert", "Write the quotas for another scheduler, and what that loses", convert);
  converting->add_option("--to", options->to, "The other one")->required()->check(CLI::IsMember(dialect_names()));
}

}  // namespace

const Command kQuota{
    "quota",
    "Check, simulate and convert elastic quotas",
    "Reads ElasticQuotaTree (ACK), ElasticQuota (Koordinator, scheduler-plugins), Kueue's queues and cohorts, and ResourceQuota.\n\n"
    "Examples:\n"
    "  raykeep quota check quotas/\n"
    "  raykeep quota simulate tree.yaml --scenario friday.yaml\n"
    "  raykeep quota convert tree.yaml --to kueue",
    declare};

}  // namespace raykeep::cli
