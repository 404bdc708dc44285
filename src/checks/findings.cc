// SPDX-License-Identifier: Apache-2.0
#include "checks/findings.h"

#include "checks/engine.h"
#include "checks/secret_patterns.h"

namespace raykeep::checks {
namespace {

bool is_placed(const Node* node) { return node != nullptr && node->span().line > 0; }

}  // namespace

void Findings::add(const report::Rule& rule, const Subject& subject, const Node& at, std::string message, const Fixes& fixes) {
  std::string part;
  if (subject.object != subject.written) part = subject.object->kind + " " + subject.object->name + " made by the operator";
  const Node* fallback = subject.expansion == nullptr ? nullptr : subject.expansion->cluster_spec;
  if (subject.object != subject.written && !is_placed(&at) && is_placed(subject.object->root)) fallback = subject.object->root;
  put(rule, *subject.written, at, fallback, std::move(part), std::move(message), fixes);
}

void Findings::add(const report::Rule& rule, const Pod& pod, const Node& at, std::string_view inside, std::string message, const Fixes& fixes) {
  std::string part = pod.part;
  if (!part.empty() && !inside.empty()) part += ", ";
  part += inside;
  const Node* fallback = pod.group == nullptr ? pod.spec : pod.group->source;
  if (is_placed(pod.spec)) fallback = pod.spec;
  put(rule, *pod.written, at, fallback, std::move(part), std::move(message), fixes);
}

void Findings::put(const report::Rule& rule, const kube::Object& written, const Node& at, const Node* fallback, std::string part,
                   std::string message, const Fixes& fixes) {
  if (settings_.disabled.contains(rule.id) || !in_profile(rule, settings_.profile)) return;
  report::Finding& out = all_.emplace_back();
  out.rule = &rule;
  const auto own = settings_.severities.find(rule.id);
  out.severity = own == settings_.severities.end() ? rule.severity : own->second;
  out.message = without_secrets(std::move(message));
  out.part = std::move(part);
  out.object = &written;
  out.file = written.file;
  out.place = is_placed(&at) ? at : is_placed(fallback) ? *fallback : *written.root;
  if (fixes && settings_.fixes) out.fixes = fixes();
}

}  // namespace raykeep::checks
