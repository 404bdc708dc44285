// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "checks/engine.h"
#include "cli/commands.h"
#include "core/suggest.h"

namespace raykeep::cli {
namespace {

using report::Rule;

inline constexpr ErrorCode kNoRule{"rule-unknown", ErrorKind::kInput, "See raykeep rules for all of them."};

std::string markdown(const Rule& rule) {
  std::string out = fmt::format("## {}\n\n{}. Severity {}.", rule.id, rule.title, report::severity_name(rule.severity));
  if (!rule.guide.empty()) out += fmt::format(" ACK guide, recommendation {}.", rule.guide);
  return out + fmt::format("\n\n{}\n\n**Fix.** {}\n\n```yaml\n# wrong\n{}\n```\n```yaml\n# right\n{}\n```\n\nSource: {}.\n", rule.why, rule.fix, rule.bad, rule.good, rule.sources);
}

int list() {
  for (const Rule* rule : checks::all_rules())
    fmt::print("{:<9} {:<38} {}\n", report::severity_name(rule->severity), rule->id, rule->title);
  return kExitOk;
}

int show(const std::string& id) {
  if (const Rule* rule = checks::find_rule(id)) {
    fmt::print("{}", markdown(*rule));
    return kExitOk;
  }
  std::vector<std::string_view> ids;
  for (const Rule* rule : checks::all_rules()) ids.push_back(rule->id);
  const auto meant = suggest(id, ids);
  return report(Error(kNoRule, fmt::format("there is no rule \"{}\"{}", id, meant ? "; did you mean \"" + *meant + "\"?" : "")));
}

int pages() {
  fmt::print("# Rules of raykeep scan\n\nThis page is made by `raykeep rules --markdown`.\n\n");
  for (const Rule* rule : checks::all_rules()) fmt::print("{}\n", markdown(*rule));
  fmt::print("## Configuration\n\n`.raykeep.yaml`, or the file of `--config`:\n\n{}", checks::settings_markdown());
  return kExitOk;
}

void declare(CLI::App& app, Action& action) {
  auto id = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  app.add_option("RULE", *id, "Explain this rule; without it, list all");
  app.add_flag("--markdown", *all, "Print every rule and the configuration as Markdown");
  app.callback([id, all, &action] { action = [id, all] { return *all ? pages() : id->empty() ? list() : show(*id); }; });
}

}  // namespace

const Command kRules{"rules", "List and explain the rules of scan", "Example: raykeep rules ray-auth-mode-missing", declare};

}  // namespace raykeep::cli
