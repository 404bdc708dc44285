// SPDX-License-Identifier: Apache-2.0
#include "quota/scenario.h"

#include <array>
#include <fmt/format.h>

#include "document/schema.h"
#include "document/yaml.h"
#include "kube/workload.h"
#include "ray/expand.h"

namespace raykeep::quota {
namespace {

using document::Key;
using document::Node;
using T = document::ValueType;

constexpr std::size_t kMostPods = 10'000;  // of a scenario

constexpr std::array kKeys{
    Key{"capacity", T::kMap, "", "What the cluster has, by resource; without it the root of the tree says."},
    Key{"capacity.*", T::kString, "", "A quantity."},
    Key{"steps", T::kList, "", "What happens, in order.", {}, true},
    Key{"steps[]", T::kObject, "", "One of submit and finish."},
    Key{"steps[].finish", T::kString, "", "The name of a workload that ends."},
    Key{"steps[].submit", T::kObject, "", "A workload that comes."},
    Key{"steps[].submit.name", T::kString, "", "Its name; of manifests it is that of each Ray resource."},
    Key{"steps[].submit.namespace", T::kString, "", "Its namespace, which is under one quota."},
    Key{"steps[].submit.quota", T::kString, "", "The quota, where the namespace does not say which."},
    Key{"steps[].submit.priority", T::kInteger, "0", "The priority of its pods.", "0..2000001000"},
    Key{"steps[].submit.pods", T::kInteger, "1", "How many pods.", "1..10000"},
    Key{"steps[].submit.requests", T::kMap, "", "What each pod asks for, by resource."},
    Key{"steps[].submit.requests.*", T::kString, "", "A quantity."},
    Key{"steps[].submit.preemptible", T::kBoolean, "true", "Whether its pods may be evicted for others."},
    Key{"steps[].submit.manifests", T::kString, "", "Ray resources, instead of name, pods and requests: a file or directory."},
    Key{"steps[].submit.largest", T::kBoolean, "false", "Take their worker groups at maxReplicas."},
};

class Reader {
 public:
  Reader(const std::string& file, const ReadManifests& read) : file_(file), read_(read) {}

  Scenario run(std::string_view text) {
    auto root = document::read_yaml_document(text, {.aliases = document::YamlAliases::kRefuse}, file_);
    if (!root) {
      out_.errors.push_back(std::move(root).error());
      return std::move(out_);
    }
    Node checked = *root;
    quote_amounts(checked.find("capacity"));
    if (Node* steps = checked.find("steps"); steps != nullptr && steps->is_sequence()) {
      for (Node& step : steps->items()) {
        Node* submit = step.find("submit");
        if (submit != nullptr) quote_amounts(submit->find("requests"));
      }
    }
    out_.errors = document::validate(checked, kKeys, file_);
    if (!out_.errors.empty()) return std::move(out_);
    out_.capacity = amounts(checked.find("capacity"));
    for (const Node& step : checked.find("steps")->items()) add(step);
    return std::move(out_);
  }

 private:
  void reject(const Node& at, std::string message) { out_.errors.emplace_back(kBadScenario, std::move(message), place(at)); }
  SourcePosition place(const Node& at) const { return {file_, at.span().line, at.span().column}; }

  // A person writes cpu: 4 as well as cpu: "4".
  static void quote_amounts(Node* mapping) {
    if (mapping == nullptr || !mapping->is_mapping()) return;
    for (document::Member& member : mapping->members()) {
      if (!member.value.is_number()) continue;
      const document::Span span = member.value.span();
      member.value = Node::string(member.value.text());
      member.value.set_span(span);
    }
  }

  Amounts amounts(const Node* mapping) {
    if (mapping == nullptr) return {};
    for (const document::Member& member : mapping->members()) {
      const auto amount = kube::Quantity::from(member.value);
      if (!amount || amount->is_negative()) reject(member.value, fmt::format("{} of {} is no quantity such as \"4\" or 16Gi", member.value.text(), member.name()));
    }
    return read_amounts(mapping);
  }

  void add(const Node& step) {
    const Node* submit = step.find("submit");
    const Node* finish = step.find("finish");
    if ((submit == nullptr) == (finish == nullptr)) return reject(step, "a step is one of submit and finish");
    Step made{{}, finish == nullptr ? std::string() : std::string(finish->text()), place(step)};
    if (submit != nullptr) {
      if (const Node* manifests = submit->find("manifests")) add_manifests(*submit, *manifests, made);
      else add_plain(*submit, made);
    }
    for (const Workload& workload : made.submitted) {
      for (const PodSet& set : workload.pods) pods_ += set.count;
    }
    if (pods_ > kMostPods) return reject(step, fmt::format("with this step the scenario has more than {} pods", kMostPods));
    out_.steps.push_back(std::move(made));
  }

