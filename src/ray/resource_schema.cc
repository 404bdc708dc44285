// SPDX-License-Identifier: Apache-2.0
// ray-operator apis/ray/v1/*_types.go and config/crd/bases, with the fields that v1.7 adds.
#include "ray/resource_schema.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>

#include "core/suggest.h"
#include "ray/expand.h"

namespace raykeep::ray {
namespace {

using document::Key;
using document::Mistake;
using document::Node;
using T = document::ValueType;

constexpr std::array<std::string_view, 4> kKinds{"RayCluster", "RayJob", "RayService", "RayCronJob"};
constexpr std::string_view kGroup = "ray.io";

constexpr Key field(std::string_view path, T type, std::string_view choices = {}) { return {path, type, "", "", choices}; }

constexpr std::array kResource{
    field("apiVersion", T::kAny), field("kind", T::kAny), field("spec", T::kAny), field("status", T::kAny), field("metadata", T::kObject),
    field("metadata.name", T::kString), field("metadata.generateName", T::kString), field("metadata.namespace", T::kString),
    field("metadata.labels", T::kMap), field("metadata.labels.*", T::kString), field("metadata.annotations", T::kMap), field("metadata.annotations.*", T::kString),
    field("metadata.finalizers", T::kAny), field("metadata.ownerReferences", T::kAny), field("metadata.uid", T::kAny), field("metadata.resourceVersion", T::kAny),
    field("metadata.creationTimestamp", T::kAny), field("metadata.deletionTimestamp", T::kAny), field("metadata.deletionGracePeriodSeconds", T::kAny),
    field("metadata.generation", T::kAny), field("metadata.managedFields", T::kAny), field("metadata.selfLink", T::kAny),
};

constexpr std::string_view kManagers = "ray.io/kuberay-operator|kueue.x-k8s.io/multikueue";
constexpr std::array kCluster{
    field("rayVersion", T::kString), field("suspend", T::kBoolean), field("managedBy", T::kChoice, kManagers), field("enableInTreeAutoscaling", T::kBoolean),
    field("headServiceAnnotations", T::kMap), field("headServiceAnnotations.*", T::kString),
    field("authOptions", T::kObject), field("authOptions.mode", T::kChoice, "disabled|token"), field("authOptions.secretName", T::kString),
    field("authOptions.enableK8sTokenAuth", T::kBoolean),
    field("tlsOptions", T::kObject), field("tlsOptions.enabled", T::kBoolean),
    field("networkPolicy", T::kObject), field("networkPolicy.mode", T::kChoice, "DenyAll|DenyAllIngress|DenyAllEgress"),
    field("networkPolicy.head", T::kObject), field("networkPolicy.head.ingressRules", T::kAny), field("networkPolicy.head.egressRules", T::kAny),
    field("networkPolicy.worker", T::kSame, "networkPolicy.head"), field("networkPolicy.workerGroups", T::kList), field("networkPolicy.workerGroups[]", T::kObject),
    field("networkPolicy.workerGroups[].groupName", T::kString), field("networkPolicy.workerGroups[].ingressRules", T::kAny),
    field("networkPolicy.workerGroups[].egressRules", T::kAny),
    field("upgradeStrategy", T::kObject), field("upgradeStrategy.type", T::kChoice, "Recreate|None"),
    field("historyServerOptions", T::kObject), field("historyServerOptions.collectorOptions", T::kAny),
    field("autoscalerOptions", T::kObject), field("autoscalerOptions.env", T::kAny), field("autoscalerOptions.envFrom", T::kAny), field("autoscalerOptions.image", T::kString),
    field("autoscalerOptions.idleTimeoutSeconds", T::kSigned), field("autoscalerOptions.imagePullPolicy", T::kString), field("autoscalerOptions.resources", T::kAny),
    field("autoscalerOptions.securityContext", T::kAny), field("autoscalerOptions.upscalingMode", T::kChoice, "Default|Aggressive|Conservative"),
    field("autoscalerOptions.version", T::kChoice, "v1|v2"), field("autoscalerOptions.volumeMounts", T::kAny), field("autoscalerOptions.command", T::kList), field("autoscalerOptions.command[]", T::kString),
    field("autoscalerOptions.args", T::kSame, "autoscalerOptions.command"),
    field("gcsFaultToleranceOptions", T::kObject), field("gcsFaultToleranceOptions.backend", T::kChoice, "redis|rocksdb"), field("gcsFaultToleranceOptions.storage", T::kAny),
    field("gcsFaultToleranceOptions.externalStorageNamespace", T::kString), field("gcsFaultToleranceOptions.redisAddress", T::kString),
    field("gcsFaultToleranceOptions.redisUsername", T::kObject), field("gcsFaultToleranceOptions.redisUsername.value", T::kString),
    field("gcsFaultToleranceOptions.redisUsername.valueFrom", T::kAny), field("gcsFaultToleranceOptions.redisPassword", T::kSame, "gcsFaultToleranceOptions.redisUsername"),
    field("headGroupSpec", T::kObject), field("headGroupSpec.enableIngress", T::kBoolean), field("headGroupSpec.headService", T::kAny),
    field("headGroupSpec.ingressOptions", T::kObject), field("headGroupSpec.ingressOptions.host", T::kString), field("headGroupSpec.ingressOptions.path", T::kString),
    field("headGroupSpec.ingressOptions.pathType", T::kChoice, "Exact|Prefix|ImplementationSpecific"), field("headGroupSpec.ingressOptions.tls", T::kAny),
    field("headGroupSpec.labels", T::kMap), field("headGroupSpec.labels.*", T::kString), field("headGroupSpec.rayStartParams", T::kMap),
    field("headGroupSpec.rayStartParams.*", T::kString), field("headGroupSpec.resources", T::kMap), field("headGroupSpec.resources.*", T::kString),
    field("headGroupSpec.serviceType", T::kChoice, "ClusterIP|NodePort|LoadBalancer|ExternalName"), field("headGroupSpec.template", T::kObject),
    field("headGroupSpec.template.metadata", T::kAny), field("headGroupSpec.template.spec", T::kAny),
    field("workerGroupSpecs", T::kList), field("workerGroupSpecs[]", T::kObject), field("workerGroupSpecs[].groupName", T::kString),
    field("workerGroupSpecs[].idleTimeoutSeconds", T::kSigned), field("workerGroupSpecs[].labels", T::kSame, "headGroupSpec.labels"),
    field("workerGroupSpecs[].maxReplicas", T::kSigned), field("workerGroupSpecs[].minReplicas", T::kSigned), field("workerGroupSpecs[].numOfHosts", T::kSigned),
    field("workerGroupSpecs[].priority", T::kSigned), field("workerGroupSpecs[].rayStartParams", T::kSame, "headGroupSpec.rayStartParams"),
    field("workerGroupSpecs[].replicas", T::kSigned), field("workerGroupSpecs[].resources", T::kSame, "headGroupSpec.resources"),
    field("workerGroupSpecs[].scaleStrategy", T::kObject), field("workerGroupSpecs[].scaleStrategy.workersToDelete", T::kList),
    field("workerGroupSpecs[].scaleStrategy.workersToDelete[]", T::kString), field("workerGroupSpecs[].suspend", T::kBoolean),
    field("workerGroupSpecs[].template", T::kSame, "headGroupSpec.template"),
};

constexpr std::string_view kPolicies = "DeleteCluster|DeleteWorkers|DeleteSelf|DeleteNone";
constexpr std::array kJob{
    field("activeDeadlineSeconds", T::kSigned), field("backoffLimit", T::kSigned), field("clusterSelector", T::kMap), field("clusterSelector.*", T::kString),
    field("deletionStrategy", T::kObject), field("deletionStrategy.deletionRules", T::kList), field("deletionStrategy.deletionRules[]", T::kObject),
    field("deletionStrategy.deletionRules[].policy", T::kChoice, kPolicies), field("deletionStrategy.deletionRules[].condition", T::kObject),
    field("deletionStrategy.deletionRules[].condition.jobDeploymentStatus", T::kChoice, "Failed"),
    field("deletionStrategy.deletionRules[].condition.jobStatus", T::kChoice, "SUCCEEDED|FAILED"), field("deletionStrategy.deletionRules[].condition.ttlSeconds", T::kSigned),
    field("deletionStrategy.onFailure", T::kObject), field("deletionStrategy.onFailure.policy", T::kChoice, kPolicies),
    field("deletionStrategy.onSuccess", T::kSame, "deletionStrategy.onFailure"), field("entrypoint", T::kString), field("entrypointNumCpus", T::kAny),
    field("entrypointNumGpus", T::kAny), field("entrypointResources", T::kString), field("jobId", T::kString), field("managedBy", T::kChoice, kManagers), field("metadata", T::kMap),
    field("metadata.*", T::kString), field("preRunningDeadlineSeconds", T::kSigned), field("rayClusterSpec", T::kAny), field("runtimeEnvYAML", T::kString),
    field("shutdownAfterJobFinishes", T::kBoolean), field("submissionMode", T::kString), field("submitterConfig", T::kObject),
    field("submitterConfig.backoffLimit", T::kSigned), field("submitterPodTemplate", T::kObject), field("submitterPodTemplate.metadata", T::kAny),
    field("submitterPodTemplate.spec", T::kAny), field("suspend", T::kBoolean), field("ttlSecondsAfterFinished", T::kSigned),
};

constexpr std::array kService{
    field("deploymentUnhealthySecondThreshold", T::kSigned), field("excludeHeadPodFromServeSvc", T::kBoolean), field("managedBy", T::kChoice, kManagers),
    field("rayClusterConfig", T::kAny), field("rayClusterDeletionDelaySeconds", T::kSigned), field("serveConfigV2", T::kString), field("serveService", T::kAny),
    field("serviceUnhealthySecondThreshold", T::kSigned), field("suspend", T::kBoolean), field("upgradeStrategy", T::kObject),
    field("upgradeStrategy.type", T::kChoice, "NewCluster|NewClusterWithIncrementalUpgrade|None"), field("upgradeStrategy.clusterUpgradeOptions", T::kObject),
    field("upgradeStrategy.clusterUpgradeOptions.gatewayClassName", T::kString), field("upgradeStrategy.clusterUpgradeOptions.intervalSeconds", T::kSigned),
    field("upgradeStrategy.clusterUpgradeOptions.maxSurgePercent", T::kSigned), field("upgradeStrategy.clusterUpgradeOptions.stepSizePercent", T::kSigned),
};

constexpr std::array kCronJob{
    field("jobTemplate", T::kAny), field("schedule", T::kString), field("suspend", T::kBoolean), field("timeZone", T::kString),
};

bool is_kind(std::string_view name) { return std::find(kKinds.begin(), kKinds.end(), name) != kKinds.end(); }

void append(std::vector<Mistake>& out, const Node* node, std::span<const Key> keys) {
  if (node == nullptr || !node->is_mapping()) return;
  for (Mistake& mistake : document::find_mistakes(*node, keys)) {
    if (mistake.code == &document::kWrongValue && mistake.where->is_null()) continue;
    out.push_back(std::move(mistake));
  }
}

// Where a custom resource holds an amount, it takes whole numbers and texts; a pod of its own would take 0.5 too.
void append_amounts(std::vector<Mistake>& out, const Node* pod_template) {
  for (const char* list : {"initContainers", "containers"}) {
    const Node* containers = pod_template == nullptr ? nullptr : pod_template->find_path({"spec", list});
    for (std::size_t i = 0; containers != nullptr && i < containers->items().size(); ++i) {
      for (const char* kind : {"limits", "requests"}) {
        const Node* amounts = containers->items()[i].find_path({"resources", kind});
        if (amounts == nullptr) continue;
        for (const document::Member& amount : amounts->members()) {
          if (amount.value.is_number() && !amount.value.is_integer()) out.push_back({&document::kWrongValue, fmt::format("{} of {} must be a whole number or a text: put \"{}\" in quotes", amount.name(), kind, amount.value.text()), &amount.value});
        }
      }
    }
  }
}

}  // namespace

std::optional<Error> unknown_resource(const kube::Object& object) {
  if (is_ray_resource(object)) return std::nullopt;
  const auto unknown = [&](std::string_view advice) {
    return Error(kUnknownResource, fmt::format("KubeRay has no {} {}{}", object.api_version, object.kind, advice), object.at(*object.root));
  };
  const std::array<std::string_view, 1> groups{kGroup};
  const bool of_ray = object.group() == kGroup;
  if (!of_ray && (!is_kind(object.kind) || !(object.group().empty() || suggest(object.group(), groups)))) return std::nullopt;
  if (is_kind(object.kind)) return unknown(fmt::format("; {} is of ray.io/v1", object.kind));
  const auto meant = suggest(object.kind, kKinds);
  return unknown(meant ? fmt::format("; did you mean {}?", *meant) : std::string());
}

std::vector<Mistake> field_mistakes(const kube::Object& object) {
  std::vector<Mistake> out;
  append(out, object.root, kResource);
  if (object.version() != "v1") return out;  // v1alpha1 has had others
  const Node* spec = object.find({"spec"});
  if (object.kind == "RayService") append(out, spec, kService);
  if (object.kind == "RayCronJob") append(out, spec, kCronJob);
  append(out, job_spec(object), kJob);
  const Node* cluster = cluster_spec(object);
  append(out, cluster, kCluster);
  if (cluster == nullptr) return out;
  append_amounts(out, cluster->find_path({"headGroupSpec", "template"}));
  const Node* groups = cluster->find("workerGroupSpecs");
  for (std::size_t i = 0; groups != nullptr && i < groups->items().size(); ++i) append_amounts(out, groups->items()[i].find("template"));
  return out;
}

}  // namespace raykeep::ray
