// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fmt/format.h>

#include "core/encoding.h"
#include "report/formats.h"
#include "report/pieces.h"

namespace raykeep::report {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2430;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid #d5dae1}"
    ".tiles{display:flex;gap:.75rem;flex-wrap:wrap}.tile{padding:.6rem 1rem;border-radius:.5rem;background:#f1f3f6;min-width:6rem}"
    ".tile b{display:block;font-size:1.5rem}.f{margin:.75rem 0;padding:.6rem .9rem;border-left:.3rem solid #9aa4b2;background:#f8f9fb}"
    ".critical{border-color:#b3001b}.high{border-color:#d9480f}.medium{border-color:#b08900}.low{border-color:#2b6cb0}"
    ".f code{font-weight:600}.f small{color:#5b6675}pre{overflow-x:auto;margin:.4rem 0;padding:.4rem .6rem;background:#eceff3}"
    ".picture{overflow-x:auto}.picture svg{max-width:100%;height:auto}"
    ".aside{opacity:.6}@media print{.f{break-inside:avoid}}";

std::string tiles(const Report& report) {
  std::array<std::size_t, 5> counts{};
  for (const Finding& finding : report.findings) counts[static_cast<std::size_t>(finding.severity)] += finding.suppressed.empty() ? 1 : 0;
  std::string out = "<div class=\"tiles\">";
  for (std::size_t i = counts.size(); i-- > 0;)
    out += fmt::format("<div class=\"tile\"><b>{}</b>{}</div>", counts[i], severity_name(static_cast<Severity>(i)));
  return out + fmt::format("<div class=\"tile\"><b>{}</b>objects in {} file{}</div></div>\n", report.objects, report.files, report.files == 1 ? "" : "s");
}

std::string entry(const Report& report, const Finding& finding) {
  const Rule& rule = *finding.rule;
  std::string out = fmt::format("<div class=\"f {}{}\"><small>{} · line {}{}</small><br><code>{}</code> {}<br>{}", severity_name(finding.severity),
                                finding.suppressed.empty() ? "" : " aside", severity_name(finding.severity), finding.place.span.line,
                                finding.part.empty() ? "" : " · " + html_escape(finding.part), html_escape(rule.id), html_escape(rule.title), html_escape(finding.message));
  const auto line = shown_line(report, finding);
  if (line) out += "<pre>" + html_escape(*line) + "</pre>";
  if (!finding.suppressed.empty()) return out + "<small>set aside: " + html_escape(finding.suppressed) + "</small></div>\n";
  return out + "<small>" + html_escape(rule.why) + " <b>" + html_escape(rule.fix) + "</b></small></div>\n";
}

}  // namespace

void write_html(const Report& report, const Sink& sink) {
  sink(fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>raykeep scan</title>"
      "<style>{}</style></head><body>\n<h1>raykeep scan: {}</h1>\n{}",
      kStyle, html_escape(summary(report.findings)), tiles(report)));
  for (const Error& error : report.unreadable) sink("<div class=\"f high\">" + html_escape(error.text()) + "</div>\n");
  if (!report.picture.empty()) sink("<h2>Who gets to Ray's doors</h2>\n<div class=\"picture\">" + report.picture + "</div>\n");
  const auto heading = [](const Finding& finding) { return fmt::format("{} — {}", finding.title(), finding.file_name()); };
  write_each(report.findings.size(), [&](std::string& out, std::size_t i) {
    const Finding& finding = report.findings[i];
    std::string own = heading(finding);
    if (i == 0 || own != heading(report.findings[i - 1])) out += "<h2>" + html_escape(own) + "</h2>\n";
    out += entry(report, finding);
  }, sink);
  sink("</body></html>\n");
}

}  // namespace raykeep::report
