// SPDX-License-Identifier: Apache-2.0
// Whether ResourceQuotas bound the Ray clusters of a namespace, and these fit into them and into its LimitRanges.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

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

constexpr Rule kNoQuota{"resource-quota-missing", Severity::kLow, "15", "No ResourceQuota bounds cpu and memory of a namespace with Ray",
                        "One job can take the whole cluster.", "Add a ResourceQuota for cpu, memory and GPUs.", "(none)",
                        "kind: ResourceQuota\nspec: {hard: {requests.cpu: \"64\", requests.memory: 256Gi}}", "Kubernetes, Resource Quotas"};
constexpr Rule kSmallQuota{"resource-quota-too-small", Severity::kMedium, "15", "The Ray clusters of a namespace do not fit its quota",
                           "The operator's pods are refused once the quota is used up; a cluster then never reaches its maximum.",
                           "Raise the quota or lower maxReplicas.", "hard: {requests.cpu: \"1\"}", "hard: {requests.cpu: \"64\"}", "Kubernetes, Resource Quotas"};
constexpr Rule kNoGpuQuota{"resource-quota-without-gpu", Severity::kLow, "15", "A quota leaves GPUs out",
                           "Ray asks for GPUs here, and the ResourceQuota does not bound them.", "Add requests.<gpu resource> to the quota.", "hard: {requests.cpu: \"64\"}",
                           "hard: {requests.cpu: \"64\", requests.nvidia.com/gpu: \"8\"}", "Kubernetes, Resource Quotas"};
constexpr Rule kLimitRange{"limit-range-too-small", Severity::kMedium, "15,21", "A LimitRange refuses the pods of a Ray cluster",
                           "The API server refuses a pod above max or below min, and the cluster waits for it for ever.", "Raise max, lower min, or correct the pods.",
                           "limits: [{type: Pod, max: {memory: 2Gi}}]", "limits: [{type: Pod, max: {memory: 16Gi}}]", "Kubernetes, Limit Ranges"};
constexpr std::array kRules{&kNoQuota, &kSmallQuota, &kNoGpuQuota, &kLimitRange};

// What the Ray clusters of a namespace ask for at their maximum.
struct Demand {
  Amounts requests, limits;
  std::int64_t pods = 0;
  bool unbounded = false;
  const Pod* example = nullptr;

  std::string text(const Quantity& amount, std::string_view resource) const { return unbounded ? "any amount" : amount.text(resource == "memory"); }
};

std::map<std::string_view, Demand> demands(const World& world) {
  constexpr std::int64_t kEndless = 1'000'000;
  std::map<std::string_view, Demand> out;
  for (const Pod& pod : world.pods) {
    if (!pod.is_ray()) continue;
    Demand& demand = out[pod.ns];
    if (demand.example == nullptr) demand.example = &pod;
    const std::int64_t count = pod.group->most_pods();
    demand.unbounded = demand.unbounded || count > kEndless;
    demand.pods += count;
    for (const auto& [name, amount] : kube::pod_requests(*pod.spec)) demand.requests[name] += amount * std::min(count, kEndless);
    for (const auto& [name, amount] : kube::pod_limits(*pod.spec)) demand.limits[name] += amount * std::min(count, kEndless);
  }
  return out;
}

// An extended resource: GPUs, TPUs, NPUs, whatever a device plugin offers.
bool is_device(std::string_view name) { return name.find('/') != std::string_view::npos && name.find("kubernetes.io/") == std::string_view::npos; }

// A scope that leaves some of a cluster's pods out, so that the quota bounds none of what it asks for.
bool leaves_pods_out(const kube::Object& quota) {
  const Node* scopes = quota.find({"spec", "scopes"});
  const Node* expressions = quota.find({"spec", "scopeSelector", "matchExpressions"});
  const auto is_of_all = [](std::string_view scope) { return scope == "NotTerminating" || scope == "NotBestEffort"; };
  const bool by_list = scopes != nullptr && !std::all_of(scopes->items().begin(), scopes->items().end(), [&](const Node& scope) { return is_of_all(scope.text()); });
  return by_list || (expressions != nullptr && !std::all_of(expressions->items().begin(), expressions->items().end(), [&](const Node& one) { return is_of_all(kube::string_at(one, {"scopeName"})); }));
}

// "requests.cpu" and "cpu" of a quota bound the same.
const Node* request_bound(const Node& hard, std::string_view resource) {
  if (const Node* found = hard.find("requests." + std::string(resource))) return found;
  return resource == "cpu" || resource == "memory" ? hard.find(resource) : nullptr;
}

void check_bound(const Subject& subject, const Node* bound, const Demand& demand, std::string_view what, const Quantity& amount, Findings& findings) {
  const auto most = bound == nullptr ? std::nullopt : Quantity::from(*bound);
  if (most && (demand.unbounded || *most < amount))
    findings.add(kSmallQuota, subject, *bound, fmt::format("at their maximum the Ray clusters of the namespace ask for {} of {}; the quota is {}", demand.text(amount, what.substr(what.find('.') + 1)), what, bound->text()));
}

