// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <initializer_list>

#include "report/formats.h"
#include "report/pieces.h"

namespace raykeep::report {
namespace {

constexpr std::array<std::string_view, 5> kColours{"\033[2m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m"};
constexpr std::string_view kBold = "\033[1m";
constexpr std::size_t kLongestLine = 160;

// A scan of many files prints a hundred thousand entries, so they are put together without a text for each piece.
void append(std::string& out, std::initializer_list<std::string_view> pieces) {
  for (const std::string_view piece : pieces) out += piece;
}

std::string_view digits(std::array<char, 10>& buffer, std::uint32_t number) {
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr};
}

void paint(std::string& out, std::string_view text, std::string_view colour, bool on) {
  if (on) append(out, {colour, text, "\033[0m"});
  else out += text;
}

// The line as it is written, without what a terminal would take for a command.
void append_shown(std::string& out, std::string_view line) {
  const std::size_t begin = out.size();
  out += line.substr(0, kLongestLine);
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
}

void append_source_lines(std::string& out, const Report& report, const Finding& finding) {
  const auto text = shown_line(report, finding);
  if (!text) return;
  const document::Span& span = finding.place.span;
  std::array<char, 10> buffer;
  const std::string_view number = digits(buffer, span.line);
  append(out, {"    ", number, " | "});
  append_shown(out, *text);
  out += "\n    ";
  out.append(number.size(), ' ');
  out += " | ";
  out.append(span.column > 0 ? std::min<std::size_t>(span.column - 1, kLongestLine) : 0, ' ');
  out += "^\n";
}

void append_entry(std::string& out, const Report& report, const Finding& finding, const TextOptions& options) {
  std::array<char, 10> line, column;
  append(out, {"  ", digits(line, finding.place.span.line), ":", digits(column, finding.place.span.column), ": "});
  paint(out, severity_name(finding.severity), kColours[static_cast<std::size_t>(finding.severity)], options.colour);
  out += ' ';
  paint(out, finding.rule->id, kBold, options.colour);
  append(out, {"\n    ", finding.part, finding.part.empty() ? "" : ": ", finding.message, "\n"});
  append_source_lines(out, report, finding);
  const bool counts = finding.suppressed.empty();
  append(out, {counts ? "    fix: " : "    set aside: ", counts ? finding.rule->fix : std::string_view(finding.suppressed), "\n"});
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
    if (before == nullptr || !share_heading(*before, finding)) {
      if (before != nullptr) out += '\n';
      paint(out, fmt::format("{}: {}", finding.file_name(), finding.title()), kBold, options.colour);
      out += '\n';
    }
    append_entry(out, report, finding, options);
  }, sink);
  sink(fmt::format("{}{} object{} in {} file{}: {}\n", told.any() ? "\n" : "", report.objects, report.objects == 1 ? "" : "s", report.files, report.files == 1 ? "" : "s",
                   summary(report.findings)));
}

}  // namespace raykeep::report
