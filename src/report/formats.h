// SPDX-License-Identifier: Apache-2.0
// Findings for people and for machines. Every function gives the whole text.
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
  std::string picture;  // SVG for the HTML page; empty for none
  // The text of a file by its name, for source lines; may give nothing.
  std::function<std::optional<std::string_view>(std::string_view)> source;
};

struct TextOptions {
  bool colour = false;
  bool show_suppressed = false;
};

std::string write_text(const Report& report, const TextOptions& options);
// One JSON object: version, summary, findings, unreadable. The form is documented in docs/scan.md.
std::string write_json_report(const Report& report);
// SARIF 2.1.0 (OASIS).
std::string write_sarif(const Report& report, std::span<const Rule* const> rules);
// JUnit XML: a test case a rule and object, failed where there is a finding.
std::string write_junit(const Report& report);
// One HTML page that needs nothing else: a summary, and every finding with its source line.
std::string write_html(const Report& report);
// GitHub Actions workflow commands.
std::string write_github(const Report& report);

// "3 critical, 1 low" of the findings that count; "nothing found" for none.
std::string summary(const std::vector<Finding>& findings);

}  // namespace raykeep::report
