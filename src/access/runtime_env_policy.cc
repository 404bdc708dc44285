// SPDX-License-Identifier: Apache-2.0
#include "access/runtime_env_policy.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "access/code_source.h"
#include "core/encoding.h"
#include "core/suggest.h"
#include "ray/package.h"

namespace raykeep::access {
namespace {

using document::Member;
using document::Node;

struct Context {
  std::string_view submitter;
  const SubmissionPolicy& policy;
};

tl::unexpected<Error> refuse(const std::string& path, std::string_view why) {
  return fail(kSubmissionRefused, fmt::format("{} {}", path, why));
}
tl::unexpected<Error> wrong_kind(const std::string& path, std::string_view wanted, const Node& node) {
  return fail(kSubmissionMalformed,
              fmt::format("{} must be {}, not {}", path, wanted, document::kind_name(node.kind())));
}

Result<void> code_uri(Node& node, const std::string& path, const Context& context) {
  if (!node.is_string()) return wrong_kind(path, "a string", node);
  const std::string problem = source_problem(node.text(), context.policy.code_sources);
  if (!problem.empty()) return refuse(path, problem);
  if (const auto package = ray::package_of_uri(node.text())) {
    node = Node::string("gcs://" + ray::owned_package_name(context.submitter, *package));
  }
  return {};
}

Result<void> code_uris(Node& node, const std::string& path, const Context& context) {
  if (!node.is_sequence()) return wrong_kind(path, "a list of URIs", node);
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    RK_TRY_VOID(code_uri(node.items()[i], fmt::format("{}[{}]", path, i), context));
  }
  return {};
}

Result<std::vector<std::string>> strings(const Node& node, const std::string& path) {
  if (!node.is_sequence()) return wrong_kind(path, "a list of strings", node);
  std::vector<std::string> out;
  for (const Node& item : node.items()) {
    if (!item.is_string()) return wrong_kind(fmt::format("{}[{}]", path, out.size()), "a string", item);
    out.emplace_back(item.text());
  }
  return out;
}

Result<void> requirements(const Node& node, const std::string& path, const Context& context) {
  RK_TRY(const auto lines, strings(node, path));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string problem = requirement_problem(lines[i], context.policy);
    if (!problem.empty()) return refuse(fmt::format("{}[{}]", path, i), problem);
  }
  return {};
}

// "==24.0" of pip_version and uv_version: Ray puts the tool's name before it.
Result<void> tool_version(const Node& node, const std::string& path, const Context& context) {
  if (!node.is_string()) return wrong_kind(path, "a string", node);
  const std::string problem = requirement_problem("pip" + std::string(node.text()), context.policy);
  if (!problem.empty() || node.text().find("://") != std::string_view::npos) return refuse(path, "is not a version");
  return {};
}

// pip and uv: a list of requirements, or a mapping with one (runtime_env/validation.py). A string would be a file of
// the cluster's.
Result<void> installer(Node& node, const std::string& path, const Context& context) {
  if (node.is_sequence()) return requirements(node, path, context);
  if (!node.is_mapping()) return wrong_kind(path, "a list of requirements or an object with packages", node);
  for (const Member& member : node.members()) {
    const std::string here = fmt::format("{}.{}", path, member.name());
    if (member.name() == "packages") {
      RK_TRY_VOID(requirements(member.value, here, context));
    } else if (member.name() == "pip_install_options" || member.name() == "uv_pip_install_options") {
      RK_TRY(const auto options, strings(member.value, here));
      const std::string problem = install_options_problem(options, context.policy);
      if (!problem.empty()) return refuse(here, problem);
    } else if (member.name() == "pip_version" || member.name() == "uv_version") {
      RK_TRY_VOID(tool_version(member.value, here, context));
    } else if (member.name() == "pip_check" || member.name() == "uv_check") {
      if (!member.value.is_boolean()) return wrong_kind(here, "true or false", member.value);
    } else {
      return refuse(fmt::format("{}.{}", path, json_quote(member.name())), "is not a known setting");
    }
  }
  return {};
}

Result<void> variables(Node& node, const std::string& path, const Context& context) {
  if (!node.is_mapping()) return wrong_kind(path, "an object", node);
  for (const Member& member : node.members()) {
    const std::string here = fmt::format("{}[{}]", path, json_quote(member.name()));
    if (!member.value.is_string()) return wrong_kind(here, "a string", member.value);
    const std::string problem = variable_problem(member.name(), context.policy);
    if (!problem.empty()) return refuse(here, problem);
  }
  return {};
}

