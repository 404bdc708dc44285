// SPDX-License-Identifier: Apache-2.0
#include "checks/repair.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "checks/findings.h"
#include "core/parallel.h"
#include "document/edit.h"
#include "document/text.h"

namespace raykeep::checks {
namespace {

using Plan = std::map<const document::YamlDocument*, std::vector<const report::Finding*>>;

bool can_be_mended(const report::Finding& finding) { return !finding.fixes.empty() && finding.suppressed.empty() && finding.file != nullptr && finding.object != nullptr; }

// The steps of a path, which are indexes where the tree has a list. What is no index there leads nowhere, and is refused
// as such.
document::NodePath steps_of(const document::Node& root, const std::vector<std::string>& path) {
  document::NodePath out;
  const document::Node* at = &root;
  for (const std::string& key : path) {
    std::size_t index = 0;
    const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), index);
    const bool number = problem == std::errc() && end == key.data() + key.size();
    if (at != nullptr && at->is_sequence() && number) {
      out.emplace_back(index);
    } else {
      out.emplace_back(key);
    }
    at = at == nullptr ? nullptr : document::find_path(*at, {out.back()});
  }
  return out;
}

// A list is given what it lacks and keeps what it has.
std::vector<document::Change> changes_of(const document::NodePath& path, const report::Fix& fix) {
  if (fix.kind == report::Fix::Kind::kRemove) return {document::Change::remove(path)};
  if (fix.kind == report::Fix::Kind::kAppend) return {document::Change::add(path, fix.value)};
  if (!fix.value.is_sequence()) return {document::Change::set(path, fix.value)};
  std::vector<document::Change> out;
  for (const document::Node& item : fix.value.items()) out.push_back(document::Change::add(path, item));
  return out;
}

// All changes of one finding, or none.
Result<std::string> mend(std::string_view text, const document::YamlDocument& document, const report::Finding& finding) {
  std::vector<document::Change> changes;
  const Node& root = *finding.object->root;
  const std::vector<std::string> prefix = &document.root == &root ? std::vector<std::string>{} : path_to(document.root, root);
  for (const report::Fix& fix : finding.fixes) {
    std::vector<std::string> path = prefix;
    path.insert(path.end(), fix.path.begin(), fix.path.end());
    for (document::Change& change : changes_of(steps_of(document.root, path), fix)) changes.push_back(std::move(change));
  }
  RK_TRY(document::EditResult result, document::edit_yaml(text, changes, {.duplicates = document::DuplicateKeys::kLastCounts}));
  for (document::ChangeOutcome& outcome : result.outcomes) {
    if (outcome.reason) return tl::make_unexpected(*std::move(outcome.reason));
  }
  return std::move(result.text);
}

FileRepair repair_file(const kube::SourceFile& file, const Plan& plan) {
  FileRepair out;
  out.file = &file;
  out.text = file.text;
  // From the last document to the first, so that places before stay what they are.
  std::map<std::uint32_t, const document::YamlDocument*, std::greater<>> order;
  for (const auto& [document, unused] : plan) order.emplace(document->begin, document);
  for (const auto& [begin, document] : order) {
    std::string chunk = file.text.substr(begin, document->end - begin);
    for (const report::Finding* finding : plan.at(document)) {
      auto changed = mend(chunk, *document, *finding);
      if (!changed) {
        out.refused.push_back({finding, changed.error().message()});
      } else {
        chunk = *std::move(changed);
        out.mended.push_back(finding);
      }
    }
    out.text.replace(begin, document->end - begin, chunk);
  }
  return out;
}

// The smallest change that makes one text of the other.
report::TextChange change_between(std::string_view before, std::string_view after, std::size_t offset, const document::LineIndex& lines) {
  const auto [left, unused] = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
  const auto same = static_cast<std::size_t>(left - before.begin());
  std::size_t tail = 0;
  while (tail < std::min(before.size(), after.size()) - same && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  const document::LineColumn begin = lines.at(offset + same);
  const document::LineColumn end = lines.at(offset + before.size() - tail);
  return {begin.line, begin.column, end.line, end.column, std::string(after.substr(same, after.size() - tail - same))};
}

}  // namespace

report::TextChanges text_changes(const kube::Manifests& manifests, const std::vector<report::Finding>& findings) {
  std::map<const kube::SourceFile*, document::LineIndex> lines;
  for (const auto& file : manifests.files()) lines.emplace(file.get(), file->text);
  std::vector<std::optional<report::TextChange>> changes(findings.size());
  parallel_for(findings.size(), [&](std::size_t i) {
    const report::Finding& finding = findings[i];
    const document::YamlDocument* document = can_be_mended(finding) ? manifests.document_of(*finding.object) : nullptr;
    if (document == nullptr) return;
    const std::string_view chunk = std::string_view(finding.file->text).substr(document->begin, document->end - document->begin);
    const auto changed = mend(chunk, *document, finding);
    if (changed && *changed != chunk) changes[i] = change_between(chunk, *changed, document->begin, lines.at(finding.file));
  });
  report::TextChanges out;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (changes[i]) out.emplace(&findings[i], *std::move(changes[i]));
  }
  return out;
}

std::vector<FileRepair> repair(const kube::Manifests& manifests, const std::vector<report::Finding>& findings) {
  std::map<const kube::SourceFile*, Plan> plans;
  for (const report::Finding& finding : findings) {
    if (!can_be_mended(finding)) continue;
    const document::YamlDocument* document = manifests.document_of(*finding.object);
    if (document != nullptr) plans[finding.file][document].push_back(&finding);
  }
  std::vector<FileRepair> out;
  for (const auto& file : manifests.files()) {
    const auto plan = plans.find(file.get());
    if (plan != plans.end()) out.push_back(repair_file(*file, plan->second));
  }
  return out;
}

}  // namespace raykeep::checks
