// SPDX-License-Identifier: Apache-2.0
// Namespaces, quotas, requests and limits.
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "checks/topics.h"
#include "kube/quantity.h"
#include "kube/resources.h"
#include "quota/tree.h"

namespace raykeep::checks {
namespace {

using kube::Amounts;
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
constexpr Rule kLimitRange{"limit-range-too-small", Severity::kMedium, "15,21", "A LimitRange refuses the pods of a Ray cluster",
                           "The API server refuses a pod above max or below min, and the cluster waits for it for ever.", "Raise max, lower min, or correct the pods.",
                           "limits: [{type: Pod, max: {memory: 2Gi}}]", "limits: [{type: Pod, max: {memory: 16Gi}}]", "Kubernetes, Limit Ranges"};
constexpr Rule kGpuDiffers{"gpu-request-differs", Severity::kHigh, "21", "A device is asked for without an equal limit",
                           "Devices cannot be shared or overcommitted, so the API server refuses a pod whose request and limit differ.", "Set the limit; the request follows.",
                           "requests: {nvidia.com/gpu: 1}", "limits: {nvidia.com/gpu: 1}", "Kubernetes, Schedule GPUs"};
constexpr Rule kSharedMemory{"shared-memory-unbounded", Severity::kLow, "21", "Shared memory has no limit of its own",
                             "An emptyDir in memory without sizeLimit may fill up to half of the node, and counts against the pod's memory limit until the pod is killed.", "Set emptyDir.sizeLimit.",
                             "volumes: [{name: shm, emptyDir: {medium: Memory}}]", "volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 2Gi}}]", "Kubernetes, emptyDir"};
constexpr Rule kTeams{"namespace-shared-by-teams", Severity::kLow, "14", "Ray clusters of several teams share a namespace",
                      "Quotas, roles, Secrets and most policies are per namespace, so one team can reach what belongs to the other.", "Give each team its own namespace.",
                      "metadata: {namespace: ray, labels: {team: a}}  # beside labels: {team: b}", "metadata: {namespace: team-a, labels: {team: a}}", "Kubernetes, Multi-tenancy"};
constexpr std::array kRules{&kDefaultNamespace, &kTeams,     &kNoQuota,       &kSmallQuota, &kNoGpuQuota,  &kLimitRange,
                            &kNoEnforcement,    &kNoRequests, &kNoLimits, &kMemoryDiffers, &kGpuDiffers, &kSharedMemory};

struct Demand {
  Amounts amounts;
  std::int64_t pods = 0;
  bool unbounded = false;
  const Pod* example = nullptr;
};

std::map<std::string_view, Demand> demands(const World& world) {
  std::map<std::string_view, Demand> out;
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
  const auto most_pods = pods == nullptr ? std::nullopt : Quantity::from(*pods);
  if (most_pods && *most_pods < Quantity::of(demand.pods) && !demand.unbounded)
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
    const std::string_view level = object == nullptr ? std::string_view() : kube::label(*object->root, "pod-security.kubernetes.io/enforce");
    if (object != nullptr && level.empty())
      findings.add(kNoEnforcement, Subject{object, object, nullptr}, *object->root, fmt::format("namespace {} has no label pod-security.kubernetes.io/enforce", ns));
    else if (object != nullptr && level != "baseline" && level != "restricted")
      findings.add(kNoEnforcement, Subject{object, object, nullptr}, *object->find({"metadata", "labels", "pod-security.kubernetes.io/enforce"}), fmt::format("namespace {} enforces \"{}\", which forbids nothing", ns, level));
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

// What one item of a LimitRange says of amounts; empty where it lets them through.
std::string refused(const Node& item, const Amounts& requests, const Amounts& limits) {
  for (const auto& [resource, most] : quota::read_amounts(item.find("max"))) {
    const auto limit = limits.find(resource);
    if (limit == limits.end()) return fmt::format("max of {} is {}, and there is no limit", resource, quota::amount_text(most, resource));
    if (limit->second > most) return fmt::format("max of {} is {}, and the limit is {}", resource, quota::amount_text(most, resource), quota::amount_text(limit->second, resource));
  }
  for (const auto& [resource, least] : quota::read_amounts(item.find("min"))) {
    const auto request = requests.find(resource);
    if (request != requests.end() && request->second < least) return fmt::format("min of {} is {}, and the request is {}", resource, quota::amount_text(least, resource), quota::amount_text(request->second, resource));
  }
  return {};
}

// Items of type Pod alone: containers without limits get the defaults that a LimitRange has for them.
void check_limit_ranges(const World& world, Findings& findings) {
  std::map<std::string_view, std::vector<const Subject*>> ranges;
  for (const Subject& range : world.of("", "LimitRange")) ranges[range.object->effective_namespace()].push_back(&range);
  for (const Pod& pod : world.pods) {
    const auto own = pod.is_ray() ? ranges.find(pod.ns) : ranges.end();
    if (own == ranges.end()) continue;
    const Amounts requests = kube::pod_requests(*pod.spec), limits = kube::pod_limits(*pod.spec);
    for (const Subject* range : own->second) {
      const Node* items = range->object->find({"spec", "limits"});
      if (items == nullptr) continue;
      for (const Node& item : items->items()) {
        const std::string why = kube::string_at(item, {"type"}) == "Pod" ? refused(item, requests, limits) : std::string();
        if (!why.empty()) findings.add(kLimitRange, *range, item, fmt::format("{} of {}: {}", pod.part, pod.written->title(), why));
      }
    }
  }
}

void check_devices(const Pod& pod, const kube::Container& container, Findings& findings) {
  const Node* requests = container.node->find_path({"resources", "requests"});
  if (requests == nullptr) return;
  for (const document::Member& member : requests->members()) {
    const bool device = member.name().find('/') != std::string_view::npos && !member.name().starts_with("kubernetes.io/");
    const Node* limit = container.node->find_path({"resources", "limits", member.name()});
    if (device && (limit == nullptr || Quantity::from(*limit) != Quantity::from(member.value)))
      findings.add(kGpuDiffers, pod, member.value, kube::title(container), fmt::format("{} of {} are asked for, and the limit is {}", member.value.text(), member.name(), limit == nullptr ? "not set" : limit->text()));
  }
}

void check_shared_memory(const Pod& pod, Findings& findings) {
  const Node* volumes = pod.spec->find("volumes");
  if (volumes == nullptr) return;
  for (const Node& volume : volumes->items()) {
    const Node* directory = volume.find("emptyDir");
    if (directory != nullptr && directory->span().line != 0 && kube::string_at(*directory, {"medium"}) == "Memory" && directory->find("sizeLimit") == nullptr)
      findings.add(kSharedMemory, pod, *directory, fmt::format("volume {}", kube::string_at(volume, {"name"})), "it is in memory and has no sizeLimit");
  }
}

// Teams as people label them.
void check_teams(const World& world, Findings& findings) {
  for (const char* key : {"team", "owner", "app.kubernetes.io/part-of"}) {
    std::map<std::string_view, std::pair<std::string_view, const kube::Object*>> first;
    for (const kube::Object& object : world.manifests.objects()) {
      const std::string_view team = ray::is_ray_resource(object) ? kube::label(*object.root, key) : std::string_view();
      if (team.empty()) continue;
      const auto [known, fresh] = first.try_emplace(object.effective_namespace(), team, &object);
      if (!fresh && known->second.first != team)
        findings.add(kTeams, Subject{&object, &object, nullptr}, *object.find({"metadata", "labels", key}), fmt::format("label {} is {}, and {} of {} is in namespace {} too", key, team, known->second.second->title(), known->second.first, known->first));
    }
  }
}

void check_pod(const World&, const Pod& pod, Findings& findings) {
  if (pod.is_ray()) check_shared_memory(pod, findings);
  for (const kube::Container& container : pod.containers) {
    check_devices(pod, container, findings);
    check_container(pod, container, findings);
  }
}

void check(const World& world, Findings& findings) {
  check_namespaces(world, findings);
  check_teams(world, findings);
  check_limit_ranges(world, findings);
}

}  // namespace

const Topic kResourceTopic{kRules, check, check_pod};

}  // namespace raykeep::checks
