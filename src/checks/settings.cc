// SPDX-License-Identifier: Apache-2.0
#include "checks/settings.h"

#include <array>
#include <fmt/format.h>

#include "checks/engine.h"
#include "core/suggest.h"
#include "document/schema.h"
#include "document/yaml.h"
#include "ray/version.h"

namespace raykeep::checks {
namespace {

using document::Key;
using document::Node;
using T = document::ValueType;

constexpr std::array kKeys{
    Key{"scan", T::kObject, "", "The checks."},
    Key{"scan.profile", T::kChoice, "ack", "Which checks run.", "ack|kubernetes|pss-baseline|pss-restricted|quota"},
    Key{"scan.podSecurity", T::kChoice, "restricted", "The Pod Security level that pods must meet.", "privileged|baseline|restricted"},
    Key{"scan.kubernetesVersion", T::kString, "latest", "The Kubernetes version of the Pod Security Standards, such as 1.31."},
    Key{"scan.kuberayVersion", T::kString, "v1.7.0", "The operator's version."},
    Key{"scan.kuberayFeatureGates", T::kList, "", "Feature gates of the operator that are on, beyond those that are by default."},
    Key{"scan.kuberayFeatureGates[]", T::kChoice, "", "A gate.", "RayClusterMTLS|RayClusterNetworkPolicy|RayClusterHistoryServer|RayCronJob"},
    Key{"scan.registries", T::kList, "", "Prefixes of images that may run, such as registry.example/team; without the list any may."},
    Key{"scan.registries[]", T::kString, "", "A registry, or a registry and the beginning of a repository."},
    Key{"scan.hostPaths", T::kList, "", "Directories of the node that may be mounted read-only."},
    Key{"scan.hostPaths[]", T::kString, "", "A directory."},
    Key{"scan.codeSources", T::kList, "", "Where working_dir and py_modules may come from; without the list from anywhere."},
    Key{"scan.codeSources[]", T::kString, "", "The beginning of an address, such as oss://team-code/."},
    Key{"scan.capacity", T::kMap, "", "What the cluster has, by resource, for quotas that promise parts of it."},
    Key{"scan.capacity.*", T::kString, "", "A quantity, quoted: \"64\", 256Gi."},
    Key{"scan.rules", T::kMap, "", "What to do with single rules, by their ids."},
    Key{"scan.rules.*", T::kChoice, "", "off, or a severity instead of the rule's own.", "off|info|low|medium|high|critical"},
};

PodSecurityLevel level_of(std::string_view name) {
  return name == "privileged" ? PodSecurityLevel::kPrivileged : name == "baseline" ? PodSecurityLevel::kBaseline : PodSecurityLevel::kRestricted;
}

Error unknown_rule(const Node& key, const std::string& file) {
  std::vector<std::string_view> ids;
  for (const report::Rule* rule : all_rules()) ids.push_back(rule->id);
  const auto meant = suggest(key.text(), ids);
  return {document::kUnknownKey, fmt::format("there is no rule \"{}\"{}", key.text(), meant ? "; did you mean \"" + *meant + "\"?" : ""),
          SourcePosition{file, key.span().line, key.span().column}};
}

void read_capacity(const Node& capacity, const std::string& file, SettingsText& out) {
  for (const document::Member& member : capacity.members()) {
    const auto amount = kube::Quantity::from(member.value);
    if (amount && !amount->is_negative()) out.settings.capacity.emplace(member.name(), *amount);
    else out.errors.emplace_back(document::kWrongValue, fmt::format("{} of {} is no quantity such as \"64\" or 256Gi", member.value.text(), member.name()), SourcePosition{file, member.value.span().line, member.value.span().column});
  }
}

void read_rules(const Node& rules, const std::string& file, SettingsText& out) {
  for (const document::Member& member : rules.members()) {
    if (find_rule(member.name()) == nullptr) {
      out.errors.push_back(unknown_rule(member.key, file));
    } else if (member.value.text() == "off" || member.value.text() == "false") {  // YAML 1.1 reads off as false
      out.settings.disabled.emplace(member.name());
    } else if (const auto severity = report::parse_severity(member.value.text())) {
      out.settings.severities.emplace(member.name(), *severity);
    }
  }
}

}  // namespace

std::optional<Profile> parse_profile(std::string_view name) {
  if (name == "ack") return Profile::kAck;
  if (name == "kubernetes") return Profile::kKubernetes;
  if (name == "pss-baseline") return Profile::kPssBaseline;
  if (name == "quota") return Profile::kQuota;
  if (name == "pss-restricted") return Profile::kPssRestricted;
  return std::nullopt;
}

SettingsText read_settings(std::string_view text, const std::string& file, Settings defaults) {
  SettingsText out{std::move(defaults), {}};
  auto root = document::read_yaml_document(text, {.aliases = document::YamlAliases::kRefuse}, file);
  if (!root) {
    out.errors.push_back(std::move(root).error());
    return out;
  }
  Node checked = *root;
  // A person writes off, and YAML 1.1 reads a boolean.
  Node* top = checked.find("scan");
  Node* chosen = top == nullptr ? nullptr : top->find("rules");
  if (chosen != nullptr && chosen->is_mapping()) {
    for (document::Member& member : chosen->members()) {
      if (member.value.is_boolean() && !*member.value.as_boolean()) {
        const document::Span place = member.value.span();
        member.value = Node::string("off");
        member.value.set_span(place);
      }
    }
  }
  out.errors = document::validate(checked, kKeys, file);
  if (!out.errors.empty()) return out;
  const Node* scan = checked.find("scan");
  if (scan == nullptr) return out;
  if (const Node* value = scan->find("profile")) out.settings.profile = *parse_profile(value->text());
  if (const Node* value = scan->find("podSecurity")) out.settings.pod_security = level_of(value->text());
  if (const Node* value = scan->find("kubernetesVersion")) {
    const auto version = parse_kubernetes_version(value->text());
    if (version) out.settings.kubernetes = *version;
    else out.errors.emplace_back(document::kWrongValue, fmt::format("\"{}\" is no Kubernetes version such as \"1.31\"", value->text()), SourcePosition{file, value->span().line, value->span().column});
  }
  if (const Node* value = scan->find("kuberayVersion")) {
    out.settings.kuberay_version = value->text();
    if (!ray::parse_version(value->text())) out.errors.emplace_back(document::kWrongValue, fmt::format("\"{}\" is no version of KubeRay such as v1.7.0", value->text()), SourcePosition{file, value->span().line, value->span().column});
  }
  for (std::string& gate : document::texts_of(scan->find("kuberayFeatureGates"))) out.settings.feature_gates.insert(std::move(gate));
  out.settings.registries = document::texts_of(scan->find("registries"));
  out.settings.host_paths = document::texts_of(scan->find("hostPaths"));
  out.settings.code_sources = document::texts_of(scan->find("codeSources"));
  if (const Node* capacity = scan->find("capacity")) read_capacity(*capacity, file, out);
  if (const Node* rules = scan->find("rules")) read_rules(*rules, file, out);
  return out;
}

std::string settings_markdown() { return document::markdown_table(kKeys); }

}  // namespace raykeep::checks
