// SPDX-License-Identifier: Apache-2.0
#include "checks/suppression.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "checks/engine.h"
#include "document/text.h"

namespace raykeep::checks {
namespace {

constexpr std::string_view kComment = "raykeep:ignore";
constexpr std::string_view kAnnotation = "raykeep.io/ignore";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

int number_in(std::string_view text) {
  int out = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size() ? out : -1;
}

bool is_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = number_in(text.substr(0, 4)), month = number_in(text.substr(5, 2)), day = number_in(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)), std::chrono::day(static_cast<unsigned>(day))).ok();
}

bool contains(const Node& node, std::size_t offset) { return node.span().begin <= offset && offset < node.span().end; }

// Whether a byte of the text belongs to a value below the node: in quotes or in a block of text nothing is a comment.
bool is_inside_value(const Node& node, std::size_t offset) {
  if (!node.is_mapping() && !node.is_sequence()) return contains(node, offset);
  for (const Node& item : node.items()) {
    if (contains(item, offset)) return is_inside_value(item, offset);
  }
  for (const document::Member& member : node.members()) {
    if (contains(member.value, offset)) return is_inside_value(member.value, offset);
  }
  return false;
}

bool is_comment(const kube::Manifests& manifests, const kube::SourceFile& file, std::size_t offset) {
  const auto& objects = manifests.objects();
  return std::none_of(objects.begin(), objects.end(), [&](const kube::Object& object) { return object.file == &file && contains(*object.root, offset) && is_inside_value(*object.root, offset); });
}

// Several comments may speak for one line.
std::multimap<std::size_t, Suppression> read_comments(const kube::Manifests& manifests, const kube::SourceFile& file, std::string_view today) {
  const std::string_view text = file.text;
  std::multimap<std::size_t, Suppression> out;
  std::vector<Suppression> waiting;  // on lines of their own, for the next line that is no comment
  if (text.find(kComment) == std::string_view::npos) return out;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = text.substr(begin, end - begin);
    const std::size_t line_begin = std::exchange(begin, end + 1);
    ++line;
    if (!trimmed(content).starts_with('#')) {
      for (Suppression& suppression : waiting) out.emplace(line, std::move(suppression));
      waiting.clear();
    }
    const std::size_t mark = content.find(kComment);
    const std::size_t hash = content.rfind('#', mark);
    if (mark == std::string_view::npos || hash == std::string_view::npos || trimmed(content.substr(hash + 1, mark - hash - 1)) != "") continue;
    if (!is_comment(manifests, file, line_begin + hash)) continue;
    Suppression read = read_suppression(content.substr(mark + kComment.size()), today);
    if (trimmed(content.substr(0, hash)).empty()) waiting.push_back(std::move(read));
    else out.emplace(line, std::move(read));
  }
  for (Suppression& suppression : waiting) out.emplace(line, std::move(suppression));  // nothing follows
  return out;
}

// The lines of the keys and list items that lead to a finding, and its own. A mapping or list as a whole begins on the
// line of its first part, which must not speak for the others.
std::vector<std::size_t> lines_of(const Node& root, const document::Place& place) {
  std::vector<std::size_t> out{place.span.line};
  const Node* at = &root;
  for (const std::string& key : document::path_to(root, place)) {
    if (at->is_sequence()) {
      std::size_t index = 0;
      std::from_chars(key.data(), key.data() + key.size(), index);
      at = &at->items()[index];
      out.push_back(at->span().line);
    } else {
      const document::Member& member = *at->find_member(key);
      out.push_back(member.key.span().line);
      at = &member.value;
    }
  }
  return out;
}

bool covers(const Suppression& suppression, const report::Finding& finding) {
  return suppression.problem.empty() && std::find(suppression.rules.begin(), suppression.rules.end(), finding.rule->id) != suppression.rules.end();
}

std::string reason_of(const Suppression& suppression) {
  return suppression.until.empty() ? suppression.reason : fmt::format("{} (until {})", suppression.reason, suppression.until);
}

}  // namespace