void check_quota(const Subject& subject, const Node& hard, const Demand& demand, Findings& findings) {
  for (const auto& [name, amount] : demand.requests) check_bound(subject, request_bound(hard, name), demand, name, amount, findings);
  for (const auto& [name, amount] : demand.limits) check_bound(subject, hard.find("limits." + name), demand, "limits." + name, amount, findings);
  for (const char* key : {"pods", "count/pods"}) {
    const Node* pods = hard.find(key);
    const auto most = pods == nullptr ? std::nullopt : Quantity::from(*pods);
    if (most && *most < Quantity::of(demand.pods) && !demand.unbounded)
      findings.add(kSmallQuota, subject, *pods, fmt::format("at their maximum the Ray clusters are {} pods; the quota is {}", demand.pods, pods->text()));
  }
}

// What of cpu and memory no quota bounds: "cpu and memory"; empty for nothing.
std::string unbounded(const std::vector<const Node*>& quotas) {
  std::string out;
  for (const char* name : {"cpu", "memory"}) {
    const bool bound = std::any_of(quotas.begin(), quotas.end(), [&](const Node* hard) { return request_bound(*hard, name) != nullptr || hard->find(std::string("limits.") + name) != nullptr; });
    if (!bound) out += (out.empty() ? "" : " and ") + std::string(name);
  }
  return out;
}

void check_quotas(const World& world, Findings& findings) {
  std::map<std::string_view, std::vector<const Subject*>> by_namespace;
  for (const Subject& subject : world.of("", "ResourceQuota")) {
    const Node* hard = subject.object->find({"spec", "hard"});
    if (hard != nullptr && !leaves_pods_out(*subject.object)) by_namespace[subject.object->effective_namespace()].push_back(&subject);
  }
  for (const auto& [ns, demand] : demands(world)) {
    std::vector<const Node*> all;
    for (const Subject* subject : by_namespace[ns]) {
      all.push_back(subject->object->find({"spec", "hard"}));
      check_quota(*subject, *all.back(), demand, findings);
    }
    const Pod& pod = *demand.example;
    const Subject owner{pod.written, pod.written, nullptr};
    if (all.empty()) findings.add(kNoQuota, owner, *pod.written->root, fmt::format("namespace {} has no ResourceQuota for these pods among the manifests", ns));
    else if (const std::string what = unbounded(all); !what.empty()) findings.add(kNoQuota, *by_namespace[ns].front(), *all.front(), fmt::format("no ResourceQuota of namespace {} bounds {}", ns, what));
    for (const auto& [name, amount] : demand.requests) {
      const bool is_bound = std::any_of(all.begin(), all.end(), [&, resource = std::string_view(name)](const Node* hard) { return request_bound(*hard, resource) != nullptr; });
      if (!all.empty() && is_device(name) && !is_bound) findings.add(kNoGpuQuota, *by_namespace[ns].front(), *all.front(), fmt::format("{} is not bounded, and Ray may ask for {}", name, demand.unbounded ? "any number" : amount.text()));
    }
  }
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

// Amounts of a list of a container's resources.
Amounts written(const kube::Container& container, std::string_view list) { return quota::read_amounts(container.node->find_path({"resources", list})); }

void fill(Amounts& amounts, const Amounts& from) { amounts.insert(from.begin(), from.end()); }

// An item of type Container gives what is missing before it judges (Kubernetes, plugin/pkg/admission/limitranger).
std::string refused_container(const Node& item, const Pod& pod) {
  for (const kube::Container& container : pod.containers) {
    if (container.kind == kube::ContainerKind::kEphemeral) continue;
    Amounts requests = written(container, "requests"), limits = written(container, "limits");
    fill(requests, limits);  // the API server's own default
    fill(limits, quota::read_amounts(item.find("default")));
    fill(requests, quota::read_amounts(item.find("defaultRequest")));
    fill(requests, limits);
    const std::string why = refused(item, requests, limits);
    if (!why.empty()) return fmt::format("{}: {}", kube::title(container), why);
  }
  return {};
}

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
        const std::string_view type = kube::string_at(item, {"type"});
        const std::string why = type == "Pod" ? refused(item, requests, limits) : type == "Container" ? refused_container(item, pod) : std::string();
        if (!why.empty()) findings.add(kLimitRange, *range, item, fmt::format("{} of {}: {}", pod.part, pod.written->title(), why));
      }
    }
  }
}

void check(const World& world, Findings& findings) {
  check_quotas(world, findings);
  check_limit_ranges(world, findings);
}

}  // namespace

const Topic kResourceQuotaTopic{kRules, check};

}  // namespace raykeep::checks
