// SPDX-License-Identifier: Apache-2.0
// Credentials written out where everybody with a copy of the manifest, or a look at the dashboard, can read them.
#include <array>
#include <fmt/format.h>

#include "checks/secret_patterns.h"
#include "checks/topics.h"
#include "document/yaml.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;

constexpr std::string_view kFixText = "Take it from a Secret (valueFrom.secretKeyRef), better use a cloud role (RRSA) and no key at all. Change the credential: it is known.";
constexpr std::string_view kGood = "env:\n- name: OSS_ACCESS_KEY_ID\n  valueFrom: {secretKeyRef: {name: oss, key: id}}";
constexpr std::string_view kSource = "public rules of the providers' formats; nothing is tried on the network";
constexpr Rule kEnv{"credential-in-env", Severity::kHigh, "23", "An environment variable holds a credential", "It is in the repository, in the API server and in every job's environment.", kFixText,
                    "env: [{name: OSS_ACCESS_KEY_ID, value: LTAI...}]", kGood, kSource};
constexpr Rule kCommand{"credential-in-command", Severity::kHigh, "23", "A command line holds a credential", "Everybody who lists processes or jobs can read it.", kFixText,
                        "args: [--password, hunter2...]", kGood, kSource};
constexpr Rule kJob{"credential-in-job", Severity::kHigh, "23", "A job description holds a credential", "Entrypoint and runtime environment are shown to every reader of the dashboard.", kFixText,
                    "runtimeEnvYAML: |\n  env_vars: {HF_TOKEN: hf_...}", kGood, kSource};
constexpr Rule kConfigMap{"credential-in-config-map", Severity::kHigh, "23", "A ConfigMap holds a credential", "ConfigMaps are readable to many and never encrypted apart.", kFixText,
                          "kind: ConfigMap\ndata: {key: LTAI...}", "kind: Secret", kSource};
constexpr Rule kAnnotation{"credential-in-annotation", Severity::kHigh, "23", "An annotation holds a credential", "Annotations are copied to other objects and shown everywhere.", kFixText,
                           "annotations: {key: LTAI...}", kGood, kSource};
constexpr Rule kRedis{"redis-password-in-clear", Severity::kHigh, "23", "The Redis password is written out", "Whoever reads it controls the cluster's state, and with it what runs.",
                      "Use gcsFaultToleranceOptions.redisPassword.valueFrom.", "redisPassword: {value: hunter2}", "redisPassword: {valueFrom: {secretKeyRef: {name: redis, key: password}}}",
                      "ray.io/v1 GcsFaultToleranceOptions"};
constexpr Rule kSecret{"secret-in-manifest", Severity::kLow, "23", "A Secret stands among the manifests with its values", "Base64 hides nothing; who reads the repository has the values.",
                       "Keep the values in a secret manager.", "kind: Secret\ndata: {token: ...}", "kind: ExternalSecret", "Kubernetes, Secrets good practices"};
constexpr std::array kRules{&kEnv, &kCommand, &kJob, &kConfigMap, &kAnnotation, &kRedis, &kSecret};

// What a value under a name gives away; empty for nothing.
std::string told(std::string_view name, std::string_view value) {
  if (const auto found = find_secret(value)) return fmt::format("{} holds {}: {}", name, found->kind, found->redacted);
  if (is_secret_name(name) && !is_placeholder(value)) return fmt::format("{} is written out: {}", name, redact(value));
  return {};
}

void check_variables(const Pod& pod, const kube::Container& container, Findings& findings) {
  const Node* variables = container.node->find("env");
  if (variables == nullptr) return;
  for (const Node& variable : variables->items()) {
    const Node* value = variable.find("value");
    if (value == nullptr || value->text().empty()) continue;
    const std::string_view name = kube::string_at(variable, {"name"});
    if (variable.span().line == 0 && value->span().line == 0) continue;  // the operator's own
    if (name == "REDIS_PASSWORD" && pod.is_ray_node() && variable.find("valueFrom") == nullptr && !is_placeholder(value->text()) && literal_env(*container.node, name) == value) {
      findings.add(kRedis, pod, *value, kube::title(container), fmt::format("the password is written out: {}", redact(value->text())));
      continue;
    }
    const std::string message = told(name, value->text());
    if (!message.empty()) findings.add(kEnv, pod, *value, kube::title(container), message);
  }
}

