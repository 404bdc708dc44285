// SPDX-License-Identifier: Apache-2.0
#include "ray/validation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <map>
#include <set>

#include "ray/kuberay_names.h"
#include "ray/start_command.h"
#include "ray/version.h"

namespace raykeep::ray {
namespace {

constexpr std::string_view kAutoscalerV2 = "RAY_enable_autoscaler_v2";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The value of a label, and the last part of its key.
bool is_label_value(std::string_view text) {
  if (text.size() > 63) return false;
  if (text.empty()) return true;
  return is_alphanumeric(text.front()) && is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_label_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const bool has_domain = slash == std::string_view::npos || (slash > 0 && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(slash), [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; }));
  return has_domain && !name.empty() && is_label_value(name);
}

const Node* first_container(const Node& group) {
  const Node* containers = group.find_path({"template", "spec", "containers"});
  return containers == nullptr || containers->items().empty() ? nullptr : &containers->items().front();
}

const Node* variable(const Node* container, std::string_view name) { return container == nullptr ? nullptr : named(container->find("env"), name); }

std::string_view value_of(const Node* variable) { return variable == nullptr ? std::string_view() : kube::string_at(*variable, {"value"}); }
bool is_on(const Node* variable) { return value_of(variable) == "1" || value_of(variable) == "true"; }

class ClusterValidator {
 public:
  ClusterValidator(const Cluster& cluster, Expansion& out) : cluster_(cluster), spec_(cluster.spec), out_(out) {}

  void run() {
    if (const Node* head = spec_.find("headGroupSpec")) {
      check_group(*head, "the head group", true);
      check_head(*head);
      check_ports(*head);
    }
    if (const Node* groups = spec_.find("workerGroupSpecs")) {
      for (const Node& group : groups->items()) {
        if (group.is_mapping()) check_workers(group);
      }
    }
    if (integer_at(options(), "idleTimeoutSeconds", 0) < 0) say(options(), "autoscalerOptions.idleTimeoutSeconds is negative");
    check_authentication();
    check_exposure();
    if (cluster_.creator != "RayCluster" && set_at(spec_, {"upgradeStrategy", "type"}) != nullptr)
      say(*spec_.find("upgradeStrategy"), fmt::format("upgradeStrategy cannot be set in the cluster of a {}", cluster_.creator));
  }

 private:
  void say(const Node& at, std::string message) { refuse(out_, at, std::move(message)); }
  void lost(const Node& at, std::string message) { tell(out_, at, std::move(message)); }

  const Node& options() const {
    static const Node kNone;
    const Node* found = spec_.find("autoscalerOptions");
    return found == nullptr ? kNone : *found;
  }
  bool uses_v2() const { return cluster_.autoscaling() && (cluster_.autoscaler_v2() || is_on(variable(head_container(), kAutoscalerV2))); }
  const Node* head_container() const {
    const Node* head = spec_.find("headGroupSpec");
    return head == nullptr ? nullptr : first_container(*head);
  }

  void check_group(const Node& group, const std::string& title, bool is_head) {
    const Node* params = group.find("rayStartParams");
    const Node* resources = group.find("resources");
    if (params != nullptr && resources != nullptr && !resources->members().empty()) {
      for (const char* name : {"num-cpus", "num-gpus", "memory", "resources"}) {
        if (set_at(*params, {name}) != nullptr) say(*resources, fmt::format("{} has resources and rayStartParams.{}; only one of them may be used", title, name));
      }
    }
    if (params != nullptr && params->find("labels") != nullptr) say(*params->find("labels"), fmt::format("rayStartParams.labels of {} is not supported; use labels of the group", title));
    if (const Node* labels = group.find("labels")) {
      for (const document::Member& label : labels->members()) {
        if (!is_label_key(label.name()) || !is_label_value(label.value.text())) say(label.value, fmt::format("{}: {} of {} is no label", label.name(), label.value.text(), title));
      }
    }
    const std::string_view restart = kube::string_at(group, {"template", "spec", "restartPolicy"});
    if (uses_v2() && !restart.empty() && restart != "Never") say(*group.find_path({"template", "spec", "restartPolicy"}), fmt::format("restartPolicy of {} must be Never with autoscaler v2", title));
    check_container_names(group, title, is_head);
  }