const report::Rule kSuppressionRule{"suppression-not-counted", report::Severity::kMedium, "", "A suppression does not count",
                                    "A finding may be set aside only with a reason, and not after its day.", "Write the rule, optionally until a day, and -- the reason.",
                                    "# raykeep:ignore image-tag-missing", "# raykeep:ignore image-tag-missing until 2027-01-31 -- pinned by the mirror", "raykeep scan --help"};

Suppression read_suppression(std::string_view text, std::string_view today) {
  Suppression out;
  const std::size_t dashes = text.find("--");
  if (dashes != std::string_view::npos) out.reason = trimmed(text.substr(dashes + 2));
  std::string_view head = trimmed(text.substr(0, dashes));
  if (const std::size_t until = head.find(" until "); until != std::string_view::npos) {
    out.until = trimmed(head.substr(until + 7));
    head = trimmed(head.substr(0, until));
  }
  while (!head.empty()) {
    const std::size_t comma = std::min(head.find(','), head.size());
    out.rules.emplace_back(trimmed(head.substr(0, comma)));
    head.remove_prefix(std::min(comma + 1, head.size()));
  }
  if (out.rules.empty()) out.problem = "it names no rule";
  for (const std::string& rule : out.rules) {
    if (find_rule(rule) == nullptr) out.problem = fmt::format("there is no rule {}", rule);
  }
  if (out.reason.empty()) out.problem = "it has no reason; write -- and why";
  if (!out.until.empty() && !is_day(out.until)) out.problem = fmt::format("{} is no day such as 2027-01-31", out.until);
  else if (!out.until.empty() && std::string_view(out.until) < today) out.problem = fmt::format("it ended on {}", out.until);
  return out;
}

Suppressions::Suppressions(const World& world) : world_(world) {
  const std::string& today = world.settings.today;
  for (const auto& file : world.manifests.files()) {
    auto written = read_comments(world.manifests, *file, today);
    if (!written.empty()) comments_.emplace(file.get(), std::move(written));
  }
  for (const kube::Object& object : world.manifests.objects()) {
    const std::string_view written = kube::annotation(*object.root, kAnnotation);
    if (!written.empty()) annotations_.emplace(&object, read_suppression(written, today));
  }
}

std::vector<report::Finding> Suppressions::problems() const {
  Findings told(world_.settings);
  for (const auto& [object, suppression] : annotations_) {
    if (!suppression.problem.empty()) told.add(kSuppressionRule, Subject{object, object, nullptr}, *object->find({"metadata", "annotations", kAnnotation}), suppression.problem);
  }
  std::vector<report::Finding> out = told.take();
  if (world_.settings.disabled.contains(kSuppressionRule.id)) return out;
  for (const auto& [file, lines] : comments_) {
    const document::LineIndex index(file->text);
    for (const auto& [line, suppression] : lines) {
      if (suppression.problem.empty()) continue;
      report::Finding& finding = out.emplace_back();
      finding.rule = &kSuppressionRule;
      finding.severity = kSuppressionRule.severity;
      finding.message = suppression.problem;
      finding.file = file;
      const std::size_t begin = line <= index.lines() ? index.start_of(line) : file->text.size();
      finding.place.span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(line), 1};
    }
  }
  return out;
}

void Suppressions::mark(std::vector<report::Finding>& all) const {
  if (comments_.empty() && annotations_.empty()) return;
  for (report::Finding& finding : all) {
    if (finding.object == nullptr || finding.rule == &kSuppressionRule) continue;
    if (const auto own = annotations_.find(finding.object); own != annotations_.end() && covers(own->second, finding)) finding.suppressed = reason_of(own->second);
    const auto file = comments_.find(finding.file);
    if (file == comments_.end()) continue;
    for (const std::size_t line : lines_of(*finding.object->root, finding.place)) {
      const auto [first, last] = file->second.equal_range(line);
      for (auto one = first; one != last; ++one) {
        if (covers(one->second, finding)) finding.suppressed = reason_of(one->second);
      }
    }
  }
}

}  // namespace raykeep::checks
