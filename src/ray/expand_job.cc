// SPDX-License-Identifier: Apache-2.0
// The submitter of a RayJob (ray-operator controllers/ray/{rayjob_controller,common/job}.go).
#include <algorithm>
#include <fmt/format.h>

#include "document/yaml.h"
#include "ray/expand_cluster.h"
#include "ray/go_text.h"
#include "ray/kuberay_names.h"

namespace raykeep::ray {
namespace {

std::string job_id(const Node& job, std::string_view job_name) {
  const std::string_view own = kube::string_at(job, {"jobId"});
  return own.empty() ? fmt::format("{}-{}", job_name, kRandomSuffix) : std::string(own);
}

// runtimeEnvYAML as JSON; empty when there is none or it cannot be read.
std::string runtime_env(const Node& job) {
  const std::string_view yaml = kube::string_at(job, {"runtimeEnvYAML"});
  if (yaml.empty()) return {};
  // The first document, and of equal keys the last, as sigs.k8s.io/yaml reads them.
  const document::YamlStream read = document::read_yaml(yaml, {.duplicates = document::DuplicateKeys::kLastCounts});
  return go_json(read.documents.empty() ? Node() : read.documents.front().root);
}

int dashboard_port(const Cluster& cluster) {
  const Node* containers = cluster.spec.find_path({"headGroupSpec", "template", "spec", "containers"});
  if (containers == nullptr || containers->items().empty()) return kDashboardPort;
  const Node* port = named(containers->items().front().find("ports"), "dashboard");
  const Node* number = port == nullptr ? nullptr : port->find("containerPort");
  return number == nullptr ? kDashboardPort : static_cast<int>(number->as_integer().value_or(kDashboardPort));
}

std::string amount(const Node& job, const char* field, std::string_view flag) {
  const Node* value = job.find(field);
  const float number = value == nullptr ? 0 : static_cast<float>(value->as_double().value_or(0));  // float32 there
  return number > 0 ? fmt::format(" {} {:f}", flag, number) : std::string();
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

std::string submit_command(const Node& job, const std::string& address, const std::string& id, bool sidecar) {
  std::string out = "ray job submit --address " + address + (sidecar ? "" : " --no-wait");
  const std::string env = runtime_env(job);
  if (!env.empty()) out += " --runtime-env-json " + go_quote(env);
  const Node* metadata = job.find("metadata");
  // Of the job's own cluster alone: the operator must know the Ray version.
  if (metadata != nullptr && !metadata->members().empty() && job.find("rayClusterSpec") != nullptr) out += " --metadata-json " + go_quote(go_json(*metadata));
  out += " --submission-id " + id;
  out += amount(job, "entrypointNumCpus", "--entrypoint-num-cpus") + amount(job, "entrypointNumGpus", "--entrypoint-num-gpus");
  const std::string_view resources = kube::string_at(job, {"entrypointResources"});
  if (!resources.empty()) out += " --entrypoint-resources " + go_quote(resources);
  return out + " -- " + trimmed(kube::string_at(job, {"entrypoint"})) + " ;";
}

std::string submitter_script(const Node& job, const std::string& address, const std::string& id, bool sidecar) {
  const std::string submit = submit_command(job, address, id, sidecar);
  if (sidecar) return submit;
  return fmt::format("if ! ray job status --address {0} {1} >/dev/null 2>&1 ; then {2} fi ; ray job logs --address {0} --follow {1}", address, id,
                     submit);
}

Node default_container(const Cluster& cluster) {
  Node out = object({{"name", text("ray-job-submitter")}});
  const Node* containers = cluster.spec.find_path({"headGroupSpec", "template", "spec", "containers"});
  const Node* image = containers == nullptr || containers->items().empty() ? nullptr : containers->items().front().find("image");
  if (image != nullptr) out.set("image", *image);
  out.set("resources", object({{"limits", object({{"cpu", text("1")}, {"memory", text("1Gi")}})},
                               {"requests", object({{"cpu", text("500m")}, {"memory", text("200Mi")}})}}));
  return out;
}

}  // namespace

Node submitter_container(const Cluster& cluster, const Node& job, std::string_view job_name, bool sidecar, const Node* custom) {
  Node out = custom != nullptr ? *custom : default_container(cluster);
  const std::string id = job_id(job, job_name);
  const std::string url = fmt::format("{}:{}", cluster.head_fqdn(), dashboard_port(cluster));
  const Node* command = out.find("command");
  if (sidecar || command == nullptr || command->items().empty()) {
    const std::string address = sidecar ? fmt::format("http://127.0.0.1:{}", dashboard_port(cluster)) : "http://" + url;
    out.set("command", list({text("/bin/bash"), text("-ce"), text("--")}));
    out.set("args", list({text(submitter_script(job, address, id, sidecar))}));
  }
  Node& variables = sequence_at(out, "env");
  variables.append(env("PYTHONUNBUFFERED", "1"));
  // The operator knows the address only once the head runs, too late for a container that starts with it.
  variables.append(sidecar ? object({{"name", text("RAY_DASHBOARD_ADDRESS")}}) : env("RAY_DASHBOARD_ADDRESS", url));
  variables.append(env("RAY_JOB_SUBMISSION_ID", id));
  if (cluster.token_auth()) add_auth_env(cluster, out);
  return out;
}

Node submitter_template(const Cluster& cluster, const Node& job, std::string_view job_name) {
  const Node* own = job.find("submitterPodTemplate");
  const bool has_own = own != nullptr && own->is_mapping();
  Node out = has_own ? *own : object({{"spec", object({{"restartPolicy", text("Never")}})}});
  Node& spec = mapping_at(out, "spec");
  Node& containers = sequence_at(spec, "containers");
  const bool has_container = !containers.items().empty() && containers.items().front().is_mapping();
  const Node first = has_container ? containers.items().front() : Node();
  Node container = submitter_container(cluster, job, job_name, false, has_container ? &first : nullptr);
  if (containers.items().empty()) {
    containers.append(std::move(container));
  } else {
    containers.items().front() = std::move(container);
  }
  if (cluster.kubernetes_auth()) add_auth_volume(spec);
  return out;
}

}  // namespace raykeep::ray