Result<void> image(Node& node, const std::string& path, const Context& context) {
  if (!node.is_string()) return wrong_kind(path, "a string", node);
  if (any_glob_matches(context.policy.images, node.text())) return {};
  return refuse(path, context.policy.images.empty()
                          ? "is refused: no container images are allowed here"
                          : fmt::format("{} is not an allowed image; allowed are {}", json_quote(node.text()),
                                        fmt::join(context.policy.images, ", ")));
}

// run_options could mount the host or drop every protection, and worker_path names a program: only the image is taken.
Result<void> container(Node& node, const std::string& path, const Context& context) {
  if (!node.is_mapping()) return wrong_kind(path, "an object", node);
  for (Member& member : node.members()) {
    const std::string here = fmt::format("{}.{}", path, member.name());
    if (member.name() != "image")
      return refuse(fmt::format("{}[{}]", path, json_quote(member.name())), "is refused; only image may be given");
    RK_TRY_VOID(image(member.value, here, context));
  }
  return {};
}

// log_files would make any file of the node readable as a log.
Result<void> config(Node& node, const std::string& path, const Context&) {
  if (!node.is_mapping()) return wrong_kind(path, "an object", node);
  for (const Member& member : node.members()) {
    const std::string here = fmt::format("{}.{}", path, member.name());
    if (member.name() == "setup_timeout_seconds") {
      if (!member.value.is_integer()) return wrong_kind(here, "an integer", member.value);
    } else if (member.name() == "eager_install") {
      if (!member.value.is_boolean()) return wrong_kind(here, "true or false", member.value);
    } else {
      return refuse(fmt::format("{}[{}]", path, json_quote(member.name())),
                    "is refused; setup_timeout_seconds and eager_install may be given");
    }
  }
  return {};
}

Result<void> list_of_strings(Node& node, const std::string& path, const Context&) {
  RK_TRY(const auto ignored, strings(node, path));
  return {};
}
Result<void> one_string(Node& node, const std::string& path, const Context&) {
  if (!node.is_string()) return wrong_kind(path, "a string", node);
  return {};
}
// A field whose content no rule looks into: to allow it is to allow everything in it.
Result<void> anything(Node&, const std::string&, const Context&) {
  return {};
}

struct Field {
  std::string_view name;
  Result<void> (*check)(Node& node, const std::string& path, const Context& context);
};
constexpr std::array<Field, 17> kFields{{{"working_dir", code_uri},
                                         {"py_modules", code_uris},
                                         {"excludes", list_of_strings},
                                         {"pip", installer},
                                         {"uv", installer},
                                         {"conda", anything},
                                         {"env_vars", variables},
                                         {"image_uri", image},
                                         {"container", container},
                                         {"config", config},
                                         {"java_jars", code_uris},
                                         {"py_executable", one_string},
                                         {"worker_process_setup_hook", one_string},
                                         {"nsight", anything},
                                         {"rocprof_sys", anything},
                                         {"mpi", anything},
                                         {"_ray_commit", one_string}}};

tl::unexpected<Error> not_allowed(std::string_view name, const SubmissionPolicy& policy) {
  const auto known = std::find_if(kFields.begin(), kFields.end(), [&](const Field& f) { return f.name == name; });
  const std::vector<std::string_view> allowed(policy.allowed_fields.begin(), policy.allowed_fields.end());
  const auto close = known == kFields.end() ? suggest(name, allowed) : std::nullopt;
  return refuse(
      fmt::format("runtime_env[{}]", json_quote(name)),
      fmt::format("is not allowed here{}; allowed are {}",
                  close ? fmt::format(" (did you mean {}?)", json_quote(*close)) : "", fmt::join(allowed, ", ")));
}

}  // namespace

const std::vector<std::string>& known_runtime_env_fields() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> out;
    for (const Field& field : kFields) out.emplace_back(field.name);
    return out;
  }();
  return kNames;
}

Result<void> apply_runtime_env_policy(Node& runtime_env, std::string_view submitter, const SubmissionPolicy& policy) {
  const Context context{submitter, policy};
  for (Member& member : runtime_env.members()) {
    const auto& allowed = policy.allowed_fields;
    const bool listed = std::find(allowed.begin(), allowed.end(), member.name()) != allowed.end();
    const auto field =
        std::find_if(kFields.begin(), kFields.end(), [&](const Field& f) { return f.name == member.name(); });
    // A field that is allowed but that no rule here knows could be anything in a later Ray.
    if (!listed || field == kFields.end()) return not_allowed(member.name(), policy);
    if (member.value.is_null()) continue;
    RK_TRY_VOID(field->check(member.value, fmt::format("runtime_env.{}", member.name()), context));
  }
  return {};
}

}  // namespace raykeep::access