  static Workload base(const Node& submit) {
    Workload out;
    out.name = kube::string_at(submit, {"name"});
    out.ns = kube::string_at(submit, {"namespace"});
    out.quota = kube::string_at(submit, {"quota"});
    const Node* priority = submit.find("priority");
    if (priority != nullptr) out.priority = priority->as_integer().value_or(0);
    return out;
  }

  static bool is_preemptible(const Node& submit) {
    const Node* said = submit.find("preemptible");
    return said == nullptr || said->as_boolean().value_or(true);
  }

  void add_plain(const Node& submit, Step& step) {
    Workload workload = base(submit);
    if (workload.name.empty()) return reject(submit, "name is missing");
    if (workload.ns.empty() && workload.quota.empty()) return reject(submit, "namespace is missing, or quota");
    const Node* requests = submit.find("requests");
    if (requests == nullptr) return reject(submit, "requests are missing: what does each pod ask for?");
    const Node* pods = submit.find("pods");
    PodSet set;
    set.count = pods == nullptr ? 1 : static_cast<std::size_t>(pods->as_integer().value_or(1));
    set.requests = amounts(requests);
    set.preemptible = is_preemptible(submit);
    workload.pods.push_back(std::move(set));
    step.submitted.push_back(std::move(workload));
  }

  void add_manifests(const Node& submit, const Node& path, Step& step) {
    for (const char* key : {"name", "pods", "requests"}) {
      if (const Node* other = submit.find(key)) reject(*other, fmt::format("{} stands beside manifests, which say it", key));
    }
    auto manifests = read_(std::string(path.text()));
    if (!manifests) return reject(path, manifests.error().message());
    for (const kube::Object& object : manifests->objects()) {
      if (ray::is_ray_resource(object)) step.submitted.push_back(expanded(submit, object));
    }
    if (step.submitted.empty()) reject(path, fmt::format("there is no Ray resource in {}", path.text()));
  }

  Workload expanded(const Node& submit, const kube::Object& object) {
    Workload out = base(submit);
    out.name = object.name;
    if (out.ns.empty()) out.ns = object.effective_namespace();
    const bool largest = kube::is_true(submit.find("largest"));
    const ray::Expansion expansion = ray::expand(object);
    for (const Error& problem : expansion.problems) out_.errors.push_back(problem);
    for (const ray::PodGroup& group : expansion.pods) {
      const kube::PodTemplate pod = kube::pod_template(*group.pod);
      const std::int64_t count = (largest ? group.most : group.replicas) * group.hosts;
      if (!pod || count <= 0) continue;
      PodSet set;
      set.head = group.role == ray::PodRole::kHead;
      set.name = set.head ? "head" : group.role == ray::PodRole::kSubmitter ? "submitter" : group.name;
      set.count = static_cast<std::size_t>(std::min<std::int64_t>(count, kMostPods + 1));
      set.requests = kube::pod_requests(*pod.spec);
      set.preemptible = is_preemptible(submit);
      out.pods.push_back(std::move(set));
    }
    // kube-queue counts the RayJobs of a leaf.
    if (object.kind == "RayJob" && !out.pods.empty() && out.pods.front().count == 1) out.pods.front().requests.emplace(kMaxJobs, kube::Quantity::of(1));
    return out;
  }

  const std::string& file_;
  const ReadManifests& read_;
  std::size_t pods_ = 0;
  Scenario out_;
};

}  // namespace

Scenario read_scenario(std::string_view text, const std::string& file, const ReadManifests& read) { return Reader(file, read).run(text); }

Played play(Simulator& simulator, const Scenario& scenario) {
  Played out;
  const auto take = [&](std::string title, Result<std::vector<Event>> events, const Step& step) {
    if (events) out.turns.push_back({std::move(title), std::move(*events)});
    else out.errors.emplace_back(kBadScenario, events.error().message(), step.at);
  };
  for (const Step& step : scenario.steps) {
    for (const Workload& workload : step.submitted)
      take(fmt::format("submit {} of {}", workload.name, workload.ns.empty() ? workload.quota : workload.ns), simulator.submit(workload), step);
    if (!step.finished.empty()) take("finish " + step.finished, simulator.finish(step.finished), step);
    if (!out.errors.empty()) break;
  }
  return out;
}

}  // namespace raykeep::quota
