// SPDX-License-Identifier: Apache-2.0
// Credentials written out where everybody with a copy of the manifest, or a look at the dashboard, can read them.
#include <array>
#include <fmt/format.h>
#include <utility>

#include "checks/secret_names.h"
#include "checks/secret_patterns.h"
#include "checks/topics.h"
#include "core/encoding.h"
#include "document/yaml.h"
#include "kube/stored_value.h"

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
constexpr Rule kKeyInSecret{"credential-in-secret", Severity::kHigh, "23", "A Secret among the manifests holds a key of a known form", "Base64 hides nothing; who reads the repository can use the key.",
                            "Change the key, and keep the new one in a secret manager.", "kind: Secret\nstringData: {token: hf_...}", "kind: ExternalSecret", kSource};
constexpr Rule kElsewhere{"credential-elsewhere", Severity::kHigh, "23", "An object of another kind holds a credential", "It is in the repository and in the API server, for everybody who may read either.", kFixText,
                          "kind: AppWrapper\nspec: {...: hf_...}", kGood, kSource};
constexpr std::array kRules{&kEnv, &kCommand, &kJob, &kConfigMap, &kAnnotation, &kRedis, &kSecret, &kKeyInSecret, &kElsewhere};

// What a value gives away by its form; empty for nothing.
std::string told_by_form(std::string_view name, std::string_view value) {
  const auto found = find_secret(value);
  return found ? fmt::format("{} holds {}: {}", name, found->kind, found->redacted) : std::string();
}

// What it gives away by its form, or under a name of a secret.
std::string told(std::string_view name, std::string_view value) {
  std::string by_form = told_by_form(name, value);
  if (!by_form.empty() || !is_secret_name(name) || is_placeholder(value)) return by_form;
  return fmt::format("{} is written out: {}", name, redact(value));
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

// "--password=...", "--password" and the word behind it, "PASSWORD=...": what the word gives away; empty for nothing.
std::string told_by_word(const std::vector<std::string_view>& words, std::size_t index) {
  std::string_view word = words[index];
  const std::size_t dashes = std::min(word.find_first_not_of('-'), word.size());
  if (dashes > 2) return {};
  word.remove_prefix(dashes);
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  // A name, and not a script that begins with one.
  if (name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") != std::string_view::npos || !is_secret_name(name)) return {};
  if (equals != std::string_view::npos) return told(name, word.substr(equals + 1));
  const bool has_value = dashes > 0 && index + 1 < words.size() && !words[index + 1].starts_with('-');
  return has_value ? told(name, words[index + 1]) : std::string();
}

// The words of a command line. Quotes part them too: what stands within is looked at word by word.
std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kBetween = " \t\n;|&()\"'`";
  std::vector<std::string_view> out;
  for (std::size_t begin = line.find_first_not_of(kBetween); begin != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBetween, begin), line.size());
    out.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(kBetween, end);
  }
  return out;
}

// What a command line gives away, by the form of a credential or by the name before it.
std::string told_by_command(std::string_view field, std::string_view line) {
  std::string by_form = told_by_form(field, line);
  if (!by_form.empty()) return by_form;
  const std::vector<std::string_view> words = words_of(line);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string by_word = told_by_word(words, i);
    if (!by_word.empty()) return fmt::format("{}: {}", field, by_word);
  }
  return {};
}

// The container as it is written: the operator puts one text in the place of the first one's command and args.
const Node& written_container(const Pod& pod, const kube::Container& container) {
  if (!pod.is_ray_node() || container.node != ray_container(pod) || pod.group->source == nullptr) return *container.node;
  const Node* list = pod.group->source->find_path({"template", "spec", "containers"});
  return list == nullptr || list->items().empty() ? *container.node : list->items().front();
}

void check_command(const Pod& pod, const kube::Container& container, const Node* command, std::string_view field, Findings& findings) {
  if (command == nullptr) return;
  std::vector<std::string_view> words;
  for (const Node& word : command->items()) words.push_back(word.text());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Node& word = command->items()[i];
    if (word.span().line == 0) continue;
    const std::string by_word = told_by_word(words, i);
    const std::string message = by_word.empty() ? told_by_command(field, word.text()) : fmt::format("{}: {}", field, by_word);
    if (!message.empty()) findings.add(kCommand, pod, word, kube::title(container), message);
  }
}

// What a probe or a hook runs or sends.
void check_action(const Pod& pod, const kube::Container& container, const Node* action, std::string_view field, Findings& findings) {
  if (action == nullptr) return;
  check_command(pod, container, action->find_path({"exec", "command"}), field, findings);
  const Node* headers = action->find_path({"httpGet", "httpHeaders"});
  if (headers == nullptr) return;
  for (const Node& header : headers->items()) {
    const Node* value = header.find("value");
    if (value == nullptr || value->span().line == 0) continue;
    const std::string_view name = kube::string_at(header, {"name"});
    const bool is_login = (name == "Authorization" || name == "authorization") && !is_placeholder(value->text());
    const std::string message = is_login ? fmt::format("{} is written out: {}", name, redact(value->text())) : told(name, value->text());
    if (!message.empty()) findings.add(kCommand, pod, *value, kube::title(container), fmt::format("{}: {}", field, message));
  }
}

