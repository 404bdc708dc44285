// SPDX-License-Identifier: Apache-2.0
// The pods of a cluster (ray-operator controllers/ray/common/pod.go).
#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

#include "ray/expand_cluster.h"
#include "ray/kuberay_names.h"
#include "ray/probes.h"
#include "ray/start_command.h"

namespace raykeep::ray {
namespace {

constexpr std::string_view kNeedsUnifiedHealth = "2.53.0";

// What is the same for every pod is made once: copies share it.
const Node& shell() {
  static const Node kShell = list({text("/bin/bash"), text("-c"), text("--")});
  return kShell;
}

// More than the operator adds to a container or its variables, so that they grow once.
constexpr std::size_t kRoom = 16;
template <typename List>
void make_room(List& list) {
  list.reserve(list.size() + kRoom);
}

Node small_resources(std::string_view cpu, std::string_view memory) {
  const Node amounts = object({{"cpu", text(cpu)}, {"memory", text(memory)}});
  return object({{"limits", amounts}, {"requests", amounts}});
}

// Labels of a Ray pod. Users may set any but the three that say where the pod belongs.
Node pod_labels(const Cluster& cluster, std::string_view node_type, std::string_view group_name, const Node& group) {
  Node out = object({{"ray.io/is-ray-node", text("yes")},
                     {kClusterLabel, text(cluster.name)},
                     {kNodeTypeLabel, text(node_type)},
                     {kGroupLabel, text(group_name)},
                     {"ray.io/identifier", text(clipped_label(cluster.name + "-" + std::string(node_type)))}});
  add_application_labels(out);
  const Node* own[] = {group.find_path({"template", "metadata", "labels"}), group.find("labels")};
  for (const Node* labels : own) {
    if (labels == nullptr) continue;
    for (const document::Member& member : labels->members()) {
      const bool fixed = member.name() == kClusterLabel || member.name() == kNodeTypeLabel || member.name() == kGroupLabel;
      if (!fixed) out.set(member.name(), member.value);
    }
  }
  return out;
}

void add_metrics_port(Node& container) {
  Node& ports = sequence_at(container, "ports");
  if (named(&ports, "metrics") != nullptr) return;
  ports.append(object({{"name", text("metrics")}, {"containerPort", Node::integer(kMetricsPort)}}));
}

bool mounts(const Node& container, std::string_view path) {
  const Node* found = container.find("volumeMounts");
  if (found == nullptr) return false;
  return std::any_of(found->items().begin(), found->items().end(),
                     [&](const Node& mount) { return kube::string_at(mount, {"mountPath"}) == path; });
}

void add_empty_dir(Node& spec, Node& container, std::string_view volume, std::string_view path, bool memory) {
  if (mounts(container, path)) return;
  Node& volumes = sequence_at(spec, "volumes");
  if (named(&volumes, volume) == nullptr) {
    Node dir = Node::mapping();
    if (memory) dir.set("medium", text("Memory"));
    const Node* size = container.find_path({"resources", "limits", "memory"});
    if (size == nullptr) size = container.find_path({"resources", "requests", "memory"});
    if (memory && size != nullptr) dir.set("sizeLimit", *size);
    volumes.append(object({{"name", text(volume)}, {"emptyDir", dir}}));
  }
  sequence_at(container, "volumeMounts").append(object({{"name", text(volume)}, {"mountPath", text(path)}}));
}

std::string joined(const Node* words) {
  std::string out;
  if (words == nullptr) return out;
  for (const Node& word : words->items()) out += fmt::format(" {} ", word.text());
  return out;
}

bool is_true_word(std::string_view written) {
  std::string word(written);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word == "true";
}

constexpr std::string_view kOverwrite = "ray.io/overwrite-container-cmd";

// The annotation is the pod's: of its template, or brought there from the cluster.
void set_command(const Node& pod, Node& container, const std::string& start) {
  const std::string own = joined(container.find("command")) + joined(container.find("args"));
  if (is_true_word(kube::annotation(pod, kOverwrite)) || own.find("ray start") != std::string::npos) return;
  const std::string generated = "ulimit -n 65536; " + start;
  container.set("command", shell());
  container.set("args", list({text(own.empty() ? generated : own + " && " + generated)}));
}

std::string head_of(const std::string& fqdn) { return fqdn.substr(0, fqdn.find('.')); }

void add_head_address(Node& container, const std::string& fqdn) {
  Node& variables = sequence_at(container, "env");
  variables.append(env("FQ_RAY_IP", fqdn));
  variables.append(env("RAY_IP", head_of(fqdn)));
}

void add_serve_env(Node& container) {
  add_env_once(container, env("RAY_timeout_ms_task_wait_for_death_info", "0"));
  add_env_once(container, env("RAY_gcs_server_request_timeout_seconds", "5"));
  add_env_once(container, env("RAY_SERVE_KV_TIMEOUT_S", "5"));
}

void add_ray_env(const Cluster& cluster, Node& container, bool head, const std::string& start) {
  static const std::array kFields{env_from_field("RAY_CLUSTER_NAME", "metadata.labels['ray.io/cluster']"), env_from_field("RAY_CLUSTER_NAMESPACE", "metadata.namespace"),
                                  env_from_field("RAY_CLOUD_INSTANCE_ID", "metadata.name"), env_from_field("RAY_NODE_TYPE_NAME", "metadata.labels['ray.io/group']")};
  static const Node kUsage = env("RAY_USAGE_STATS_KUBERAY_IN_USE", "1");
  static const Node kDiskUsage = env("RAY_DASHBOARD_ENABLE_K8S_DISK_USAGE", "1");
  if (!head) add_head_address(container, cluster.head_fqdn());
  Node& variables = sequence_at(container, "env");
  make_room(variables.items());
  for (const Node& field : kFields) variables.append(field);
  variables.append(env("KUBERAY_GEN_RAY_START_CMD", start));
  const std::string port = gcs_port(cluster.spec);
  add_env_once(container, env("RAY_PORT", port));
  if (cluster.creator == "RayService") add_serve_env(container);
  add_env_once(container, env("RAY_ADDRESS", (head ? "127.0.0.1" : cluster.head_fqdn()) + ":" + port));
  add_env_once(container, kUsage);
  if (head) {
    sequence_at(container, "env")
        .append(env("RAY_USAGE_STATS_EXTRA_TAGS",
                    fmt::format("kuberay_version={};kuberay_crd={}", cluster.options->kuberay_version, cluster.creator)));
  }
  add_env_once(container, kDiskUsage);
}

// What all Ray containers of v1.7 get with tlsOptions.enabled.
void add_tls(const Cluster& cluster, Node& spec, Node& container, bool head) {
  Node& variables = sequence_at(container, "env");
  variables.append(env("RAY_USE_TLS", "1"));
  variables.append(env("RAY_TLS_SERVER_CERT", "/etc/ray/tls/tls.crt"));
  variables.append(env("RAY_TLS_SERVER_KEY", "/etc/ray/tls/tls.key"));
  variables.append(env("RAY_TLS_CA_CERT", "/etc/ray/tls/ca.crt"));
  sequence_at(container, "volumeMounts")
      .append(object({{"name", text("ray-tls")}, {"mountPath", text("/etc/ray/tls")}, {"readOnly", Node::boolean(true)}}));
  const std::string secret = std::string(head ? "ray-head-secret-" : "ray-worker-secret-") + cluster.name;
  Node& volumes = sequence_at(spec, "volumes");
  if (named(&volumes, "ray-tls") == nullptr)
    volumes.append(object({{"name", text("ray-tls")}, {"secret", object({{"secretName", text(secret)}})}}));
}

// The v1.7 init container that waits until the certificate names the pod's address.
Node tls_wait(const Node& ray_container) {
  Node out = object({{"name", text("wait-for-tls-ip-san")}});
  for (const char* key : {"image", "imagePullPolicy"}) {
    if (const Node* value = ray_container.find(key)) out.set(key, *value);
  }
  out.set("command", shell());
  out.set("args", list({text("(the operator's script that waits for the certificate)")}));
  for (const char* key : {"securityContext", "volumeMounts"}) {
    if (const Node* value = ray_container.find(key)) out.set(key, *value);
  }
  const Node amounts = object({{"cpu", text("50m")}, {"memory", text("64Mi")}});
  out.set("resources", object({{"limits", amounts}, {"requests", amounts}}));
  return out;
}

Node gcs_wait(const Cluster& cluster, const Node& ray_container) {
  Node out = object({{"name", text("wait-gcs-ready")}});
  for (const char* key : {"image", "imagePullPolicy"}) {
    if (const Node* value = ray_container.find(key)) out.set(key, *value);
  }
  out.set("command", shell());
  out.set("args", list({text("until ray health-check --address " + cluster.head_fqdn() + ":" + gcs_port(cluster.spec) +
                             "; do sleep 5; done")}));
  for (const char* key : {"securityContext", "env", "volumeMounts"}) {
    if (const Node* value = ray_container.find(key)) out.set(key, *value);
  }
  static const Node kResources = small_resources("200m", "256Mi");
  out.set("resources", kResources);
  return out;
}

// The collector of v1.7. It has no field for a security context.
void add_collector(const Cluster& cluster, Node& spec) {
  const Node* options = cluster.spec.find_path({"historyServerOptions", "collectorOptions"});
  if (cluster.spec.find("historyServerOptions") == nullptr) return;
  Node out = object({{"name", text("ray-history-collector")}});
  if (options != nullptr && options->find("image") != nullptr) out.set("image", *options->find("image"));
  out.set("ports", list({object({{"name", text("collector")}, {"containerPort", Node::integer(8084)}})}));
  if (options != nullptr && options->find("env") != nullptr) out.set("env", *options->find("env"));
  const Node* resources = options == nullptr ? nullptr : options->find("resources");
  out.set("resources", resources != nullptr ? *resources
                                            : object({{"limits", object({{"cpu", text("200m")}, {"memory", text("256Mi")}})},
                                                      {"requests", object({{"cpu", text("50m")}, {"memory", text("64Mi")}})}}));
  if (cluster.token_auth()) add_auth_env(cluster, out);
  sequence_at(spec, "containers").append(std::move(out));
}

void add_gcs_env(const Cluster& cluster, Node& pod, Node& container, bool head, StartParams& params) {
  if (head) mapping_at(mapping_at(pod, "metadata"), "annotations").set("ray.io/ft-enabled", text(cluster.gcs_fault_tolerance() ? "true" : "false"));
  if (!cluster.gcs_fault_tolerance()) return;
  if (!head) return add_env_once(container, env("RAY_gcs_rpc_server_reconnect_timeout_s", "600"));
  const Node* options = cluster.spec.find("gcsFaultToleranceOptions");
  Node storage = text("(the UID of the RayCluster)");
  if (const Node* own = cluster.annotations.find("ray.io/external-storage-namespace")) storage = *own;
  const Node* named_storage = options == nullptr ? nullptr : options->find("externalStorageNamespace");
  if (named_storage != nullptr && !named_storage->text().empty()) storage = *named_storage;
  mapping_at(mapping_at(pod, "metadata"), "annotations").set("ray.io/external-storage-namespace", storage);
  add_env_once(container, object({{"name", text("RAY_external_storage_namespace")}, {"value", storage}}));
  if (options == nullptr) {
    const auto password = params.find("redis-password");
    const Node* own = cluster.spec.find_path({"headGroupSpec", "rayStartParams", "redis-password"});
    if (password != params.end() && own != nullptr) add_env_once(container, object({{"name", text("REDIS_PASSWORD")}, {"value", *own}}));
    return;
  }
  Node& variables = sequence_at(container, "env");
  const Node* address = options->find("redisAddress");
  variables.append(object({{"name", text("RAY_REDIS_ADDRESS")}, {"value", address == nullptr ? text("") : *address}}));
  const std::pair<const char*, const char*> credentials[] = {{"redisUsername", "redis-username"}, {"redisPassword", "redis-password"}};
  for (const auto& [field, param] : credentials) {
    const Node* value = options->find(field);
    if (value == nullptr || value->is_null()) continue;
    const std::string_view variable = param == std::string_view("redis-username") ? "REDIS_USERNAME" : "REDIS_PASSWORD";
    params[param] = "$" + std::string(variable);
    Node entry = object({{"name", text(variable)}});
    for (const document::Member& member : value->members()) entry.set(member.name(), member.value);
    entry.set_span(value->span());
    variables.append(std::move(entry));
  }
}

Node autoscaler_container(const Cluster& cluster, const Node& ray_container) {
  Node out = object({{"name", text("autoscaler")}});
  if (const Node* image = ray_container.find("image")) out.set("image", *image);
  out.set("imagePullPolicy", text("IfNotPresent"));
  out.set("env", list({env_from_field("RAY_CLUSTER_NAME", "metadata.labels['ray.io/cluster']"),
                       env_from_field("RAY_CLUSTER_NAMESPACE", "metadata.namespace"),
                       env_from_field("RAY_HEAD_POD_NAME", "metadata.name"), env("KUBERAY_CRD_VER", "v1")}));
  out.set("command", shell());
  out.set("args", list({text("ray kuberay-autoscaler --cluster-name $(RAY_CLUSTER_NAME) --cluster-namespace $(RAY_CLUSTER_NAMESPACE)")}));
  out.set("resources", small_resources("500m", "512Mi"));
  if (cluster.token_auth()) add_auth_env(cluster, out);
  const Node* options = cluster.spec.find("autoscalerOptions");
  if (options == nullptr) return out;
  for (const char* key : {"resources", "image", "imagePullPolicy", "securityContext"}) {
    const Node* value = options->find(key);
    if (value != nullptr && !value->is_null()) out.set(key, *value);
  }
  for (const char* key : {"env", "envFrom", "volumeMounts"}) {
    const Node* values = options->find(key);
    if (values == nullptr) continue;
    for (const Node& value : values->items()) sequence_at(out, key).append(value);
  }
  for (const char* key : {"command", "args"}) {  // since v1.7
    const Node* value = options->find(key);
    if (value != nullptr && !value->items().empty()) out.set(key, *value);
  }
  return out;
}

void add_autoscaler(const Cluster& cluster, Node& spec, StartParams& params) {
  if (!cluster.autoscaling()) return;
  params["no-monitor"] = "true";
  const std::string_view own = kube::string_at(spec, {"serviceAccountName"});
  if (own.empty()) spec.set("serviceAccountName", text(clipped_name(cluster.name)));
  else if (clipped_name(own) != own) spec.set("serviceAccountName", text(clipped_name(own)));
  Node& containers = sequence_at(spec, "containers");
  Node autoscaler = autoscaler_container(cluster, containers.items().front());
  containers.append(std::move(autoscaler));
  if (!cluster.autoscaler_v2()) return;
  sequence_at(containers.items().front(), "env").append(env("RAY_enable_autoscaler_v2", "true"));
  spec.set("restartPolicy", text("Never"));
}

// The pod as the template has it, under the names that the operator gives.
Node pod_of(const Cluster& cluster, const Node& group, std::string_view node_type, std::string_view group_name) {
  const Node* source = group.find("template");
  Node pod = object({{"apiVersion", text("v1")}, {"kind", text("Pod")}});
  if (source != nullptr) pod.set_span(source->span());
  const Node* own = source == nullptr ? nullptr : source->find("metadata");
  Node metadata = own != nullptr && own->is_mapping() ? *own : Node::mapping();
  if (node_type != "head") metadata.erase("name");
  const std::string prefix = node_type == "head" ? cluster.name : cluster.name + "-" + std::string(group_name);
  metadata.set("generateName", text(pod_name_prefix(prefix, node_type)));
  metadata.set("namespace", text(cluster.ns));
  metadata.set("labels", pod_labels(cluster, node_type, group_name, group));
  if (cluster.creator == "RayService") metadata.find("labels")->set(kServeLabel, text(node_type == "head" ? "false" : "true"));
  if (is_true_word(cluster.annotation(kOverwrite))) mapping_at(metadata, "annotations").set(kOverwrite, text("true"));
  metadata.set("ownerReferences", owner_references("ray.io/v1", "RayCluster", cluster.name));
  pod.set("metadata", std::move(metadata));
  const Node* spec = source == nullptr ? nullptr : source->find("spec");
  pod.set("spec", spec != nullptr && spec->is_mapping() ? *spec : Node::mapping());
  return pod;
}

bool has_container(const Node& pod) {
  const Node* containers = pod.find_path({"spec", "containers"});
  return containers != nullptr && !containers->items().empty() &&
         std::all_of(containers->items().begin(), containers->items().end(), [](const Node& item) { return item.is_mapping(); });
}

void finish(const Cluster& cluster, Node& pod, const StartParams& params, bool head) {
  Node& spec = *pod.find("spec");
  Node& container = sequence_at(spec, "containers").items().front();
  container.reserve(kRoom);
  if (!params.contains("plasma-directory")) add_empty_dir(spec, container, "shared-mem", "/dev/shm", true);
  if (head && cluster.autoscaling()) {
    add_empty_dir(spec, container, "ray-logs", "/tmp/ray", false);
    for (Node& other : sequence_at(spec, "containers").items()) {
      if (kube::string_at(other, {"name"}) == "autoscaler") add_empty_dir(spec, other, "ray-logs", "/tmp/ray", false);
    }
  }
  const StartCommand start = start_command(params, head, container.find("resources"));
  set_command(pod, container, start.command);
  if (Node* inits = spec.find("initContainers")) {
    if (inits->is_sequence()) {
      for (Node& init : inits->items()) {
        if (init.is_mapping()) add_head_address(init, cluster.head_fqdn());
      }
    }
  }
  add_ray_env(cluster, container, head, start.command);
  add_probes(container, {head, cluster.creator == "RayService", kube::string_at(cluster.spec, {"rayVersion"})}, start.params);
}

}  // namespace

Node head_pod(const Cluster& cluster) {
  const Node* group = cluster.spec.find("headGroupSpec");
  if (group == nullptr) return {};
  Node pod = pod_of(cluster, *group, "head", kHeadGroup);
  if (!has_container(pod)) return {};
  StartParams params = group_params(*group);
  complete_params(params, {});
  Node& spec = *pod.find("spec");
  add_autoscaler(cluster, spec, params);
  const auto container = [&]() -> Node& { return sequence_at(spec, "containers").items().front(); };
  add_gcs_env(cluster, pod, container(), true, params);
  add_metrics_port(container());
  if (cluster.token_auth()) add_auth_env(cluster, container());
  if (cluster.kubernetes_auth() && cluster.token_auth()) add_auth_volume(spec);
  if (cluster.tls()) add_tls(cluster, spec, container(), true);
  if (cluster.tls()) sequence_at(spec, "initContainers").append(tls_wait(container()));
  add_collector(cluster, spec);
  mapping_at(*pod.find("metadata"), "annotations").set("ray.io/kuberay-version", text(cluster.options->kuberay_version));
  finish(cluster, pod, params, true);
  return pod;
}

Node worker_pod(const Cluster& cluster, const Node& group) {
  const std::string_view name = kube::string_at(group, {"groupName"});
  Node pod = pod_of(cluster, group, "worker", name);
  if (!has_container(pod)) return {};
  Node& spec = *pod.find("spec");
  const auto container = [&]() -> Node& { return sequence_at(spec, "containers").items().front(); };
  if (cluster.tls()) add_tls(cluster, spec, container(), false);
  if (cluster.tls()) sequence_at(spec, "initContainers").append(tls_wait(container()));
  sequence_at(spec, "initContainers").append(gcs_wait(cluster, container()));
  pod.find("metadata")->find("labels")->set("ray.io/worker-group-replica-index", text("0"));
  StartParams params = group_params(group);
  complete_params(params, cluster.head_fqdn() + ":" + gcs_port(cluster.spec));
  add_gcs_env(cluster, pod, container(), false, params);
  add_metrics_port(container());
  if (cluster.autoscaling() && cluster.autoscaler_v2()) spec.set("restartPolicy", text("Never"));
  if (cluster.token_auth()) {
    add_auth_env(cluster, container());
    for (Node& init : sequence_at(spec, "initContainers").items()) {
      if (kube::string_at(init, {"name"}) == "wait-gcs-ready") add_auth_env(cluster, init);
    }
    if (cluster.kubernetes_auth()) add_auth_volume(spec);
  }
  add_collector(cluster, spec);
  finish(cluster, pod, params, false);
  return pod;
}

}  // namespace raykeep::ray
