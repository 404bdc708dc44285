// SPDX-License-Identifier: Apache-2.0
#include "access/submission_policy.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "access/code_source.h"
#include "access/runtime_env_policy.h"
#include "core/encoding.h"
#include "core/suggest.h"
#include "document/json.h"
#include "ray/command_text.h"
#include "ray/job_view.h"
#include "ray/path.h"

namespace raykeep::access {
namespace {

using document::Member;
using document::Node;

constexpr unsigned kDeepestBody = 32;
constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kLongestMetadataValue = 4096;

// JobSubmitRequest of ray/dashboard/modules/job/common.py.
constexpr std::array<std::string_view, 10> kKeys{"entrypoint",
                                                 "submission_id",
                                                 "job_id",
                                                 "runtime_env",
                                                 "metadata",
                                                 "entrypoint_num_cpus",
                                                 "entrypoint_memory",
                                                 "entrypoint_num_gpus",
                                                 "entrypoint_resources",
                                                 "entrypoint_label_selector"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "application/json", alone or with charset=utf-8. Ray would decode any charset that Python knows.
bool is_json_media_type(std::string_view content_type) {
  const auto semicolon = content_type.find(';');
  if (!equal_ignoring_case(trimmed(content_type.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == std::string_view::npos) return true;
  const auto parameter = trimmed(content_type.substr(semicolon + 1));
  return equal_ignoring_case(parameter, "charset=utf-8") || equal_ignoring_case(parameter, "charset=\"utf-8\"");
}

tl::unexpected<Error> malformed(std::string message) {
  return fail(kSubmissionMalformed, std::move(message));
}
tl::unexpected<Error> wrong_kind(std::string_view path, std::string_view wanted, const Node& node) {
  return malformed(fmt::format("{} must be {}, not {}", path, wanted, document::kind_name(node.kind())));
}

Result<Node> read_body(const SubmissionRequest& request, const SubmissionPolicy& policy) {
  if (!is_json_media_type(request.content_type)) {
    return fail(kSubmissionMediaType,
                fmt::format("the body's media type is {}", json_quote(request.content_type.substr(0, 100))));
  }
  if (!trimmed(request.content_encoding).empty()) return fail(kSubmissionMediaType, "the body is encoded");
  if (request.body.size() > policy.largest_body) {
    return fail(kSubmissionTooLarge,
                fmt::format("the body has {} bytes, at most {} are taken", request.body.size(), policy.largest_body));
  }
  auto body = document::read_json(request.body, {.bytes = policy.largest_body,
                                                 .nodes = kMostNodes,
                                                 .depth = kDeepestBody,
                                                 .lone_surrogate = document::LoneSurrogate::kRefuse});
  if (!body) {
    const auto& at = body.error().at();
    return malformed(at ? fmt::format("line {}, column {}: {}", at->line, at->column, body.error().message())
                        : body.error().message());
  }
  if (!body->is_mapping()) return wrong_kind("the body", "an object", *body);
  return std::move(*body);
}

// Ray's client leaves out keys that are null; so does what is forwarded.
Result<void> check_keys(Node& body) {
  std::erase_if(body.members(), [](const Member& member) { return member.value.is_null(); });
  for (const Member& member : body.members()) {
    if (std::find(kKeys.begin(), kKeys.end(), member.name()) != kKeys.end()) continue;
    const auto close = suggest(member.name(), kKeys);
    return fail(kSubmissionUnknownKey, fmt::format("{} is not a key of a job submission{}", json_quote(member.name()),
                                                   close ? fmt::format("; did you mean {}?", json_quote(*close)) : ""));
  }
  return {};
}

Result<std::string> submission_id(const Node& body, std::string_view fresh_id) {
  std::optional<std::string_view> id;
  for (const std::string_view key : {"submission_id", "job_id"}) {
    const Node* node = body.find(key);
    if (node == nullptr) continue;
    if (!node->is_string()) return wrong_kind(key, "a string", *node);
    if (id && *id != node->text()) return malformed("submission_id and job_id (its old name) differ");
    id = node->text();
  }
  if (!id) return std::string(fresh_id);
  if (!ray::is_job_id(*id)) {
    return malformed(
        fmt::format("submission_id {} is not 1 to {} letters, digits, '.', '_' or '-', not beginning with '.'",
                    json_quote(id->substr(0, 200)), ray::kLongestJobId));
  }
  return std::string(*id);
}

Result<std::string_view> entrypoint(const Node& body, const SubmissionPolicy& policy) {
  const Node* node = body.find("entrypoint");
  if (node == nullptr) return malformed("entrypoint is missing");
  if (!node->is_string()) return wrong_kind("entrypoint", "a string", *node);
  const std::string_view command = node->text();
  if (command.find_first_not_of(" \t\r\n") == std::string_view::npos) return malformed("entrypoint is empty");
  if (command.find('\0') != std::string_view::npos) return malformed("entrypoint holds a NUL character");
  if (command.size() > policy.longest_entrypoint) {
    return fail(kSubmissionRefused, fmt::format("entrypoint has {} bytes, at most {} are allowed", command.size(),
                                                policy.longest_entrypoint));
  }
  for (const std::string& pattern : policy.denied_entrypoints) {
    if (!any_glob_matches({pattern}, command)) continue;
    return fail(kSubmissionRefused, fmt::format("entrypoint matches {}, which is denied here", json_quote(pattern)));
  }
  return command;
}

Result<void> check_metadata(const Node& metadata) {
  if (!metadata.is_mapping()) return wrong_kind("metadata", "an object", metadata);
  for (const Member& member : metadata.members()) {
    const std::string path = fmt::format("metadata[{}]", json_quote(member.name()));
    // Ray itself writes job_submission_id, and trusts it.
    const bool reserved =
        member.name() == "job_submission_id" ||
        equal_ignoring_case(member.name().substr(0, ray::kReservedMetadataPrefix.size()), ray::kReservedMetadataPrefix);
    if (reserved) return fail(kSubmissionReservedKey, fmt::format("{} is reserved", path));
    if (!member.value.is_string()) return wrong_kind(path, "a string", member.value);
    if (member.value.text().size() > kLongestMetadataValue)
      return malformed(fmt::format("{} is longer than {} bytes", path, kLongestMetadataValue));
  }
  return {};
}

bool is_amount(const Node& node) {
  return node.is_number() && node.as_double().value_or(-1) >= 0;
}

Result<void> check_resources(const Node& body) {
  for (const std::string_view key : {"entrypoint_num_cpus", "entrypoint_num_gpus"}) {
    const Node* node = body.find(key);
    if (node != nullptr && !is_amount(*node)) return malformed(fmt::format("{} must be a number of at least 0", key));
  }
  const Node* memory = body.find("entrypoint_memory");
  if (memory != nullptr && memory->as_integer().value_or(-1) < 0)
    return malformed("entrypoint_memory must be an integer of at least 0");
  if (const Node* resources = body.find("entrypoint_resources")) {
    if (!resources->is_mapping()) return wrong_kind("entrypoint_resources", "an object", *resources);
    for (const Member& member : resources->members()) {
      if (!is_amount(member.value))
        return malformed(
            fmt::format("entrypoint_resources[{}] must be a number of at least 0", json_quote(member.name())));
    }
  }
  if (const Node* labels = body.find("entrypoint_label_selector")) {
    if (!labels->is_mapping()) return wrong_kind("entrypoint_label_selector", "an object", *labels);
    for (const Member& member : labels->members()) {
      if (!member.value.is_string())
        return wrong_kind(fmt::format("entrypoint_label_selector[{}]", json_quote(member.name())), "a string",
                          member.value);
    }
  }
  return {};
}

Result<void> check_runtime_env(Node& body, std::string_view submitter, const SubmissionPolicy& policy) {
  Node* runtime_env = body.find("runtime_env");
  if (runtime_env == nullptr) return {};
  if (!runtime_env->is_mapping()) return wrong_kind("runtime_env", "an object", *runtime_env);
  return apply_runtime_env_policy(*runtime_env, submitter, policy);
}

}  // namespace

int status_of(const Error& error) {
  if (error.code().id == kSubmissionMediaType.id) return 415;
  if (error.code().id == kSubmissionTooLarge.id) return 413;
  return error.code().kind == ErrorKind::kRefused ? 403 : 400;
}

SubmissionPolicy SubmissionPolicy::standard() {
  SubmissionPolicy policy;
  policy.code_sources = {{"gcs", {}}, {"https", {}}, {"s3", {}}, {"gs", {}}, {"oss", {}}, {"azure", {}}, {"abfss", {}}};
  policy.package_sources = {{"https", {}}};
  // What redirects Ray's own processes, loads code into every process, or carries the cluster's credentials.
  policy.denied_environment = {"RAY_*",
                               "LD_*",
                               "PYTHONPATH",
                               "PYTHONHOME",
                               "PYTHONSTARTUP",
                               "PYTHONINSPECT",
                               "PYTHONUSERBASE",
                               "PYTHONEXECUTABLE",
                               "PYTHONBREAKPOINT",
                               "PATH",
                               "BASH_ENV",
                               "ENV",
                               "IFS",
                               "GCONV_PATH",
                               "RAYKEEP_*"};
  policy.allowed_environment = {"RAY_DEDUP_LOGS", "RAY_DATA_*",       "RAY_TRAIN_*",
                                "RAY_SERVE_*",    "RAY_COLOR_PREFIX", "RAY_PROFILING"};
  policy.allowed_fields = {"working_dir", "py_modules", "excludes",  "pip",      "uv",
                           "env_vars",    "config",     "image_uri", "container"};
  return policy;
}

SubmissionPolicy SubmissionPolicy::permissive() {
  SubmissionPolicy policy = standard();
  for (const char* scheme : {"http", "hdfs", "file", "conda", "pip", "uv"}) policy.code_sources.push_back({scheme, {}});
  policy.package_sources.push_back({"http", {}});
  policy.package_sources.push_back({"ssh", {}});
  policy.denied_environment = {"RAY_AUTH_*", "RAY_ENABLE_K8S_TOKEN_AUTH", "RAYKEEP_*"};
  policy.allowed_environment.clear();
  policy.images = {"*"};
  policy.allowed_fields = known_runtime_env_fields();
  return policy;
}

Result<AdmittedSubmission> admit_submission(const SubmissionRequest& request, const SubmissionPolicy& policy) {
  RK_TRY(Node body, read_body(request, policy));
  RK_TRY_VOID(check_keys(body));
  RK_TRY(std::string id, submission_id(body, request.fresh_id));
  RK_TRY(const std::string_view command, entrypoint(body, policy));
  std::string shown = ray::redact_command(command);
  if (const Node* metadata = body.find("metadata")) RK_TRY_VOID(check_metadata(*metadata));
  RK_TRY_VOID(check_resources(body));
  RK_TRY_VOID(check_runtime_env(body, request.submitter, policy));
  if (request.submitter.empty() || !ray::is_job_id(id)) return malformed("the gateway has no submitter or id for it");

  body.erase("job_id");
  body.set("submission_id", Node::string(id));
  Node* metadata = body.find("metadata");
  if (metadata == nullptr) metadata = &body.set("metadata", Node::mapping());
  metadata->set(ray::kSubmitterKey, Node::string(request.submitter));
  return AdmittedSubmission{std::move(id), std::move(shown), document::write_json(body)};
}

}  // namespace raykeep::access
