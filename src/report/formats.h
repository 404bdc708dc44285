// SPDX-License-Identifier: Apache-2.0
// Findings for people and for machines.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/finding.h"

namespace raykeep::report {

enum class Format : std::uint8_t { kText, kJson, kSarif, kJunit, kGithub, kHtml };
std::optional<Format> parse_format(std::string_view name);  // "text", "json", "sarif", "junit", "github", "html"

struct Report {
  std::vector<Finding> findings;  // suppressed ones among them
  std::vector<Error> unreadable;
  std::size_t files = 0;
  std::size_t objects = 0;
  std::string picture;  // of who gets to Ray, HTML or SVG for the HTML page; empty for none
  TextChanges changes;  // for SARIF
  // Whether a line of source must not be printed, since it holds a credential; empty for never.
  std::function<bool(std::string_view)> hides_line;
};

// Takes the text of a report piece by piece, in order.
using Sink = std::function<void(std::string_view)>;

struct TextOptions {
  bool colour = false;
  bool show_suppressed = false;
};

void write_text(const Report& report, const TextOptions& options, const Sink& sink);
// One JSON object: version, summary, findings, unreadable. The form is documented in docs/scan.md.
void write_json_report(const Report& report, const Sink& sink);
// SARIF 2.1.0 (OASIS).
void write_sarif(const Report& report, std::span<const Rule* const> rules, const Sink& sink);
// JUnit XML: a test case a rule and object, failed where there is a finding.
void write_junit(const Report& report, const Sink& sink);
// One HTML page that needs nothing else: a summary, and every finding with its source line.
void write_html(const Report& report, const Sink& sink);
// GitHub Actions workflow commands.
void write_github(const Report& report, const Sink& sink);

// "3 critical, 1 low" of the findings that count; "nothing found" for none.
std::string summary(const std::vector<Finding>& findings);

}  // namespace raykeep::report