  // Two containers of a name, the operator's own among them: no pod is ever made.
  void check_container_names(const Node& group, const std::string& title, bool is_head) {
    std::set<std::string_view> names;
    if (is_head && cluster_.autoscaling()) names.insert("autoscaler");
    if (!is_head) names.insert("wait-gcs-ready");
    for (const char* list : {"initContainers", "containers"}) {
      const Node* containers = group.find_path({"template", "spec", list});
      if (containers == nullptr) continue;
      for (const Node& container : containers->items()) {
        const Node* name = container.find("name");
        if (name != nullptr && !names.insert(name->text()).second) lost(*name, fmt::format("two containers of {} are called {}, so its pods are refused", title, name->text()));
      }
    }
  }

  void check_workers(const Node& group) {
    const std::string name(kube::string_at(group, {"groupName"}));
    const std::string title = fmt::format("worker group \"{}\"", name);
    if (group.find("groupName") == nullptr) lost(group, "a worker group has no groupName; the API server refuses it");
    check_group(group, title, false);
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool named_well = is_label_value(name) && std::all_of(lower.begin(), lower.end(), [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
    if (!named_well && group.find("groupName") != nullptr) lost(*group.find("groupName"), fmt::format("pods cannot be called after {}", title));
    const std::int64_t least = integer_at(group, "minReplicas", 0), most = integer_at(group, "maxReplicas", 2147483647);
    if (least < 0) say(*group.find("minReplicas"), title + " has a negative minReplicas");
    if (most < 0) say(*group.find("maxReplicas"), title + " has a negative maxReplicas");
    if (least > most && most >= 0) say(*group.find("minReplicas"), fmt::format("{} has minReplicas {} above maxReplicas {}", title, least, most));
    if (const Node* idle = set_at(group, {"idleTimeoutSeconds"})) {
      if (idle->as_integer().value_or(0) < 0) say(*idle, title + " has a negative idleTimeoutSeconds");
      else if (!uses_v2() && !cluster_.autoscaler_v2()) say(*idle, fmt::format("idleTimeoutSeconds of {} needs autoscalerOptions.version: v2", title));
    }
    if (kube::is_true(group.find("suspend")) && cluster_.autoscaling()) say(*group.find("suspend"), title + " cannot be suspended while the cluster scales itself");
  }

  void check_head(const Node& head) {
    const Node* container = first_container(head);
    const Node* fault_tolerance = set_at(spec_, {"gcsFaultToleranceOptions"});
    const Node* address = variable(container, "RAY_REDIS_ADDRESS");
    if (fault_tolerance != nullptr && !cluster_.annotation("ray.io/ft-enabled").empty()) say(*fault_tolerance, "gcsFaultToleranceOptions and the annotation ray.io/ft-enabled exclude each other");
    if (address != nullptr && !cluster_.gcs_fault_tolerance()) say(*address, "RAY_REDIS_ADDRESS needs gcsFaultToleranceOptions");
    if (fault_tolerance != nullptr) {
      if (const Node* param = set_at(head, {"rayStartParams", "redis-password"})) say(*param, "rayStartParams.redis-password excludes gcsFaultToleranceOptions; use its redisPassword");
      if (const Node* password = variable(container, "REDIS_PASSWORD")) say(*password, "REDIS_PASSWORD excludes gcsFaultToleranceOptions; use its redisPassword");
      if (address != nullptr) say(*address, "RAY_REDIS_ADDRESS excludes gcsFaultToleranceOptions; use its redisAddress");
      if (!cluster_.annotation("ray.io/external-storage-namespace").empty()) say(*fault_tolerance, "the annotation ray.io/external-storage-namespace excludes gcsFaultToleranceOptions; use its externalStorageNamespace");
    }
    if (fault_tolerance != nullptr && kube::string_at(*fault_tolerance, {"backend"}) != "rocksdb" && set_at(*fault_tolerance, {"redisAddress"}) == nullptr)
      lost(*fault_tolerance, "gcsFaultToleranceOptions.redisAddress is missing; the API server refuses it");
    const Node* param = set_at(head, {"rayStartParams", "redis-username"});
    const Node* user = param != nullptr ? param : variable(container, "REDIS_USERNAME");
    if (user != nullptr) say(*user, "a Redis user name goes into gcsFaultToleranceOptions.redisUsername");
    const Node* v2 = variable(container, kAutoscalerV2);
    if (is_on(v2) && !cluster_.autoscaling()) say(*v2, fmt::format("{} needs enableInTreeAutoscaling", kAutoscalerV2));
    if (v2 != nullptr && cluster_.autoscaling() && set_at(options(), {"version"}) != nullptr) say(*v2, fmt::format("{} and autoscalerOptions.version exclude each other", kAutoscalerV2));
  }

  // The head Service takes the ports of the head's first container, and one for metrics.
  void check_ports(const Node& head) {
    const Node* container = first_container(head);
    const Node* ports = container == nullptr ? nullptr : container->find("ports");
    if (ports == nullptr || ports->items().empty()) return;
    std::map<std::int64_t, std::string_view> names;
    if (named(ports, "metrics") == nullptr) names.emplace(kMetricsPort, "metrics");
    for (const Node& port : ports->items()) {
      const std::string_view name = kube::string_at(port, {"name"});
      const std::int64_t number = integer_at(port, "containerPort", 0);
      if (number < 1 || number > 65535) lost(port, fmt::format("{} is no port, so the head Service and all pods are missing", number));
      else if (!name.empty() && !is_dns_label(name)) lost(port, fmt::format("a Service has no port called \"{}\", so the head Service and all pods are missing", name));
      else if (!names.emplace(number, name).second) lost(port, fmt::format("port {} stands twice in the head Service (\"{}\" and \"{}\"), so it and all pods are missing", number, names[number], name));
    }
  }

  void check_authentication() {
    const Node* auth = spec_.find("authOptions");
    if (auth == nullptr) return;
    const std::string_view written = kube::string_at(spec_, {"rayVersion"});
    const auto version = parse_version(written);
    if (!cluster_.token_auth()) {
      if (cluster_.kubernetes_auth()) say(*auth, "authOptions.enableK8sTokenAuth needs mode: token");
      return;
    }
    if (!version || *version < Version{2, 52, 0}) say(*auth, fmt::format("authOptions.mode: token needs rayVersion 2.52.0 or newer, not \"{}\"", written));
    else if (cluster_.kubernetes_auth() && *version < Version{2, 55, 0}) say(*auth, fmt::format("authOptions.enableK8sTokenAuth needs rayVersion 2.55.0 or newer, not \"{}\"", written));
    if (cluster_.kubernetes_auth() && set_at(*auth, {"secretName"}) != nullptr) say(*auth->find("secretName"), "authOptions.secretName excludes enableK8sTokenAuth");
    if (cluster_.kubernetes_auth() && cluster_.creator != "RayCluster") say(*auth, fmt::format("authOptions.enableK8sTokenAuth is not supported for a {}", cluster_.creator));
  }

  void check_exposure() {
    const std::string_view type = kube::string_at(spec_, {"headGroupSpec", "serviceType"});
    if (!type.empty() && type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer") lost(*spec_.find_path({"headGroupSpec", "serviceType"}), fmt::format("serviceType {} makes no head Service, so no pod is made either", type));
    const Node* ingress = spec_.find_path({"headGroupSpec", "enableIngress"});
    const Node* ingress_class = cluster_.annotations.find("kubernetes.io/ingress.class");
    if (kube::is_true(ingress) && ingress_class != nullptr && ingress_class->text().empty()) lost(*ingress, "the annotation kubernetes.io/ingress.class is empty, so the Ingress is refused and no pod is made");
    if (cluster_.annotation("ray.io/enable-serve-service") == "true" && serve_service(cluster_, cluster_.name, nullptr).is_null())
      lost(spec_, "the annotation ray.io/enable-serve-service needs a port of the head called serve; without it no pod is made");
  }

  const Cluster& cluster_;
  const Node& spec_;
  Expansion& out_;
};

}  // namespace

bool is_dns_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) && std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}
bool is_name(std::string_view text, std::size_t most) { return is_dns_label(text) && text.size() <= most && text.front() >= 'a'; }

void tell(Expansion& out, const Node& at, std::string message) {
  const Node& place = at.span().line > 0 ? at : *out.source->root;
  out.problems.emplace_back(kNotExpandable, std::move(message), out.source->at(place));
}

void refuse(Expansion& out, const Node& at, std::string message) { tell(out, at, std::move(message) + "; the operator refuses it"); }

const Node* set_at(const Node& node, std::initializer_list<std::string_view> path) {
  const Node* found = node.find_path(path);
  const bool is_set = found != nullptr && !found->is_null() && (!found->is_string() || !found->text().empty());
  return is_set ? found : nullptr;
}

std::int64_t integer_at(const Node& node, std::string_view key, std::int64_t fallback) {
  const Node* found = node.find(key);
  return found == nullptr ? fallback : found->as_integer().value_or(fallback);
}

void validate_cluster(const Cluster& cluster, Expansion& out) {
  constexpr std::size_t kLongest = 53;
  const std::string& name = out.source->name;
  if (out.source->kind == "RayCluster" && !name.empty() && !is_name(name, kLongest)) refuse(out, *out.source->root, fmt::format("\"{}\" is no name of at most {} characters for a RayCluster", name, kLongest));
  ClusterValidator(cluster, out).run();
}

}  // namespace raykeep::ray
