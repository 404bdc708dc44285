// SPDX-License-Identifier: Apache-2.0
// Namespaces, requests and limits.
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "checks/topics.h"
#include "kube/quantity.h"

namespace raykeep::checks {
namespace {

using kube::Quantity;
using report::Rule;
using report::Severity;

constexpr Rule kDefaultNamespace{"namespace-default", Severity::kMedium, "14", "Ray runs in the namespace default",
                                 "Everything that nobody placed runs there too; quotas, roles and policies of a team need a namespace of its own.",
                                 "Give each team its own namespace.", "metadata: {name: demo}", "metadata: {name: demo, namespace: team-a}", "Kubernetes, Namespaces"};
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
constexpr Rule kGpuDiffers{"gpu-request-differs", Severity::kHigh, "21", "A device is asked for without an equal limit",
                           "Devices cannot be shared or overcommitted, so the API server refuses a pod whose request and limit differ.", "Set the limit; the request follows.",
                           "requests: {nvidia.com/gpu: 1}", "limits: {nvidia.com/gpu: 1}", "Kubernetes, Schedule GPUs"};
constexpr Rule kSharedMemory{"shared-memory-unbounded", Severity::kLow, "21", "Shared memory has no limit of its own",
                             "An emptyDir in memory without sizeLimit may fill up to half of the node, and counts against the pod's memory limit until the pod is killed.", "Set emptyDir.sizeLimit.",
                             "volumes: [{name: shm, emptyDir: {medium: Memory}}]", "volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 2Gi}}]", "Kubernetes, emptyDir"};
constexpr Rule kTeams{"namespace-shared-by-teams", Severity::kLow, "14", "Ray clusters of several teams share a namespace",
                      "Quotas, roles, Secrets and most policies are per namespace, so one team can reach what belongs to the other.", "Give each team its own namespace.",
                      "metadata: {namespace: ray, labels: {team: a}}  # beside labels: {team: b}", "metadata: {namespace: team-a, labels: {team: a}}", "Kubernetes, Multi-tenancy"};
constexpr std::array kRules{&kDefaultNamespace, &kTeams, &kNoEnforcement, &kNoRequests, &kNoLimits, &kMemoryDiffers, &kGpuDiffers, &kSharedMemory};

void check_namespaces(const World& world, Findings& findings) {
  std::set<const kube::Object*> told;
  for (const Pod& pod : world.pods) {
    if (pod.is_ray() && pod.ns == "default" && told.insert(pod.written).second)
      findings.add(kDefaultNamespace, Subject{pod.written, pod.written, nullptr}, *pod.written->root, "metadata.namespace is default, or not written");
  }
  std::set<std::string_view> namespaces;
  for (const Pod& pod : world.pods) {
    if (pod.is_ray()) namespaces.insert(pod.ns);
  }
  for (const std::string_view ns : namespaces) {
    const kube::Object* object = world.find("", "Namespace", "", ns);
    if (object == nullptr) continue;
    const std::string_view level = kube::label(*object->root, "pod-security.kubernetes.io/enforce");
    if (level.empty())
      findings.add(kNoEnforcement, Subject{object, object, nullptr}, *object->root, fmt::format("namespace {} has no label pod-security.kubernetes.io/enforce", ns));
    else if (level != "baseline" && level != "restricted")
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
}

}  // namespace

const Topic kResourceTopic{kRules, check, check_pod};

}  // namespace raykeep::checks