// "--password=..." or "--password" and the word behind it: what the value gives away; empty for nothing.
std::string told_by_flag(const Node::Sequence& words, std::size_t index) {
  std::string_view word = words[index].text();
  const std::size_t dashes = word.find_first_not_of('-');
  if (dashes == 0 || dashes == std::string_view::npos || dashes > 2) return {};
  word.remove_prefix(dashes);
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  if (!is_secret_name(name)) return {};
  if (equals != std::string_view::npos) return told(name, word.substr(equals + 1));
  const bool has_value = index + 1 < words.size() && !words[index + 1].text().starts_with('-');
  return has_value ? told(name, words[index + 1].text()) : std::string();
}

// The container as it is written: the operator puts one text in the place of the first one's command and args.
const Node& written_container(const Pod& pod, const kube::Container& container) {
  if (!pod.is_ray_node() || container.node != ray_container(pod) || pod.group->source == nullptr) return *container.node;
  const Node* list = pod.group->source->find_path({"template", "spec", "containers"});
  return list == nullptr || list->items().empty() ? *container.node : list->items().front();
}

void check_texts(const Pod& pod, const kube::Container& container, Findings& findings) {
  const Node& written = written_container(pod, container);
  for (const char* field : {"command", "args"}) {
    const Node* words = written.find(field);
    if (words == nullptr) continue;
    for (std::size_t i = 0; i < words->items().size(); ++i) {
      const Node& word = words->items()[i];
      if (word.span().line == 0) continue;
      const std::string flagged = told_by_flag(words->items(), i);
      if (!flagged.empty()) findings.add(kCommand, pod, word, kube::title(container), fmt::format("{}: {}", field, flagged));
      else if (const auto found = find_secret(word.text())) findings.add(kCommand, pod, word, kube::title(container), fmt::format("{} holds {}: {}", field, found->kind, found->redacted));
    }
  }
}

// Every text of a YAML text within a manifest.
void check_nested(const Subject& subject, const Node& field, const Node& value, std::string_view name, Findings& findings) {
  for (const Node& item : value.items()) check_nested(subject, field, item, name, findings);
  for (const document::Member& member : value.members()) check_nested(subject, field, member.value, member.name(), findings);
  if (value.is_mapping() || value.is_sequence() || value.text().empty()) return;
  const std::string message = told(name, value.text());
  if (!message.empty()) findings.add(kJob, subject, field, message);
}

// "name = value", "name: value" or "name value" of a line in a file, whatever the file's form: what the value gives away.
std::string told_by_line(std::string_view line) {
  constexpr std::string_view kAround = " \t\"'";
  line.remove_prefix(std::min(line.find_first_not_of(" \t\"'-{"), line.size()));
  if (line.starts_with("export ")) line.remove_prefix(7);
  const std::size_t end = std::min(line.find_first_of(" \t\"'=:"), line.size());
  const std::string_view name = line.substr(0, end);
  line.remove_prefix(end);
  const std::string_view between = line.substr(0, std::min(line.find_first_not_of(" \t\"'=:"), line.size()));
  line.remove_prefix(between.size());
  const std::string_view value = line.substr(0, line.find_first_of(" \t\"',\r}"));
  const bool redis = name == "requirepass" || name == "masterauth";
  const bool assigned = redis || between.find_first_not_of(kAround) != std::string_view::npos;
  if (!assigned || !(redis || is_secret_name(name)) || is_placeholder(value) || value.find('(') != std::string_view::npos) return {};
  return fmt::format("{} is written out: {}", name, redact(value));
}