void check_texts(const Pod& pod, const kube::Container& container, Findings& findings) {
  const Node& written = written_container(pod, container);
  for (const char* field : {"command", "args"}) check_command(pod, container, written.find(field), field, findings);
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"}) check_action(pod, container, container.node->find(probe), probe, findings);
  for (const char* hook : {"postStart", "preStop"}) check_action(pod, container, container.node->find_path({"lifecycle", hook}), hook, findings);
}

// Every text of a YAML text within a manifest.
void check_nested(const Subject& subject, const Node& field, const Node& value, std::string_view name, Findings& findings) {
  for (const Node& item : value.items()) check_nested(subject, field, item, name, findings);
  for (const document::Member& member : value.members()) check_nested(subject, field, member.value, member.name(), findings);
  if (value.is_mapping() || value.is_sequence() || value.text().empty()) return;
  const std::string message = told(name, value.text());
  if (!message.empty()) findings.add(kJob, subject, field, message);
}

// An expression of a program or the name of a type, as scripts in ConfigMaps have them: args.password, os.environ[...], str.
bool is_expression(std::string_view value) {
  for (const std::string_view type : {"string", "String", "String!", "str", "bytes", "Optional", "None", "nil", "undefined", "token", "password", "secret", "Secret", "SecretStr"}) {
    if (value == type) return true;
  }
  if (value.find_first_of("[({") != std::string_view::npos) return true;
  const bool is_path = value.find('.') != std::string_view::npos && !value.starts_with('.') && !value.ends_with('.');
  return is_path && value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.") == std::string_view::npos;
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
  const bool is_quoted = between.find_first_of("\"'") != std::string_view::npos && between.find_first_of("\"'") > between.find_first_of("=:");
  const std::string_view value = line.substr(0, line.find_first_of(" \t\"',\r}"));
  if (!is_quoted && is_expression(value)) return {};
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
  const std::string by_form = told_by_form(name, field->text());
  const std::string message = by_form.empty() ? told_by_file(field->text()) : by_form;
  if (!message.empty()) findings.add(kJob, subject, *field, message);
}

// By their form alone: names say little there, auth-secret names a Secret.
void check_annotations(const Subject& subject, const Node* annotations, Findings& findings) {
  if (annotations == nullptr) return;
  for (const document::Member& member : annotations->members()) {
    std::string message = told_by_form(member.name(), member.value.text());
    if (!message.empty()) findings.add(kAnnotation, subject, member.value, std::move(message));
  }
}

void check_pod_annotations(const Pod& pod, Findings& findings) {
  const bool is_own = pod.metadata != nullptr && pod.metadata != pod.written->find({"metadata"});
  const Node* annotations = is_own ? pod.metadata->find("annotations") : nullptr;
  if (annotations == nullptr) return;
  for (const document::Member& member : annotations->members()) {
    if (member.value.span().line == 0) continue;
    std::string message = told_by_form(member.name(), member.value.text());
    if (!message.empty()) findings.add(kAnnotation, pod, member.value, "", std::move(message));
  }
}

// Parts of which the operator makes nothing now: they are as readable as the others.
void check_idle_parts(const ray::Expansion& expansion, const Subject& subject, Findings& findings) {
  const Node* job = ray::job_spec(*expansion.source);
  const Node* mode = job == nullptr ? nullptr : job->find("submissionMode");
  std::vector<const Node*> parts;
  if (!expansion.autoscaling) parts.push_back(expansion.cluster_spec->find_path({"autoscalerOptions", "env"}));
  if (mode != nullptr && mode->text() != "K8sJobMode") {
    const Node* containers = job->find_path({"submitterPodTemplate", "spec", "containers"});
    for (std::size_t i = 0; containers != nullptr && i < containers->items().size(); ++i) parts.push_back(containers->items()[i].find("env"));
  }
  for (const Node* variables : parts) {
    for (std::size_t i = 0; variables != nullptr && i < variables->items().size(); ++i) {
      const Node& variable = variables->items()[i];
      const Node* value = variable.find("value");
      const std::string message = value == nullptr ? std::string() : told(kube::string_at(variable, {"name"}), value->text());
      if (!message.empty()) findings.add(kEnv, subject, *value, message);
    }
  }
}

