// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "document/json.h"
#include "document/yaml_writer.h"
#include "ray/expand.h"
#include "ray/resource_schema.h"

namespace raykeep::cli {
namespace {

using document::Node;

struct Options {
  std::vector<std::string> paths;
  std::string format = "yaml";
  bool origins = false;
  ray::ExpandOptions expand;
};

const ray::PodGroup* group_of(const ray::Expansion& expansion, const kube::Object& object) {
  for (const ray::PodGroup& group : expansion.pods) {
    if (group.pod == &object) return &group;
  }
  return nullptr;
}

std::string_view role_name(ray::PodRole role) {
  switch (role) {
    case ray::PodRole::kHead: return "head";
    case ray::PodRole::kWorker: return "worker";
    case ray::PodRole::kSubmitter: return "submitter";
  }
  return "";
}

std::string heading(const ray::Expansion& expansion, const kube::Object& object) {
  std::string out = object.kind + " made for " + expansion.source->title();
  const ray::PodGroup* group = group_of(expansion, object);
  if (group == nullptr) return out;
  if (group->role != ray::PodRole::kWorker) return out + fmt::format(": {}", role_name(group->role));
  return out + fmt::format(": worker group {}, {} at first, at most {}", group->name, group->replicas * group->hosts,
                           group->most == 2147483647 ? std::string("unlimited") : std::to_string(group->most_pods()));
}

void print_yaml(const ray::Expansion& expansion, bool origins) {
  document::YamlRemark remark;
  if (origins) {
    const std::string file = expansion.source->file == nullptr ? "" : expansion.source->file->name;
    remark = [file](const Node& value) {
      return value.span().line == 0 ? std::string("operator") : fmt::format("{}:{}:{}", file, value.span().line, value.span().column);
    };
  }
  for (const kube::Object& object : expansion.objects)
    fmt::print("---\n{}{}", document::yaml_comment(heading(expansion, object)), document::write_yaml(*object.root, remark));
}

Node json_of(const ray::Expansion& expansion) {
  Node objects = Node::sequence();
  for (const kube::Object& object : expansion.objects) {
    Node entry = Node::mapping();
    if (const ray::PodGroup* group = group_of(expansion, object)) {
      entry.set("role", Node::string(role_name(group->role)));
      entry.set("group", Node::string(group->name));
      entry.set("replicas", Node::integer(group->replicas));
      entry.set("hosts", Node::integer(group->hosts));
      entry.set("fewest", Node::integer(group->fewest));
      entry.set("most", Node::integer(group->most));
    }
    entry.set("object", *object.root);
    objects.append(std::move(entry));
  }
  Node out = Node::mapping();
  out.set("source", Node::string(expansion.source->title()));
  out.set("file", Node::string(expansion.source->file == nullptr ? "" : expansion.source->file->name));
  out.set("line", Node::integer(expansion.source->root->span().line));
  out.set("objects", std::move(objects));
  return out;
}

int run(const Options& options) {
  const ManifestInput input = read_manifests(options.paths);
  int status = report_input(input);
  Node all = Node::sequence();
  bool any = false;
  for (const kube::Object& object : input.manifests.objects()) {
    if (!ray::is_ray_resource(object)) continue;
    any = true;
    const ray::Expansion expansion = ray::expand(object, options.expand);
    for (const Error& problem : expansion.problems) status = std::max(status, report(problem));
    for (const document::Mistake& mistake : ray::field_mistakes(object)) status = std::max(status, report(Error(*mistake.code, mistake.message, object.at(*mistake.where))));
    if (options.format == "json") {
      all.append(json_of(expansion));
    } else {
      print_yaml(expansion, options.origins);
    }
  }
  if (options.format == "json") fmt::print("{}\n", document::write_json_pretty(all));
  if (!any && status == kExitOk) std::fprintf(stderr, "raykeep: there is no RayCluster, RayJob, RayService or RayCronJob in what was read\n");
  return status;
}

void declare(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths, "Files or directories; - for standard input")->required();
  app.add_option("-o,--output", options->format, "yaml or json")->check(CLI::IsMember({"yaml", "json"}))->capture_default_str();
  app.add_flag("--origins", options->origins, "Say for each value where in the manifest it comes from, or that the operator sets it");
  app.add_option("--kuberay-version", options->expand.kuberay_version, "The operator's version")->check(check_kuberay_version)->capture_default_str();
  app.callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace

const Command kExpand{
    "expand",
    "Show the pods, services and accounts that the KubeRay operator makes of Ray resources",
    "Every RayCluster, RayJob, RayService and RayCronJob of the manifests is expanded as the operator would; nothing is applied.\n"
    "The five random characters of generated names are shown as xxxxx.\n\n"
    "Example: raykeep expand raycluster.yaml --origins",
    declare};

}  // namespace raykeep::cli
