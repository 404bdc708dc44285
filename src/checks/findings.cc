// SPDX-License-Identifier: Apache-2.0
#include "checks/findings.h"

#include <algorithm>

namespace raykeep::checks {
namespace {

// The path is put together on the way back, last key first.
bool search(const Node& at, const Node& wanted, std::vector<std::string>& reversed) {
  if (at.span() == wanted.span() && at.kind() == wanted.kind()) return true;
  // What an alias brings stands elsewhere in the text, so only unshared parts can be left out by their place.
  const bool outside = wanted.span().begin < at.span().begin || wanted.span().end > at.span().end;
  if (outside && !at.shared() && at.is_mapping() && !wanted.shared()) return false;
  for (std::size_t i = 0; i < at.items().size(); ++i) {
    if (!search(at.items()[i], wanted, reversed)) continue;
    reversed.push_back(std::to_string(i));
    return true;
  }
  for (const document::Member& member : at.members()) {
    if (!search(member.value, wanted, reversed)) continue;
    reversed.emplace_back(member.name());
    return true;
  }
  return false;
}

bool is_placed(const Node* node) { return node != nullptr && node->span().line > 0; }

}  // namespace

std::vector<std::string> path_to(const Node& root, const Node& node) {
  std::vector<std::string> out;
  if (is_placed(&node)) search(root, node, out);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string json_pointer(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& key : path) {
    out += '/';
    for (const char c : key) {
      if (c == '~') out += "~0";
      else if (c == '/') out += "~1";
      else out += c;
    }
  }
  return out;
}

void Findings::add(const report::Rule& rule, const Subject& subject, const Node& at, std::string message, std::vector<report::Fix> fixes) {
  std::string part;
  if (subject.object != subject.written) part = subject.object->kind + " " + subject.object->name + " made by the operator";
  const Node* fallback = subject.expansion == nullptr ? nullptr : subject.expansion->cluster_spec;
  if (subject.object != subject.written && !is_placed(&at) && is_placed(subject.object->root)) fallback = subject.object->root;
  put(rule, *subject.written, at, fallback, std::move(part), std::move(message), std::move(fixes));
}

void Findings::add(const report::Rule& rule, const Pod& pod, const Node& at, std::string inside, std::string message,
                   std::vector<report::Fix> fixes) {
  std::string part = pod.part;
  if (!part.empty() && !inside.empty()) part += ", ";
  part += inside;
  const Node* fallback = pod.group == nullptr ? pod.spec : pod.group->source;
  if (is_placed(pod.spec)) fallback = pod.spec;
  put(rule, *pod.written, at, fallback, std::move(part), std::move(message), std::move(fixes));
}

void Findings::put(const report::Rule& rule, const kube::Object& written, const Node& at, const Node* fallback, std::string part,
                   std::string message, std::vector<report::Fix> fixes) {
  if (settings_.disabled.contains(rule.id)) return;
  const Node& place = is_placed(&at) ? at : is_placed(fallback) ? *fallback : *written.root;
  report::Finding out;
  out.rule = &rule;
  const auto own = settings_.severities.find(rule.id);
  out.severity = own == settings_.severities.end() ? rule.severity : own->second;
  out.message = std::move(message);
  out.object = written.title();
  out.part = std::move(part);
  out.path = json_pointer(path_to(*written.root, place));
  out.at = written.at(place);
  out.document_begin = written.root->span().begin;
  out.fixes = std::move(fixes);
  all_.push_back(std::move(out));
}

}  // namespace raykeep::checks
