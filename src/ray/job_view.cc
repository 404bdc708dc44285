// SPDX-License-Identifier: Apache-2.0
#include "ray/job_view.h"

#include <algorithm>
#include <array>

#include "document/json.h"

namespace raykeep::ray {
namespace {

using document::Member;
using document::Node;

// The same field in the forms of the job API, the state API and the older camel-case answers.
constexpr std::array<std::string_view, 2> kVariables{"env_vars", "envVars"};
constexpr std::array<std::string_view, 4> kSerialized{"serialized_runtime_env", "serializedRuntimeEnv",
                                                      "runtime_env_json", "runtimeEnvJson"};
constexpr std::array<std::string_view, 2> kCommands{"entrypoint", "cmdline"};

template <typename Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Ray writes a lone surrogate for a byte of a log or error text that was not UTF-8.
Result<Node> read(std::string_view text) {
  document::JsonLimits limits;
  limits.lone_surrogate = document::LoneSurrogate::kReplace;
  auto node = document::read_json(text, limits);
  if (!node) return fail(kAnswerUnreadable, node.error().message());
  return std::move(*node);
}

std::optional<std::string_view> submitter_of(const Node& job) {
  const Node* submitter = job.find_path({"metadata", kSubmitterKey});
  return submitter == nullptr ? std::nullopt : submitter->as_string();
}

class Redactor {
 public:
  // Jobs of `owner` stay whole; an empty owner owns none.
  explicit Redactor(std::string_view owner) : owner_(owner) {}

  void value(Node& node) const {
    if (node.is_string()) {
      if (node.text().find("://") != std::string_view::npos) node = Node::string(redact_url(node.text()));
    } else if (node.is_sequence()) {
      for (Node& item : node.items()) value(item);
    } else if (node.is_mapping()) {
      if (!owner_.empty() && submitter_of(node) == owner_) return;
      for (Member& member : node.members()) field(member.name(), member.value);
    }
  }

 private:
  void field(std::string_view name, Node& node) const {
    if (is_one_of(kVariables, name)) return variables(node);
    if (is_one_of(kSerialized, name)) return serialized(node);
    if (is_one_of(kCommands, name)) return command(node);
    value(node);
  }

  // Names stay, so that one can still see what is set.
  static void variables(Node& node) {
    if (node.is_mapping()) {
      for (Member& member : node.members()) member.value = Node::string(kRedacted);
    } else if (!node.is_null()) {
      node = Node::string(kRedacted);
    }
  }

  // JSON in a string. What cannot be read may hold anything.
  void serialized(Node& node) const {
    if (node.is_null() || (node.is_string() && node.text().empty())) return;
    if (!node.is_string()) return value(node);
    auto inside = read(node.text());
    if (!inside || !inside->is_mapping()) {
      node = Node::string(kRedacted);
      return;
    }
    value(*inside);
    node = Node::string(document::write_json(*inside));
  }

  void command(Node& node) const {
    if (node.is_string()) {
      node = Node::string(redact_command(node.text()));
      return;
    }
    const bool words = node.is_sequence() && std::all_of(node.items().begin(), node.items().end(),
                                                         [](const Node& n) { return n.is_string(); });
    if (!words) return value(node);
    std::vector<std::string> arguments;
    for (const Node& item : node.items()) arguments.emplace_back(item.text());
    const auto redacted = redact_arguments(arguments);
    for (std::size_t i = 0; i < redacted.size(); ++i) node.items()[i] = Node::string(redacted[i]);
  }

  std::string_view owner_;
};

}  // namespace

Result<std::optional<std::string>> owner_of_job(std::string_view job_json) {
  RK_TRY(const Node job, read(job_json));
  if (!job.is_mapping()) return fail(kAnswerUnreadable, "a job is not a JSON object");
  const auto submitter = submitter_of(job);
  if (!submitter || submitter->empty()) return std::optional<std::string>();
  return std::optional<std::string>(std::string(*submitter));
}

Result<std::string> redact_secrets(std::string_view body, SecretsSeen seen, std::string_view viewer) {
  RK_TRY(Node answer, read(body));
  Redactor(seen == SecretsSeen::kOwnJobs ? viewer : std::string_view{}).value(answer);
  return document::write_json(answer);
}

}  // namespace raykeep::ray
