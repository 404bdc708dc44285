// SPDX-License-Identifier: Apache-2.0
// One cluster with everything around its pods (ray-operator controllers/ray/raycluster_controller.go).
#include "ray/expand_cluster.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "ray/kuberay_names.h"
#include "ray/validation.h"

namespace raykeep::ray {
namespace {

constexpr std::int64_t kNoMaximum = 2147483647;  // the default of workerGroupSpecs[].maxReplicas
constexpr std::string_view kAuthMount = "/var/run/secrets/ray.io/serviceaccount";

std::int64_t integer(const Node& group, std::string_view key, std::int64_t fallback) {
  const Node* found = group.find(key);
  return found == nullptr ? fallback : std::max<std::int64_t>(0, found->as_integer().value_or(fallback));
}

Node cluster_object(const Cluster& cluster, std::string_view api_version, std::string_view kind, const std::string& name) {
  Node labels = object({{kClusterLabel, text(cluster.name)}});
  add_application_labels(labels);
  return object({{"apiVersion", text(api_version)},
                 {"kind", text(kind)},
                 {"metadata", object({{"name", text(name)},
                                      {"namespace", text(cluster.ns)},
                                      {"labels", labels},
                                      {"ownerReferences", owner_references("ray.io/v1", "RayCluster", cluster.name)}})}});
}

std::string account_name(const Cluster& cluster) {
  const std::string_view own = kube::string_at(cluster.spec, {"headGroupSpec", "template", "spec", "serviceAccountName"});
  return clipped_name(own.empty() ? std::string_view(cluster.name) : own);
}

Node rule(std::string_view group, std::string_view resource, std::initializer_list<Node> verbs) {
  return object({{"apiGroups", list({text(group)})}, {"resources", list({text(resource)})}, {"verbs", Node::sequence(verbs)}});
}

PodGroup worker_group(const Cluster& cluster, const Node& group) {
  PodGroup out{PodRole::kWorker, std::string(kube::string_at(group, {"groupName"}))};
  out.source = &group;
  out.hosts = integer(group, "numOfHosts", 1);
  out.fewest = integer(group, "minReplicas", 0);
  const std::int64_t most = integer(group, "maxReplicas", kNoMaximum);
  out.replicas = std::min(std::max(integer(group, "replicas", 0), out.fewest), most);
  out.most = cluster.autoscaling() ? most : out.replicas;
  if (kube::is_true(group.find("suspend"))) out.replicas = 0;
  return out;
}

void add_workers(const Cluster& cluster, const Node* groups, Expansion& out) {
  if (groups == nullptr) return;
  bool many_hosts = false;
  std::set<std::string> names;
  for (const Node& group : groups->items()) {
    if (!group.is_mapping()) continue;
    PodGroup made = worker_group(cluster, group);
    if (!names.insert(made.name).second) tell(out, group, "two worker groups are called \"" + made.name + "\"; the operator takes their pods for those of one");
    many_hosts = many_hosts || made.hosts > 1;
    Node pod = worker_pod(cluster, group);
    if (pod.is_null()) {
      tell(out, group, "worker group \"" + made.name + "\" has no container; the operator refuses the cluster");
      continue;
    }
    made.pod = &out.add(std::move(pod));
    out.pods.push_back(std::move(made));
  }
  if (many_hosts) out.add(headless_worker_service(cluster));
}

void add_accounts(const Cluster& cluster, Expansion& out) {
  if (!cluster.autoscaling()) return;
  if (kube::string_at(cluster.spec, {"headGroupSpec", "template", "spec", "serviceAccountName"}).empty()) out.add(autoscaler_service_account(cluster));
  out.add(autoscaler_role(cluster));
  out.add(autoscaler_role_binding(cluster));
}

void add_policies(const Cluster& cluster, Expansion& out) {
  const Node* policy = cluster.spec.find("networkPolicy");
  if (policy == nullptr || !policy->is_mapping()) return;
  out.add(network_policy(cluster, nullptr));
  const Node* groups = cluster.spec.find("workerGroupSpecs");
  if (groups == nullptr) return;
  for (const Node& group : groups->items()) {
    if (group.is_mapping()) out.add(network_policy(cluster, &group));
  }
}

}  // namespace

bool Cluster::autoscaling() const { return kube::is_true(spec.find("enableInTreeAutoscaling")); }
bool Cluster::autoscaler_v2() const { return kube::string_at(spec, {"autoscalerOptions", "version"}) == "v2"; }
bool Cluster::token_auth() const { return kube::string_at(spec, {"authOptions", "mode"}) == "token"; }
bool Cluster::kubernetes_auth() const { return kube::is_true(spec.find_path({"authOptions", "enableK8sTokenAuth"})); }
bool Cluster::tls() const { return kube::is_true(spec.find_path({"tlsOptions", "enabled"})); }

bool Cluster::gcs_fault_tolerance() const {
  std::string written(annotation("ray.io/ft-enabled"));
  std::transform(written.begin(), written.end(), written.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const Node* gcs_options = spec.find("gcsFaultToleranceOptions");
  return written == "true" || (gcs_options != nullptr && !gcs_options->is_null());
}

std::string_view Cluster::annotation(std::string_view key) const { return kube::string_at(annotations, {key}); }

std::string Cluster::head_fqdn() const { return head_service_name(spec, name) + "." + ns + ".svc.cluster.local"; }

Node owner_references(std::string_view api_version, std::string_view kind, std::string_view name) {
  return list({object({{"apiVersion", text(api_version)},
                       {"kind", text(kind)},
                       {"name", text(name)},
                       {"controller", Node::boolean(true)},
                       {"blockOwnerDeletion", Node::boolean(true)}})});
}

void add_application_labels(Node& labels) {
  labels.set("app.kubernetes.io/name", text("kuberay"));
  labels.set("app.kubernetes.io/created-by", text("kuberay-operator"));
}

void add_auth_env(const Cluster& cluster, Node& container) {
  add_env_once(container, env("RAY_AUTH_MODE", "token"));
  if (cluster.kubernetes_auth()) {
    add_env_once(container, env("RAY_ENABLE_K8S_TOKEN_AUTH", "true"));
    Node& mounts = sequence_at(container, "volumeMounts");
    if (named(&mounts, "ray-token") == nullptr)
      mounts.append(object({{"name", text("ray-token")}, {"mountPath", text(kAuthMount)}, {"readOnly", Node::boolean(true)}}));
    return;
  }
  const Node* own = cluster.spec.find_path({"authOptions", "secretName"});
  const Node secret = own == nullptr || own->text().empty() ? text(clipped_name(cluster.name)) : *own;
  add_env_once(container, object({{"name", text("RAY_AUTH_TOKEN")},
                                  {"valueFrom", object({{"secretKeyRef", object({{"name", secret}, {"key", text("auth_token")}})}})}}));
}

void add_auth_volume(Node& pod_spec) {
  Node& volumes = sequence_at(pod_spec, "volumes");
  if (named(&volumes, "ray-token") != nullptr) return;
  const Node token = object({{"serviceAccountToken", object({{"path", text("token")}})}});
  volumes.append(object({{"name", text("ray-token")}, {"projected", object({{"sources", list({token})}})}}));
}

Node auth_secret(const Cluster& cluster) {
  return object({{"apiVersion", text("v1")},
                 {"kind", text("Secret")},
                 {"metadata", object({{"name", text(clipped_name(cluster.name))},
                                      {"namespace", text(cluster.ns)},
                                      {"labels", object({{kClusterLabel, text(cluster.name)}})},
                                      {"ownerReferences", owner_references("ray.io/v1", "RayCluster", cluster.name)}})},
                 {"type", text("Opaque")}});
}

Node autoscaler_service_account(const Cluster& cluster) {
  return cluster_object(cluster, "v1", "ServiceAccount", account_name(cluster));
}

Node autoscaler_role(const Cluster& cluster) {
  Node out = cluster_object(cluster, "rbac.authorization.k8s.io/v1", "Role", clipped_name(cluster.name));
  out.set("rules", list({rule("", "pods", {text("get"), text("list"), text("watch"), text("patch")}), rule("", "pods/resize", {text("patch")}),
                         rule("ray.io", "rayclusters", {text("get"), text("patch")})}));
  return out;
}

Node autoscaler_role_binding(const Cluster& cluster) {
  Node out = cluster_object(cluster, "rbac.authorization.k8s.io/v1", "RoleBinding", clipped_name(cluster.name));
  out.set("subjects", list({object({{"kind", text("ServiceAccount")}, {"name", text(account_name(cluster))}, {"namespace", text(cluster.ns)}})}));
  out.set("roleRef", object({{"apiGroup", text("rbac.authorization.k8s.io")}, {"kind", text("Role")}, {"name", text(clipped_name(cluster.name))}}));
  return out;
}

void expand_cluster(const Cluster& cluster, Expansion& out) {
  out.autoscaling = cluster.autoscaling();
  validate_cluster(cluster, out);
  Node head = head_pod(cluster);
  if (head.is_null()) {
    const Node* group = cluster.spec.find("headGroupSpec");
    tell(out, group == nullptr ? cluster.spec : *group, "headGroupSpec has no container; the operator refuses the cluster");
  } else {
    PodGroup made{PodRole::kHead, std::string(kHeadGroup)};
    made.source = out.cluster_spec == nullptr ? nullptr : out.cluster_spec->find("headGroupSpec");
    made.pod = &out.add(std::move(head));
    out.pods.push_back(std::move(made));
  }
  // The groups of the custom resource itself, so that what they say keeps its address there.
  add_workers(cluster, (out.cluster_spec == nullptr ? cluster.spec : *out.cluster_spec).find("workerGroupSpecs"), out);
  out.add(head_service(cluster));
  if (cluster.annotation("ray.io/enable-serve-service") == "true") {
    // The cluster's own, whoever made the cluster.
    Cluster alone = cluster;
    alone.creator = "RayCluster";
    Node service = serve_service(alone, cluster.name, nullptr);
    if (!service.is_null()) out.add(std::move(service));
  }
  if (kube::is_true(cluster.spec.find_path({"headGroupSpec", "enableIngress"}))) out.add(head_ingress(cluster));
  add_accounts(cluster, out);
  const Node* auth = cluster.spec.find("authOptions");
  const bool makes_secret = auth != nullptr && auth->is_mapping() && kube::string_at(*auth, {"mode"}) != "disabled" && !cluster.kubernetes_auth() &&
                            kube::string_at(*auth, {"secretName"}).empty();
  if (makes_secret) out.add(auth_secret(cluster));
  add_policies(cluster, out);
}

}  // namespace raykeep::ray
