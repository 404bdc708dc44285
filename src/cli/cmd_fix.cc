// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <unistd.h>

#include "checks/engine.h"
#include "checks/repair.h"
#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "cli/scan_settings.h"
#include "core/file.h"
#include "core/file_descriptor.h"
#include "demo/process.h"

namespace raykeep::cli {
namespace {

using report::Finding;

inline constexpr ErrorCode kNotMended{"fix-not-mended", ErrorKind::kRefused, "The file was left as it is; please report this."};
inline constexpr ErrorCode kNoSuchRule{"rule-unknown", ErrorKind::kInput, "See raykeep rules for all of them."};

constexpr std::chrono::seconds kDiffTime{60};

struct Options {
  ScanOptions scan;
  std::vector<std::string> rules;
  bool check = false;
  bool diff = false;
};

// What a rescan of the new text still finds of what was mended.
std::size_t left_over(const checks::FileRepair& repair, const checks::Settings& settings) {
  kube::Manifests after;
  after.add(repair.file->name, repair.text);
  std::set<std::string> before;
  for (const Finding* finding : repair.mended) before.insert(finding->fingerprint());
  const auto found = checks::run(after, settings);
  return static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [&](const Finding& finding) { return before.contains(finding.fingerprint()); }));
}

// By diff(1), which every system has; it exits with 1 when it prints something.
Result<void> print_diff(const checks::FileRepair& repair) {
  std::string name = (std::filesystem::temp_directory_path() / "raykeep-fix-XXXXXX").string();
  const FileDescriptor file(mkstemp(name.data()));
  if (!file.valid()) return fail(kFileUnwritable, "no temporary file can be made for the difference");
  const auto written = write_file(name, repair.text, 0600);
  const std::string& path = repair.file->name;
  auto ran = written ? demo::run({"diff", "-u", "--label", path, "--label", path, "--", path, name}, {}, kDiffTime) : tl::make_unexpected(written.error());
  unlink(name.c_str());
  if (!ran) return tl::make_unexpected(std::move(ran).error());
  std::fwrite(ran->output.data(), 1, ran->output.size(), stdout);
  return {};
}

int apply(const Options& options, const checks::Settings& settings, const checks::FileRepair& repair) {
  for (const checks::Refusal& refusal : repair.refused)
    std::fprintf(stderr, "raykeep: %s:%zu: %s is left: %s\n", repair.file->name.c_str(), std::size_t{refusal.finding->place.span.line}, std::string(refusal.finding->rule->id).c_str(), refusal.reason.c_str());
  if (repair.text == repair.file->text) return kExitOk;
  if (left_over(repair, settings) > 0) return report(Error(kNotMended, fmt::format("{}: after the change, a finding is still there", repair.file->name)));
  if (options.diff) {
    if (const auto shown = print_diff(repair); !shown) return report(shown.error());
  }
  if (!options.check && !options.diff) {
    if (auto written = write_file(repair.file->name, repair.text); !written) return report(written.error());
  }
  std::fprintf(stderr, "raykeep: %s: %zu finding%s %s\n", repair.file->name.c_str(), repair.mended.size(), repair.mended.size() == 1 ? "" : "s",
               options.check || options.diff ? "can be mended" : "mended");
  return options.check ? kExitFindings : kExitOk;
}

int run(const Options& options) {
  for (const std::string& rule : options.rules) {
    if (checks::find_rule(rule) == nullptr) return report(Error(kNoSuchRule, fmt::format("there is no rule \"{}\"", rule)));
  }
  int status = kExitOk;
  const auto settings = read_scan_settings(options.scan, status);
  if (!settings) return status;
  const ManifestInput input = read_manifests(options.scan.paths);
  status = report_input(input);
  std::vector<Finding> findings = checks::run(input.manifests, *settings);
  // What is merely worth knowing is a matter of taste, and is mended only where it is asked for by name.
  std::erase_if(findings, [&](const Finding& finding) {
    const bool named = std::find(options.rules.begin(), options.rules.end(), finding.rule->id) != options.rules.end();
    return options.rules.empty() ? finding.severity == report::Severity::kInfo : !named;
  });
  for (const checks::FileRepair& repair : checks::repair(input.manifests, findings)) {
    if (access(repair.file->name.c_str(), F_OK) != 0) {
      std::fprintf(stderr, "raykeep: %s is no file that can be changed\n", repair.file->name.c_str());
      continue;
    }
    status = std::max(status, apply(options, *settings, repair));
  }
  return status;
}

void declare(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  declare_scan_options(app, options->scan);
  app.add_option("--rule", options->rules, "Mend only what these rules find; findings of severity info are mended only so");
  app.add_flag("--check", options->check, "Change nothing; exit with 1 when something can be mended");
  app.add_flag("--diff", options->diff, "Change nothing; print what would change");
  app.callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace

const Command kFix{
    "fix",
    "Mend in place what scan finds and knows how to mend",
    "Only the bytes of the change move; comments, order, quotes, indentation and line ends stay. Every change is read back before it is written: it must\n"
    "be exactly the one intended, and a new scan must not find it again. What cannot be done safely is left, with the reason.\n\n"
    "Example: raykeep fix deploy/ --profile pss-restricted --diff",
    declare};

}  // namespace raykeep::cli
