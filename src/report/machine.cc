// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

#include "core/encoding.h"
#include "document/json.h"
#include "report/formats.h"
#include "report/pieces.h"

namespace raykeep::report {
namespace {

using document::Node;

Node text(std::string_view value) { return Node::string(value); }
Node number(std::size_t value) { return Node::integer(static_cast<std::int64_t>(value)); }

Node guide_numbers(std::string_view guide) {
  Node out = Node::sequence();
  while (!guide.empty()) {
    const std::size_t comma = std::min(guide.find(','), guide.size());
    out.append(Node::number(std::string(guide.substr(0, comma))));
    guide.remove_prefix(std::min(comma + 1, guide.size()));
  }
  return out;
}

Node fix_json(const Fix& fix) {
  constexpr std::array<std::string_view, 3> kKinds{"set", "remove", "append"};
  Node out = Node::mapping();
  out.set("do", text(kKinds[static_cast<std::size_t>(fix.kind)]));
  Node path = Node::sequence();
  for (const std::string& key : fix.path) path.append(text(key));
  out.set("path", std::move(path));
  if (fix.kind != Fix::Kind::kRemove) out.set("value", fix.value);
  return out;
}

Node finding_json(const Finding& finding) {
  Node out = Node::mapping();
  out.set("rule", text(finding.rule->id));
  out.set("severity", text(severity_name(finding.severity)));
  out.set("message", text(finding.message));
  out.set("object", text(finding.title()));
  out.set("part", text(finding.part));
  out.set("file", text(finding.file_name()));
  out.set("line", number(finding.place.span.line));
  out.set("column", number(finding.place.span.column));
  out.set("path", text(finding.path()));
  out.set("guide", guide_numbers(finding.rule->guide));
  out.set("fingerprint", text(finding.fingerprint()));
  if (!finding.fixes.empty()) {
    Node fixes = Node::sequence();
    for (const Fix& fix : finding.fixes) fixes.append(fix_json(fix));
    out.set("fixes", std::move(fixes));
  }
  if (!finding.suppressed.empty()) out.set("suppressed", text(finding.suppressed));
  return out;
}

Node unreadable_json(const Error& error) {
  Node out = Node::mapping();
  out.set("code", text(error.code().id));
  out.set("message", text(error.message()));
  if (!error.at()) return out;
  out.set("file", text(error.at()->file));
  out.set("line", number(error.at()->line));
  out.set("column", number(error.at()->column));
  return out;
}

std::string_view sarif_level(Severity severity) {
  if (severity >= Severity::kHigh) return "error";
  return severity == Severity::kMedium ? "warning" : "note";
}

// What GitHub sorts by: CVSS-like numbers.
std::string_view security_severity(Severity severity) {
  constexpr std::array<std::string_view, 5> kNumbers{"0.1", "3.0", "5.5", "8.0", "9.5"};
  return kNumbers[static_cast<std::size_t>(severity)];
}

Node message(std::string_view value) {
  Node out = Node::mapping();
  out.set("text", text(value));
  return out;
}

Node sarif_rule(const Rule& rule) {
  Node out = Node::mapping();
  out.set("id", text(rule.id));
  out.set("shortDescription", message(rule.title));
  out.set("fullDescription", message(rule.why));
  Node help = message(std::string(rule.why) + "\n\n" + std::string(rule.fix));
  help.set("markdown", text(fmt::format("{}\n\n**Fix.** {}\n\n```yaml\n{}\n```\nbecomes\n```yaml\n{}\n```\n", rule.why, rule.fix, rule.bad, rule.good)));
  out.set("help", std::move(help));
  Node configuration = Node::mapping();
  configuration.set("level", text(sarif_level(rule.severity)));
  out.set("defaultConfiguration", std::move(configuration));
  Node properties = Node::mapping();
  properties.set("security-severity", text(security_severity(rule.severity)));
  properties.set("tags", Node::sequence({text("security"), text("kubernetes"), text("ray")}));
  out.set("properties", std::move(properties));
  return out;
}

// A path as a relative URI reference (RFC 3986).
std::string uri_of(std::string_view path) {
  std::string out;
  while (path.starts_with("./")) path.remove_prefix(2);
  for (const char c : path) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Lines and columns count from 1 there too; 0 means unknown here.
Node sarif_physical(std::string_view file, std::size_t line, std::size_t column) {
  Node artifact = Node::mapping();
  artifact.set("uri", text(uri_of(file)));
  Node region = Node::mapping();
  region.set("startLine", number(std::max<std::size_t>(1, line)));
  region.set("startColumn", number(std::max<std::size_t>(1, column)));
  Node out = Node::mapping();
  out.set("artifactLocation", std::move(artifact));
  out.set("region", std::move(region));
  return out;
}

Node sarif_location(const Finding& finding) {
  Node logical = Node::mapping();
  logical.set("fullyQualifiedName", text(finding.title() + finding.path()));
  Node out = Node::mapping();
  out.set("physicalLocation", sarif_physical(finding.file_name(), finding.place.span.line, finding.place.span.column));
  out.set("logicalLocations", Node::sequence({logical}));
  return out;
}

Node sarif_fix(const Finding& finding, const TextChange& change) {
  Node region = Node::mapping();
  region.set("startLine", number(change.begin_line));
  region.set("startColumn", number(change.begin_column));
  region.set("endLine", number(change.end_line));
  region.set("endColumn", number(change.end_column));
  Node replacement = Node::mapping();
  replacement.set("deletedRegion", std::move(region));
  replacement.set("insertedContent", message(change.text));
  Node artifact = Node::mapping();
  artifact.set("uri", text(uri_of(finding.file_name())));
  Node changed = Node::mapping();
  changed.set("artifactLocation", std::move(artifact));
  changed.set("replacements", Node::sequence({replacement}));
  Node out = Node::mapping();
  out.set("description", message(finding.rule->fix));
  out.set("artifactChanges", Node::sequence({changed}));
  return out;
}

// "RayCluster team-a/demo, head: hostNetwork is true".
std::string sentence(const Finding& finding) { return fmt::format("{}{}{}: {}", finding.title(), finding.part.empty() ? "" : ", ", finding.part, finding.message); }

Node sarif_result(const Report& report, const Finding& finding, const std::map<std::string_view, std::size_t>& indexes) {
  Node out = Node::mapping();
  out.set("ruleId", text(finding.rule->id));
  out.set("ruleIndex", number(indexes.at(finding.rule->id)));
  out.set("level", text(sarif_level(finding.severity)));
  out.set("message", message(sentence(finding)));
  out.set("locations", Node::sequence({sarif_location(finding)}));
  Node prints = Node::mapping();
  prints.set("raykeep/v1", text(finding.fingerprint()));
  out.set("partialFingerprints", std::move(prints));
  if (const auto change = report.changes.find(&finding); change != report.changes.end()) out.set("fixes", Node::sequence({sarif_fix(finding, change->second)}));
  if (!finding.suppressed.empty()) {
    Node suppression = Node::mapping();
    suppression.set("kind", text("inSource"));
    suppression.set("justification", text(finding.suppressed));
    out.set("suppressions", Node::sequence({suppression}));
  }
  return out;
}

// What could not be read, so that nobody takes the run for a whole one.
Node sarif_invocation(const std::vector<Error>& unreadable) {
  Node told = Node::sequence();
  for (const Error& error : unreadable) {
    Node one = Node::mapping();
    Node descriptor = Node::mapping();
    descriptor.set("id", text(error.code().id));
    one.set("descriptor", std::move(descriptor));
    one.set("level", text("error"));
    one.set("message", message(error.message()));
    if (error.at()) {
      Node location = Node::mapping();
      location.set("physicalLocation", sarif_physical(error.at()->file, error.at()->line, error.at()->column));
      one.set("locations", Node::sequence({location}));
    }
    told.append(std::move(one));
  }
  Node out = Node::mapping();
  out.set("executionSuccessful", Node::boolean(unreadable.empty()));
  out.set("toolExecutionNotifications", std::move(told));
  return out;
}

std::string workflow_escape(std::string_view value, bool property) {
  std::string out;
  for (const char c : value) {
    if (c == '%') out += "%25";
    else if (c == '\n') out += "%0A";
    else if (c == '\r') out += "%0D";
    else if (property && c == ':') out += "%3A";
    else if (property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

// A list with an item a line, without keeping them all as trees.
template <typename Items, typename Make>
void write_lines(const Items& items, const Make& make, const Sink& sink) {
  sink("[");
  write_each(items.size(), [&](std::string& out, std::size_t i) {
    out += i == 0 ? "\n" : ",\n";
    document::append_json(out, make(items[i]));
  }, sink);
  sink("\n]");
}

std::string junit_case(const Finding& finding) {
  std::string out = fmt::format("    <testcase name=\"{}\" classname=\"{}\">", html_escape(finding.rule->id), html_escape(finding.title()));
  if (finding.suppressed.empty()) {
    const std::string place = fmt::format("{}:{}:{}", finding.file_name(), finding.place.span.line, finding.place.span.column);
    out += fmt::format("<failure type=\"{}\" message=\"{}\">{} {}</failure>", severity_name(finding.severity), html_escape(finding.message), html_escape(place), html_escape(finding.part));
  } else {
    out += fmt::format("<skipped message=\"{}\"/>", html_escape(finding.suppressed));
  }
  return out + "</testcase>\n";
}

}  // namespace

void write_json_report(const Report& report, const Sink& sink) {
  std::map<std::string, std::size_t> counts;
  for (const Finding& finding : report.findings) {
    if (finding.suppressed.empty()) ++counts[std::string(severity_name(finding.severity))];
  }
  Node summary = Node::mapping();
  summary.set("files", number(report.files));
  summary.set("objects", number(report.objects));
  for (const auto& [name, count] : counts) summary.set(name, number(count));
  sink("{\"version\":1,\n\"summary\":" + document::write_json(summary) + ",\n\"findings\":");
  write_lines(report.findings, finding_json, sink);
  sink(",\n\"unreadable\":");
  write_lines(report.unreadable, unreadable_json, sink);
  sink("}\n");
}

void write_sarif(const Report& report, std::span<const Rule* const> rules, const Sink& sink) {
  Node list = Node::sequence();
  std::map<std::string_view, std::size_t> indexes;
  for (const Rule* rule : rules) {
    indexes.emplace(rule->id, indexes.size());
    list.append(sarif_rule(*rule));
  }
  Node driver = Node::mapping();
  driver.set("name", text("raykeep"));
  driver.set("version", text(RAYKEEP_VERSION));
  driver.set("rules", std::move(list));
  Node tool = Node::mapping();
  tool.set("driver", std::move(driver));
  sink("{\"version\":\"2.1.0\",\n\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\n\"runs\":[{\"tool\":" + document::write_json(tool) +
       ",\n\"invocations\":[" + document::write_json(sarif_invocation(report.unreadable)) + "],\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":");
  write_lines(report.findings, [&](const Finding& finding) { return sarif_result(report, finding, indexes); }, sink);
  sink("}]}\n");
}

void write_junit(const Report& report, const Sink& sink) {
  const auto failures = std::count_if(report.findings.begin(), report.findings.end(), [](const Finding& finding) { return finding.suppressed.empty(); });
  sink(fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"raykeep scan\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
                   report.findings.size() + report.unreadable.size(), failures, report.unreadable.size()));
  write_each(report.findings.size(), [&](std::string& out, std::size_t i) { out += junit_case(report.findings[i]); }, sink);
  for (const Error& error : report.unreadable) {
    sink(fmt::format("    <testcase name=\"readable\" classname=\"{}\"><error message=\"{}\"/></testcase>\n", html_escape(error.at() ? error.at()->file : ""), html_escape(error.message())));
  }
  sink("  </testsuite>\n</testsuites>\n");
}

void write_github(const Report& report, const Sink& sink) {
  for (const Error& error : report.unreadable) {
    const std::string place = error.at() ? fmt::format(" file={},line={}", workflow_escape(error.at()->file, true), std::max<std::size_t>(1, error.at()->line)) : std::string();
    sink(fmt::format("::error{}{}title={}::{}\n", place, place.empty() ? " " : ",", workflow_escape(error.code().id, true), workflow_escape(error.message(), false)));
  }
  write_each(report.findings.size(), [&](std::string& out, std::size_t i) {
    const Finding& finding = report.findings[i];
    if (!finding.suppressed.empty()) return;
    const std::string_view level = finding.severity >= Severity::kHigh ? "error" : finding.severity == Severity::kMedium ? "warning" : "notice";
    out += fmt::format("::{} file={},line={},col={},title={}::{}\n", level, workflow_escape(finding.file_name(), true), std::max(1U, finding.place.span.line),
                       std::max(1U, finding.place.span.column), workflow_escape(finding.rule->id, true), workflow_escape(sentence(finding), false));
  }, sink);
}

}  // namespace raykeep::report