// Of the lines of a file, the first that gives something away.
std::string told_by_file(std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string told = told_by_line(text.substr(0, end));
    if (!told.empty()) return fmt::format("line {}: {}", number, told);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

void check_yaml(const Subject& subject, const Node* field, std::string_view name, Findings& findings) {
  if (field == nullptr) return;
  // The last of equal keys counts, as for the operator; a text that cannot be read is searched as it stands.
  const document::YamlLimits limits{.duplicates = document::DuplicateKeys::kLastCounts};
  if (const auto value = document::read_yaml_document(field->text(), limits)) return check_nested(subject, *field, *value, name, findings);
  const auto found = find_secret(field->text());
  const std::string told = found ? fmt::format("{} holds {}: {}", name, found->kind, found->redacted) : told_by_file(field->text());
  if (!told.empty()) findings.add(kJob, subject, *field, told);
}

void check_ray(const ray::Expansion& expansion, Findings& findings) {
  const kube::Object& object = *expansion.source;
  const Subject subject{&object, &object, &expansion};
  if (const Node* job = ray::job_spec(object)) {
    const Node* entrypoint = job->find("entrypoint");
    const auto found = entrypoint == nullptr ? std::nullopt : find_secret(entrypoint->text());
    if (found) findings.add(kJob, subject, *entrypoint, fmt::format("entrypoint holds {}: {}", found->kind, found->redacted));
    check_yaml(subject, job->find("runtimeEnvYAML"), "runtimeEnvYAML", findings);
  }
  check_yaml(subject, object.find({"spec", "serveConfigV2"}), "serveConfigV2", findings);
  if (expansion.cluster_spec == nullptr) return;
  const Node* param = expansion.cluster_spec->find_path({"headGroupSpec", "rayStartParams", "redis-password"});
  if (param != nullptr && !is_placeholder(param->text())) findings.add(kRedis, subject, *param, fmt::format("rayStartParams.redis-password is written out: {}", redact(param->text())));
}

void check_annotations(const kube::Object& object, Findings& findings) {
  const Node* annotations = object.find({"metadata", "annotations"});
  if (annotations == nullptr) return;
  for (const document::Member& member : annotations->members()) {
    if (const auto found = find_secret(member.value.text()))
      findings.add(kAnnotation, Subject{&object, &object, nullptr}, member.value, fmt::format("{} holds {}: {}", member.name(), found->kind, found->redacted));
  }
}

void check_config_map(const kube::Object& object, Findings& findings) {
  const Node* data = object.find({"data"});
  if (data == nullptr) return;
  for (const document::Member& member : data->members()) {
    const std::string_view text = member.value.text();
    const bool is_file = text.find('\n') != std::string_view::npos;
    std::string message;
    if (const auto found = find_secret(text)) message = fmt::format("{} holds {}: {}", member.name(), found->kind, found->redacted);
    else if (is_file) message = told_by_file(text).empty() ? std::string() : fmt::format("{}, {}", member.name(), told_by_file(text));
    else if (is_secret_name(member.name()) && !is_placeholder(text)) message = fmt::format("{} is written out: {}", member.name(), redact(text));
    if (!message.empty()) findings.add(kConfigMap, Subject{&object, &object, nullptr}, member.value, std::move(message));
  }
}

void check_secret(const kube::Object& object, Findings& findings) {
  for (const char* part : {"data", "stringData"}) {
    const Node* values = object.find({part});
    if (values == nullptr || values->members().empty()) continue;
    findings.add(kSecret, Subject{&object, &object, nullptr}, *values, "this Secret's values are in the manifest");
    return;
  }
}

void check_pod(const World&, const Pod& pod, Findings& findings) {
  for (const kube::Container& container : pod.containers) {
    check_variables(pod, container, findings);
    check_texts(pod, container, findings);
  }
}

void check(const World& world, Findings& findings) {
  for (const ray::Expansion& expansion : world.expansions) check_ray(expansion, findings);
  for (const kube::Object& object : world.manifests.objects()) {
    check_annotations(object, findings);
    if (object.is("", "ConfigMap")) check_config_map(object, findings);
    if (object.is("", "Secret")) check_secret(object, findings);
  }
}

}  // namespace

const Topic kCredentialTopic{kRules, check, check_pod};

}  // namespace raykeep::checks
