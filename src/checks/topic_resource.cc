// SPDX-License-Identifier: Apache-2.0
// Namespaces, quotas, requests and limits.
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "checks/topics.h"
#include "kube/resources.h"
#include "kube/quantity.h"

namespace raykeep::checks {
namespace {

using kube::Quantity;
using report::Rule;
using report::Severity;

constexpr Rule kDefaultNamespace{"namespace-default", Severity::kMedium, "14", "Ray runs in the namespace default",
                                 "Everything that nobody placed runs there too; quotas, roles and policies of a team need a namespace of its own.",
                                 "Give each team its own namespace.", "metadata: {name: demo}", "metadata: {name: demo, namespace: team-a}", "Kubernetes, Namespaces"};
constexpr Rule kNoQuota{"resource-quota-missing", Severity::kLow, "15", "A namespace with Ray has no ResourceQuota",
                        "One job can take the whole cluster.", "Add a ResourceQuota for cpu, memory and GPUs.", "(none)",
                        "kind: ResourceQuota\nspec: {hard: {requests.cpu: \"64\", requests.memory: 256Gi}}", "Kubernetes, Resource Quotas"};
constexpr Rule kSmallQuota{"resource-quota-too-small", Severity::kMedium, "15", "The Ray clusters of a namespace do not fit its quota",
                           "The operator's pods are refused once the quota is used up; a cluster then never reaches its maximum.",
                           "Raise the quota or lower maxReplicas.", "hard: {requests.cpu: \"1\"}", "hard: {requests.cpu: \"64\"}", "Kubernetes, Resource Quotas"};
constexpr Rule kNoGpuQuota{"resource-quota-without-gpu", Severity::kLow, "15", "A quota leaves GPUs out",
                           "Ray asks for GPUs here, and the ResourceQuota does not bound them.", "Add requests.<gpu resource> to the quota.", "hard: {requests.cpu: \"64\"}",
                           "hard: {requests.cpu: \"64\", requests.nvidia.com/gpu: \"8\"}", "Kubernetes, Resource Quotas"};
constexpr Rule kNoEnforcement{"namespace-pod-security-label-missing", Severity::kMedium, "19", "A namespace does not enforce a Pod Security level",
                              "Without the label every pod is admitted.", "Set pod-security.kubernetes.io/enforce: restricted.", "kind: Namespace\nmetadata: {name: team-a}",
                              "metadata:\n  labels: {pod-security.kubernetes.io/enforce: restricted}", "Kubernetes, Pod Security Admission"};
constexpr Rule kNoRequests{"resources-requests-missing", Severity::kMedium, "21", "A container asks for no resources",
                           "The scheduler places it anywhere, quotas refuse it, and Ray does not know how much it may use.", "Set resources.requests for cpu and memory.",
                           "resources: {}", "resources: {requests: {cpu: \"1\", memory: 4Gi}}", "Kubernetes, Resource Management"};
constexpr Rule kNoLimits{"resources-limits-missing", Severity::kMedium, "21", "A container has no limits",
                         "It can take the memory of everything on its node; without a memory limit Ray counts the node's memory as its own.",
                         "Set resources.limits for cpu and memory.", "resources: {}", "resources: {limits: {cpu: \"1\", memory: 4Gi}}", "ray-operator common/pod.go generateRayStartCommand"};
constexpr Rule kMemoryDiffers{"memory-request-differs", Severity::kLow, "21", "Memory request and limit differ",
                              "Ray uses memory up to the limit; a node that was promised less kills the pod.", "Set both to the same amount.",
                              "requests: {memory: 2Gi}, limits: {memory: 5Gi}", "requests: {memory: 5Gi}, limits: {memory: 5Gi}", "KubeRay, best practice for resources"};
constexpr std::array kRules{&kDefaultNamespace, &kNoQuota, &kSmallQuota, &kNoGpuQuota, &kNoEnforcement, &kNoRequests, &kNoLimits, &kMemoryDiffers};

using kube::Amounts;

struct Demand {
  Amounts amounts;
  std::int64_t pods = 0;
  bool unbounded = false;
  const Pod* example = nullptr;
};

std::map<std::string, Demand, std::less<>> demands(const World& world) {
  std::map<std::string, Demand, std::less<>> out;
  for (const Pod& pod : world.pods) {
    if (!pod.is_ray()) continue;
    Demand& demand = out[pod.ns];
    if (demand.example == nullptr) demand.example = &pod;
    const std::int64_t count = pod.group->most_pods();
    demand.unbounded = demand.unbounded || count > 1'000'000;
    demand.pods += count;
    for (const auto& [name, amount] : kube::pod_requests(*pod.spec)) demand.amounts[name] += amount * std::min<std::int64_t>(count, 1'000'000);
  }
  return out;
}

bool is_gpu(std::string_view name) { return name.find("gpu") != std::string_view::npos || name.find("nvidia.com/") == 0 || name == "google.com/tpu"; }

const Node* hard_limit(const kube::Object& quota, const std::string& resource) {
  const Node* hard = quota.find({"spec", "hard"});
  if (hard == nullptr) return nullptr;
  if (const Node* found = hard->find("requests." + resource)) return found;
  return resource == "cpu" || resource == "memory" ? hard->find(resource) : nullptr;
}

void check_quota(const Subject& subject, const Demand& demand, Findings& findings) {
  const kube::Object& quota = *subject.object;
  const Node* hard = quota.find({"spec", "hard"});
  if (hard == nullptr) return;
  for (const auto& [name, amount] : demand.amounts) {
    const Node* limit = hard_limit(quota, name);
    if (limit == nullptr) {
      if (is_gpu(name)) findings.add(kNoGpuQuota, subject, *hard, fmt::format("{} is not bounded, and Ray may ask for {}", name, demand.unbounded ? "any number" : amount.text()));
      continue;
    }
    const auto bound = Quantity::from(*limit);
    if (bound && (demand.unbounded || *bound < amount))
      findings.add(kSmallQuota, subject, *limit, fmt::format("at their maximum the Ray clusters of the namespace ask for {} of {}; the quota is {}",
                                                             demand.unbounded ? "any amount" : amount.text(name == "memory"), name, limit->text()));
  }
  const Node* pods = hard->find("pods");
  if (pods != nullptr && pods->as_integer().value_or(demand.pods) < demand.pods && !demand.unbounded)
    findings.add(kSmallQuota, subject, *pods, fmt::format("at their maximum the Ray clusters are {} pods; the quota is {}", demand.pods, pods->text()));
}

void check_namespaces(const World& world, Findings& findings) {
  std::set<const kube::Object*> told;
  const auto all = demands(world);
  for (const Pod& pod : world.pods) {
    if (pod.is_ray() && pod.ns == "default" && told.insert(pod.written).second)
      findings.add(kDefaultNamespace, Subject{pod.written, pod.written, nullptr}, *pod.written->root, "metadata.namespace is default, or not written");
  }
  for (const auto& [ns, demand] : all) {
    bool bounded = false;
    for (const Subject& subject : world.of("", "ResourceQuota")) {
      if (subject.object->effective_namespace() != ns) continue;
      bounded = true;
      check_quota(subject, demand, findings);
    }
    const kube::Object* object = world.find("", "Namespace", "", ns);
    const Pod& pod = *demand.example;
    if (!bounded) findings.add(kNoQuota, Subject{pod.written, pod.written, nullptr}, *pod.written->root, fmt::format("namespace {} has no ResourceQuota among the manifests", ns));
    if (object != nullptr && kube::label(*object->root, "pod-security.kubernetes.io/enforce").empty())
      findings.add(kNoEnforcement, Subject{object, object, nullptr}, *object->root, fmt::format("namespace {} has no label pod-security.kubernetes.io/enforce", ns));
  }
}

void check_container(const Pod& pod, const kube::Container& container, Findings& findings) {
  if (container.kind == kube::ContainerKind::kEphemeral) return;
  const Node* resources = container.node->find("resources");
  const Node& place = resources == nullptr ? *container.node : *resources;
  const std::string title = kube::title(container);
  const auto amount = [&](std::string_view list, std::string_view name) { return resources == nullptr ? nullptr : resources->find_path({list, name}); };
  std::string requests, limits;
  for (const char* name : {"cpu", "memory"}) {
    if (amount("limits", name) == nullptr) limits += (limits.empty() ? "" : " and ") + std::string(name);
    if (amount("requests", name) == nullptr && amount("limits", name) == nullptr) requests += (requests.empty() ? "" : " and ") + std::string(name);
  }
  if (!requests.empty()) findings.add(kNoRequests, pod, place, title, fmt::format("resources.requests has no {}", requests));
  if (!limits.empty()) findings.add(kNoLimits, pod, place, title, fmt::format("resources.limits has no {}", limits));
  const Node* asked = amount("requests", "memory");
  const Node* most = amount("limits", "memory");
  if (asked == nullptr || most == nullptr || container.node != ray_container(pod) || !pod.is_ray_node()) return;
  if (Quantity::from(*asked) != Quantity::from(*most))
    findings.add(kMemoryDiffers, pod, *asked, title, fmt::format("the request is {}, the limit {}", asked->text(), most->text()));
}

void check(const World& world, Findings& findings) {
  check_namespaces(world, findings);
  for (const Pod& pod : world.pods) {
    for (const kube::Container& container : kube::containers(*pod.spec)) check_container(pod, container, findings);
  }
}

}  // namespace

const Topic kResourceTopic{kRules, check};

}  // namespace raykeep::checks
