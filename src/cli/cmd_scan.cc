// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <unistd.h>

#include "checks/engine.h"
#include "checks/guide.h"
#include "checks/repair.h"
#include "checks/secret_patterns.h"
#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "cli/scan_settings.h"
#include "core/file.h"
#include "document/json.h"
#include "network/doors.h"
#include "report/formats.h"

namespace raykeep::cli {
namespace {

using report::Finding;
using report::Severity;

constexpr std::size_t kLargestBaseline = 64U << 20;
constexpr std::size_t kMostPictured = 250;    // pods of Ray, one a group
constexpr std::size_t kMostWorkloads = 1000;  // that might reach them

inline constexpr ErrorCode kBadBaseline{"baseline-malformed", ErrorKind::kInput, "Make it anew with --write-baseline."};

struct Options {
  ScanOptions scan;
  std::string format = "text";
  std::string output_file;
  std::string fail_on = "medium";
  std::string baseline;
  std::string write_baseline;
  bool guide = false;
  bool show_suppressed = false;
};

Result<std::multiset<std::string>> read_baseline(const std::string& path) {
  std::multiset<std::string> out;
  if (path.empty()) return out;
  RK_TRY(const std::string text, read_file(path, kLargestBaseline));
  RK_TRY(const document::Node root, document::read_json(text, {}, path));
  const document::Node* list = root.find("fingerprints");
  if (list == nullptr || !list->is_sequence()) return fail(kBadBaseline, path + " is no baseline of raykeep scan");
  for (const document::Node& item : list->items()) out.emplace(item.text());
  return out;
}

Result<void> save_baseline(const std::string& path, const std::vector<Finding>& findings) {
  std::vector<std::string> prints;
  for (const Finding& finding : findings) {
    if (finding.suppressed.empty()) prints.push_back(finding.fingerprint());
  }
  std::sort(prints.begin(), prints.end());
  document::Node list = document::Node::sequence();
  for (std::string& print : prints) list.append(document::Node::string(print));
  document::Node root = document::Node::mapping();
  root.set("version", document::Node::integer(1));
  root.set("fingerprints", std::move(list));
  return write_file(path, document::write_json_pretty(root) + "\n", 0644);
}

// What was there when the baseline was made counts no more.
void apply_baseline(std::multiset<std::string> known, std::vector<Finding>& findings) {
  if (known.empty()) return;
  for (Finding& finding : findings) {
    if (!finding.suppressed.empty()) continue;
    const auto found = known.find(finding.fingerprint());
    if (found == known.end()) continue;
    known.erase(found);
    finding.suppressed = "in the baseline";
  }
}

std::string guide_text(const std::vector<Finding>& findings) {
  std::string out;
  for (const checks::GuideRow& row : checks::guide(findings)) {
    out += fmt::format("{:2}  {:<4}  {}\n", row.number, !row.failures.empty() ? "FAIL" : row.visible ? "pass" : "?", row.title);
    std::set<std::string> places;
    for (const Finding* finding : row.failures) places.insert(fmt::format("          {}:{}: {}\n", finding->file_name(), finding->place.span.line, finding->rule->id));
    std::size_t shown = 0;
    for (const std::string& place : places) {
      if (++shown > 5) break;
      out += place;
    }
    if (places.size() > 5) out += fmt::format("          and {} more\n", places.size() - 5);
  }
  return out + "\npass: nothing in these manifests speaks against it. ?: nothing was found, and manifests alone cannot show that it is followed.\n";
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return (no_colour == nullptr || *no_colour == '\0') && isatty(STDOUT_FILENO) != 0;
}

// Who gets to the doors of the Ray nodes among the manifests; empty when there are none. Of very many nobody could read a
// picture, and working it out takes long.
std::string doors_picture(const kube::Manifests& manifests, const checks::World& world) {
  const auto nodes = std::count_if(world.pods.begin(), world.pods.end(), [](const checks::Pod& pod) { return pod.is_ray_node(); });
  if (static_cast<std::size_t>(nodes) > kMostPictured || world.pods.size() > kMostWorkloads)
    return fmt::format("<p>There is no picture of {} kinds of Ray pods among {} workloads. raykeep reach --show doors tells who gets to them.</p>", nodes, world.pods.size());
  network::Reach reach(manifests, {});
  const auto doors = network::find_doors(reach);
  return doors.empty() ? std::string() : network::write_doors_svg(doors);
}

void write(const Options& options, const report::Report& report, const report::Sink& sink) {
  if (options.guide) return sink(guide_text(report.findings));
  switch (*report::parse_format(options.format)) {
    case report::Format::kText: return report::write_text(report, {wants_colour() && options.output_file.empty(), options.show_suppressed}, sink);
    case report::Format::kJson: return report::write_json_report(report, sink);
    case report::Format::kSarif: return report::write_sarif(report, checks::all_rules(), sink);
    case report::Format::kJunit: return report::write_junit(report, sink);
    case report::Format::kGithub: return report::write_github(report, sink);
    case report::Format::kHtml: return report::write_html(report, sink);
  }
}

// To standard output as it comes; to a file in one step.
Result<void> save(const Options& options, const report::Report& report) {
  if (options.output_file.empty()) {
    bool whole = true;
    write(options, report, [&](std::string_view piece) { whole = whole && std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size(); });
    if (!whole || std::fflush(stdout) != 0) return fail(kFileUnwritable, "the report could not be written to standard output");
    return {};
  }
  std::string text;
  write(options, report, [&](std::string_view piece) { text += piece; });
  return write_file(options.output_file, text, 0644);
}

int run(const Options& options) {
  int status = kExitOk;
  auto settings = read_scan_settings(options.scan, status);
  if (!settings) return status;
  settings->fixes = options.format == "json" || options.format == "sarif";
  auto baseline = read_baseline(options.baseline);
  if (!baseline) return report(baseline.error());
  // The process ends with the report; to take all of this apart before would only take time.
  static const ManifestInput& input = *new ManifestInput(read_manifests(options.scan.paths));
  static const checks::World& world = *new checks::World(input.manifests, *settings);
  static report::Report& all = *new report::Report;
  status = report_input(input);
  all.findings = checks::run(world);
  all.hides_line = checks::shows_secret;
  // A new baseline holds all that is there, also what the old one knows.
  if (!options.write_baseline.empty()) {
    if (auto saved = save_baseline(options.write_baseline, all.findings); !saved) return report(saved.error());
    std::fprintf(stderr, "raykeep: %s now knows what is there; --baseline %s fails only on what is new\n", options.write_baseline.c_str(), options.write_baseline.c_str());
    return status;
  }
  apply_baseline(*std::move(baseline), all.findings);
  if (options.format == "sarif") all.changes = checks::text_changes(input.manifests, all.findings);
  if (options.format == "html") all.picture = doors_picture(input.manifests, world);
  for (const auto* errors : {&input.errors, &input.manifests.errors()}) all.unreadable.insert(all.unreadable.end(), errors->begin(), errors->end());
  for (const ray::Expansion& expansion : world.expansions) {
    for (const Error& problem : expansion.problems) {
      status = std::max(status, report(problem));
      all.unreadable.push_back(problem);
    }
  }
  all.files = input.manifests.files().size();
  all.objects = input.manifests.objects().size();
  if (auto saved = save(options, all); !saved) return report(saved.error());
  const auto limit = report::parse_severity(options.fail_on);
  const bool failing = limit && std::any_of(all.findings.begin(), all.findings.end(), [&](const Finding& finding) { return finding.suppressed.empty() && finding.severity >= *limit; });
  return status != kExitOk ? status : failing ? kExitFindings : kExitOk;
}

void declare(CLI::App& app, Action& action) { declare_scan(app, action, ""); }

}  // namespace

void declare_scan(CLI::App& app, Action& action, std::string_view profile) {
  auto options = std::make_shared<Options>();
  options->scan.profile = profile;
  declare_scan_options(app, options->scan);
  app.add_option("-o,--output", options->format, "text, json, sarif, junit, github or html")->check(CLI::IsMember({"text", "json", "sarif", "junit", "github", "html"}))->capture_default_str();
  app.add_option("--output-file", options->output_file, "Write the report there");
  app.add_option("--fail-on", options->fail_on, "Exit with 1 from this severity on; never for never")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical", "never"}))->capture_default_str();
  app.add_option("--baseline", options->baseline, "Count only what is not in this file");
  app.add_option("--write-baseline", options->write_baseline, "Write that file");
  app.add_flag("--guide", options->guide, "Print the 25 recommendations of the ACK guide, each with pass or the places that fail");
  app.add_flag("--show-suppressed", options->show_suppressed, "Print also what was set aside");
  app.callback([options, &action] { action = [options] { return run(*options); }; });
}

const Command kScan{
    "scan",
    "Find what is wrong with manifests of Ray and of what is around it",
    "Ray resources are checked as the pods and services that the operator makes of them; findings point at the line of the manifest.\n"
    "A comment sets a finding aside: # raykeep:ignore RULE until 2027-01-31 -- reason\n\n"
    "Exit status: 0 nothing from --fail-on up, 1 findings, 2 wrong usage or something unreadable, 3 a file or program failed.\n\n"
    "Example: raykeep scan deploy/ -o sarif --output-file raykeep.sarif",
    declare};

}  // namespace raykeep::cli
