// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <iterator>

#include "report/formats.h"
#include "report/pieces.h"

namespace raykeep::report {
namespace {

using document::Span;

constexpr std::array<std::string_view, 5> kColours{"\033[2m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m"};
constexpr std::size_t kLongestLine = 160;

std::string paint(std::string_view text, std::string_view colour, bool on) {
  return on ? std::string(colour) + std::string(text) + "\033[0m" : std::string(text);
}

// The line as it is written, without what a terminal would take for a command.
std::string shown(std::string_view line) {
  std::string out;
  for (const char c : line.substr(0, kLongestLine)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

void add_source_lines(std::string& out, const Finding& finding) {
  if (hides_source(*finding.rule)) return;
  const auto text = finding.source_line();
  if (!text) return;
  const Span& span = finding.place.span;
  const std::string number = std::to_string(span.line);
  const std::size_t margin = span.column > 0 ? std::min<std::size_t>(span.column - 1, kLongestLine) : 0;
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("    {} | {}\n    {:{}} | {:{}}^\n"), number, shown(*text), "", number.size(), "", margin);
}

void add_entry(std::string& out, const Finding& finding, const TextOptions& options) {
  const auto colour = kColours[static_cast<std::size_t>(finding.severity)];
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("  {}:{}: {} {}\n    {}{}{}\n"), finding.place.span.line, finding.place.span.column,
                 paint(severity_name(finding.severity), colour, options.colour), paint(finding.rule->id, "\033[1m", options.colour), finding.part, finding.part.empty() ? "" : ": ",
                 finding.message);
  add_source_lines(out, finding);
  const bool counts = finding.suppressed.empty();
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("    {}: {}\n"), counts ? "fix" : "set aside", counts ? finding.rule->fix : std::string_view(finding.suppressed));
}

// The findings that are told, each with the one before it.
class Told {
 public:
  Told(const std::vector<Finding>& findings, bool suppressed) : findings_(findings), suppressed_(suppressed) {}
  bool is_told(std::size_t i) const { return suppressed_ || findings_[i].suppressed.empty(); }
  const Finding* before(std::size_t i) const {
    while (i > 0) {
      if (is_told(--i)) return &findings_[i];
    }
    return nullptr;
  }
  bool any() const { return before(findings_.size()) != nullptr; }

 private:
  const std::vector<Finding>& findings_;
  bool suppressed_;
};

bool share_heading(const Finding& a, const Finding& b) { return a.file == b.file && (a.object == b.object || a.title() == b.title()); }

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames{"text", "json", "sarif", "junit", "github", "html"};
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Format>(found - kNames.begin());
}

std::string summary(const std::vector<Finding>& findings) {
  std::array<std::size_t, 5> counts{};
  std::size_t suppressed = 0;
  for (const Finding& finding : findings) {
    if (finding.suppressed.empty()) ++counts[static_cast<std::size_t>(finding.severity)];
    else ++suppressed;
  }
  std::string out;
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (counts[i] > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", counts[i], severity_name(static_cast<Severity>(i)));
  }
  if (out.empty()) out = "nothing found";
  return suppressed == 0 ? out : fmt::format("{}, {} set aside", out, suppressed);
}

void write_text(const Report& report, const TextOptions& options, const Sink& sink) {
  const Told told(report.findings, options.show_suppressed);
  write_each(report.findings.size(), [&](std::string& out, std::size_t i) {
    if (!told.is_told(i)) return;
    const Finding& finding = report.findings[i];
    const Finding* before = told.before(i);
    if (before != nullptr && !share_heading(*before, finding)) out += '\n';
    if (before == nullptr || !share_heading(*before, finding)) out += paint(fmt::format("{}: {}", finding.file_name(), finding.title()), "\033[1m", options.colour) + "\n";
    add_entry(out, finding, options);
  }, sink);
  sink(fmt::format("{}{} object{} in {} file{}: {}\n", told.any() ? "\n" : "", report.objects, report.objects == 1 ? "" : "s", report.files, report.files == 1 ? "" : "s",
                   summary(report.findings)));
}

}  // namespace raykeep::report