void check_ray(const ray::Expansion& expansion, Findings& findings) {
  const kube::Object& object = *expansion.source;
  const Subject subject{&object, &object, &expansion};
  if (const Node* job = ray::job_spec(object)) {
    const Node* entrypoint = job->find("entrypoint");
    const std::string message = entrypoint == nullptr ? std::string() : told_by_command("entrypoint", entrypoint->text());
    if (!message.empty()) findings.add(kJob, subject, *entrypoint, message);
    if (const Node* metadata = job->find("metadata")) check_nested(subject, *metadata, *metadata, "metadata", findings);
    check_yaml(subject, job->find("runtimeEnvYAML"), "runtimeEnvYAML", findings);
  }
  check_yaml(subject, object.find({"spec", "serveConfigV2"}), "serveConfigV2", findings);
  for (const auto path : {std::initializer_list<std::string_view>{"headServiceAnnotations"}, {"headGroupSpec", "headService", "metadata", "annotations"}}) {
    if (expansion.cluster_spec != nullptr) check_annotations(subject, expansion.cluster_spec->find_path(path), findings);
  }
  check_annotations(subject, object.find({"spec", "serveService", "metadata", "annotations"}), findings);
  if (expansion.cluster_spec == nullptr) return;
  check_idle_parts(expansion, subject, findings);
  const Node* param = expansion.cluster_spec->find_path({"headGroupSpec", "rayStartParams", "redis-password"});
  if (param != nullptr && !is_placeholder(param->text())) findings.add(kRedis, subject, *param, fmt::format("rayStartParams.redis-password is written out: {}", redact(param->text())));
}

// What an entry of a ConfigMap gives away.
std::string told_by_entry(std::string_view name, std::string_view text) {
  if (text.find('\n') == std::string_view::npos) return told(name, text);
  std::string by_form = told_by_form(name, text);
  const std::string in_file = by_form.empty() ? told_by_file(text) : std::string();
  return in_file.empty() ? by_form : fmt::format("{}, {}", name, in_file);
}

void check_config_map(const kube::Object& object, Findings& findings) {
  for (const char* part : {"data", "binaryData"}) {
    const Node* data = object.find({part});
    if (data == nullptr) continue;
    for (const document::Member& member : data->members()) {
      const bool is_binary = std::string_view(part) == "binaryData";
      std::string message = told_by_entry(member.name(), is_binary ? base64_decode(member.value.text()).value_or("") : std::string(member.value.text()));
      if (!message.empty()) findings.add(kConfigMap, Subject{&object, &object, nullptr}, member.value, std::move(message));
    }
  }
}

void check_secret(const kube::Object& object, Findings& findings) {
  const Subject subject{&object, &object, nullptr};
  bool any = false;
  for (const char* part : {"data", "stringData"}) {
    const Node* values = object.find({part});
    if (values == nullptr) continue;
    for (const document::Member& member : values->members()) {
      const std::string value = kube::stored_value(object, member.name());
      if (value.empty() || is_placeholder(value)) continue;
      const auto found = find_secret(value);
      if (found) findings.add(kKeyInSecret, subject, member.value, fmt::format("{} holds {}", member.name(), found->kind));
      if (!found && !std::exchange(any, true)) findings.add(kSecret, subject, *values, "this Secret's values are in the manifest");
    }
  }
}

// Every text of an object of a kind that is not looked into otherwise: what other operators make pods of, values of charts.
// What an AppWrapper holds is an object of its own.
void check_others(const Subject& subject, const Node& at, Findings& findings) {
  for (const Node& item : at.items()) check_others(subject, item, findings);
  for (const document::Member& member : at.members()) check_others(subject, member.value, findings);
  if (!at.is_string()) return;
  if (const auto found = find_secret(at.text())) findings.add(kElsewhere, subject, at, fmt::format("here stands {}: {}", found->kind, found->redacted));
}

bool is_looked_into(const kube::Object& object) {
  return ray::is_ray_resource(object) || object.kind == "AppWrapper" || object.is("", "ConfigMap") || object.is("", "Secret") || kube::pod_template(object);
}

void check_pod(const World&, const Pod& pod, Findings& findings) {
  check_pod_annotations(pod, findings);
  for (const kube::Container& container : pod.containers) {
    check_variables(pod, container, findings);
    check_texts(pod, container, findings);
  }
}

void check(const World& world, Findings& findings) {
  for (const ray::Expansion& expansion : world.expansions) check_ray(expansion, findings);
  for (const kube::Object& object : world.manifests.objects()) {
    check_annotations({&object, &object, nullptr}, object.find({"metadata", "annotations"}), findings);
    if (object.is("", "ConfigMap")) check_config_map(object, findings);
    if (object.is("", "Secret")) check_secret(object, findings);
    if (const Node* spec = object.find({"spec"}); spec != nullptr && !is_looked_into(object)) check_others({&object, &object, nullptr}, *spec, findings);
  }
}

}  // namespace

const Topic kCredentialTopic{kRules, check, check_pod};

}  // namespace raykeep::checks
