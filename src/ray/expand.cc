// SPDX-License-Identifier: Apache-2.0
#include "ray/expand.h"

#include <utility>

#include "ray/expand_cluster.h"
#include "ray/features.h"
#include "ray/kuberay_names.h"
#include "ray/validation.h"

namespace raykeep::ray {
namespace {

Node metadata_mapping(const kube::Object& object, std::string_view key) {
  const Node* found = object.find({"metadata", key});
  return found != nullptr && found->is_mapping() ? *found : Node::mapping();
}

Cluster cluster_of(const kube::Object& object, const Node& spec, std::string name, const ExpandOptions& options) {
  Cluster out;
  out.name = std::move(name);
  out.ns = object.effective_namespace();
  out.spec = without_later_fields(spec, options.kuberay_version);
  out.labels = metadata_mapping(object, "labels");
  out.annotations = metadata_mapping(object, "annotations");
  out.options = &options;
  return out;
}

// The RayCluster object that the operator makes for a job or a service.
Node made_cluster(const Cluster& cluster, std::string_view kind, const std::string& owner) {
  Node metadata = object({{"name", text(cluster.name)}, {"namespace", text(cluster.ns)}, {"labels", cluster.labels}});
  if (!cluster.annotations.members().empty()) metadata.set("annotations", cluster.annotations);
  metadata.set("ownerReferences", owner_references("ray.io/v1", kind, owner));
  return object({{"apiVersion", text("ray.io/v1")}, {"kind", text("RayCluster")}, {"metadata", metadata}, {"spec", cluster.spec}});
}

std::string random_name(const std::string& owner) { return owner + "-" + std::string(kRandomSuffix); }

std::string own_name(const kube::Object& object) { return object.name.empty() ? std::string("unnamed") : object.name; }

std::string_view submission_mode(const Node& job) {
  const std::string_view mode = kube::string_at(job, {"submissionMode"});
  return mode.empty() ? std::string_view("K8sJobMode") : mode;
}

void add_sidecar_submitter(Cluster& cluster, const Node& job, const std::string& name) {
  Node& spec = mapping_at(mapping_at(mapping_at(cluster.spec, "headGroupSpec"), "template"), "spec");
  Node& containers = sequence_at(spec, "containers");
  if (containers.items().empty()) return;
  containers.append(submitter_container(cluster, job, name, true, nullptr));
  spec.set("restartPolicy", text("Never"));
  cluster.annotations.set("ray.io/disable-provisioned-head-restart", text("true"));
}

void add_submitter(const Cluster& cluster, const Node& job, const std::string& name, Expansion& out) {
  Node pod_template = submitter_template(cluster, job, name);
  Node pod = object({{"apiVersion", text("v1")}, {"kind", text("Pod")}});
  const Node* own = pod_template.find("metadata");
  Node metadata = own != nullptr && own->is_mapping() ? *own : Node::mapping();
  metadata.set("generateName", text(name + "-"));
  metadata.set("namespace", text(cluster.ns));
  Node& labels = mapping_at(metadata, "labels");
  labels.set("batch.kubernetes.io/job-name", text(name));
  labels.set("job-name", text(name));
  metadata.set("ownerReferences", owner_references("batch/v1", "Job", name));
  pod.set("metadata", std::move(metadata));
  pod.set("spec", *pod_template.find("spec"));
  pod.set_span(pod_template.span());
  const Node* backoff = job.find_path({"submitterConfig", "backoffLimit"});
  out.add(object({{"apiVersion", text("batch/v1")},
                  {"kind", text("Job")},
                  {"metadata", object({{"name", text(name)},
                                       {"namespace", text(cluster.ns)},
                                       {"labels", object({{kOriginName, text(name)},
                                                          {kOriginKind, text("RayJob")},
                                                          {"app.kubernetes.io/created-by", text("kuberay-operator")}})},
                                       {"ownerReferences", owner_references("ray.io/v1", "RayJob", name)}})},
                  {"spec", object({{"backoffLimit", backoff == nullptr ? Node::integer(2) : *backoff}, {"template", pod_template}})}}));
  PodGroup group{PodRole::kSubmitter, "submitter"};
  group.pod = &out.add(std::move(pod));
  const Node* written = job.find("submitterPodTemplate");
  group.source = written == nullptr ? &job : written;
  out.pods.push_back(std::move(group));
}

void expand_job(const kube::Object& object, const std::string& name, const Node& job, const ExpandOptions& options, Expansion& out) {
  const Node* spec = job.find("rayClusterSpec");
  out.cluster_spec = spec;
  const std::string_view mode = submission_mode(job);
  const Node nothing = Node::mapping();
  const Node* selected = job.find_path({"clusterSelector", kClusterLabel});
  Cluster cluster = cluster_of(object, spec == nullptr ? nothing : *spec, selected == nullptr ? random_name(name) : std::string(selected->text()), options);
  out.cluster_name = cluster.name;
  cluster.creator = "RayJob";
  if (object.kind == "RayCronJob") {  // the job has nothing else of it
    cluster.labels = ray::object({{"ray.io/cronjob-name", text(own_name(object))}});
    cluster.annotations = ray::object({{"ray.io/cronjob-scheduled-timestamp", text("(the time of the schedule)")}});
  }
  cluster.labels.set(kOriginName, text(name));
  cluster.labels.set(kOriginKind, text("RayJob"));
  cluster.labels.set(kSubmissionModeLabel, text(mode));
  if (object.kind == "RayCronJob") validate_cron_job(out);
  validate_job(cluster, job, out);
  const bool makes_cluster = spec != nullptr && spec->is_mapping() && selected == nullptr;
  if (makes_cluster && mode == "SidecarMode") add_sidecar_submitter(cluster, job, name);
  if (makes_cluster) {
    out.add(made_cluster(cluster, "RayJob", name));
    expand_cluster(cluster, out);
    out.add(owner_head_service(cluster, name, "RayJob"));
  } else if (selected == nullptr) {
    out.problems.emplace_back(kNotExpandable, "a RayJob needs rayClusterSpec or clusterSelector; the operator refuses it", object.at(job));
  }
  if (mode == "K8sJobMode") add_submitter(cluster, job, name, out);
}

// The class of the gateway through which a RayService moves its traffic step by step; null pointer where it does not. The
// operator does so where its feature gate RayServiceIncrementalUpgrade is on.
const Node* upgrade_gateway_class(const kube::Object& service) {
  const Node* strategy = service.find({"spec", "upgradeStrategy"});
  if (strategy == nullptr || kube::string_at(*strategy, {"type"}) != "NewClusterWithIncrementalUpgrade") return nullptr;
  return strategy->find_path({"clusterUpgradeOptions", "gatewayClassName"});
}

void expand_service(const kube::Object& object, const Node& spec, const ExpandOptions& options, Expansion& out) {
  const std::string name = own_name(object);
  Cluster cluster = cluster_of(object, spec, random_name(name), options);
  out.cluster_name = cluster.name;
  cluster.creator = "RayService";
  cluster.labels.set(kOriginName, text(name));
  cluster.labels.set(kOriginKind, text("RayService"));
  Cluster recorded = cluster;
  recorded.annotations.set("ray.io/kuberay-version", text(options.kuberay_version));
  validate_service(cluster, out);
  out.add(made_cluster(recorded, "RayService", name));
  expand_cluster(recorded, out);
  out.add(owner_head_service(cluster, name, "RayService"));
  const Node* gateway_class = upgrade_gateway_class(object);
  if (gateway_class == nullptr) {
    Node service = serve_service(cluster, name, object.find({"spec", "serveService"}));
    if (!service.is_null()) out.add(std::move(service));
    return;
  }
  // Each cluster has a service of its own, and traffic comes through the gateway.
  const auto add = [&](Node made) {
    made.set_span(object.find({"spec", "upgradeStrategy"})->span());
    out.add(std::move(made));
  };
  add(upgrade_gateway(cluster, name, *gateway_class));
  Node service = serve_service(cluster, cluster.name, nullptr);
  if (service.is_null()) return;
  service.find("metadata")->set("ownerReferences", owner_references("ray.io/v1", "RayCluster", cluster.name));
  // The annotation has the cluster bring it itself.
  if (cluster.annotation("ray.io/enable-serve-service") != "true") out.add(std::move(service));
  add(upgrade_route(cluster, name));
}

}  // namespace

const kube::Object& Expansion::add(Node root) {
  const Node& kept = roots_.emplace_back(std::move(root));
  kube::Object made;
  made.api_version = kube::string_at(kept, {"apiVersion"});
  made.kind = kube::string_at(kept, {"kind"});
  made.name = kube::string_at(kept, {"metadata", "name"});
  made.ns = kube::string_at(kept, {"metadata", "namespace"});
  made.root = &kept;
  made.file = source == nullptr ? nullptr : source->file;
  return objects.emplace_back(std::move(made));
}

bool is_ray_resource(const kube::Object& object) {
  if (object.group() != "ray.io" || (object.version() != "v1" && object.version() != "v1alpha1")) return false;
  return object.kind == "RayCluster" || object.kind == "RayJob" || object.kind == "RayService" || object.kind == "RayCronJob";
}

const Node* job_spec(const kube::Object& object) {
  if (object.kind == "RayJob") return object.find({"spec"});
  if (object.kind == "RayCronJob") return object.find({"spec", "jobTemplate"});
  return nullptr;
}

const Node* cluster_spec(const kube::Object& object) {
  if (object.kind == "RayCluster") return object.find({"spec"});
  if (object.kind == "RayService") {
    const Node* spec = object.find({"spec", "rayClusterConfig"});
    return spec != nullptr ? spec : object.find({"spec", "rayClusterSpec"});
  }
  const Node* job = job_spec(object);
  return job == nullptr ? nullptr : job->find("rayClusterSpec");
}

Expansion expand(const kube::Object& object, const ExpandOptions& options) {
  Expansion out;
  out.source = &object;
  const Node* spec = cluster_spec(object);
  const Node* job = job_spec(object);
  if (job != nullptr) {
    const std::string name = object.kind == "RayCronJob" ? random_name(own_name(object)) : own_name(object);
    expand_job(object, name, *job, options, out);
    return out;
  }
  if (spec == nullptr || !spec->is_mapping()) {
    out.problems.emplace_back(kNotExpandable, "this " + object.kind + " has no cluster spec; the operator refuses it", object.at(*object.root));
    return out;
  }
  out.cluster_spec = spec;
  if (object.kind == "RayService") {
    expand_service(object, *spec, options, out);
    return out;
  }
  Cluster cluster = cluster_of(object, *spec, own_name(object), options);
  const std::string_view made_for = kube::label(*object.root, kOriginKind);
  if (made_for == "RayJob" || made_for == "RayService") cluster.creator = made_for;
  out.cluster_name = cluster.name;
  expand_cluster(cluster, out);
  return out;
}

}  // namespace raykeep::ray
