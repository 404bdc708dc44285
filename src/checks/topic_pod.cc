// SPDX-License-Identifier: Apache-2.0
// Pods: the Pod Security Standards and host access.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

#include "checks/topics.h"

namespace raykeep::checks {
namespace {

using report::Fix;
using report::Rule;
using report::Severity;

constexpr std::string_view kWhyPod = "A pod that breaks the Pod Security Standards is refused where they are enforced, and gives its code a way to the node where they are "
                                     "not. Admission does not look into Ray resources: the operator's pods fail later, without the author hearing of it.";
constexpr std::string_view kPodSource = "kubernetes.io/docs/concepts/security/pod-security-standards";

struct Standard {
  std::string_view check;
  Rule rule;
};

constexpr Rule pod_rule(std::string_view id, Severity severity, std::string_view title, std::string_view fix, std::string_view bad, std::string_view good) {
  return {id, severity, "19", title, kWhyPod, fix, bad, good, kPodSource};
}

constexpr std::array kStandards{
    Standard{"appArmorProfile", pod_rule("pod-apparmor-unconfined", Severity::kHigh, "AppArmor is switched off", "Use RuntimeDefault or Localhost.",
                                         "appArmorProfile: {type: Unconfined}", "appArmorProfile: {type: RuntimeDefault}")},
    Standard{"capabilities_baseline", pod_rule("pod-capabilities-added", Severity::kHigh, "A container gets capabilities beyond the usual", "Remove them from capabilities.add.",
                                               "capabilities: {add: [SYS_ADMIN]}", "capabilities: {drop: [ALL]}")},
    Standard{"hostNamespaces", pod_rule("pod-host-namespaces", Severity::kCritical, "A pod shares namespaces with its node",
                                        "Remove hostNetwork, hostPID and hostIPC.", "hostNetwork: true", "hostNetwork: false")},
    Standard{"hostPathVolumes", pod_rule("pod-host-path", Severity::kHigh, "A pod mounts a directory of its node", "Use another kind of volume.",
                                         "hostPath: {path: /}", "emptyDir: {}")},
    Standard{"hostPorts", pod_rule("pod-host-port", Severity::kHigh, "A container takes a port of its node", "Remove hostPort; use a Service.", "hostPort: 8265",
                                   "containerPort: 8265")},
    Standard{"hostProbesAndHostLifecycle", pod_rule("pod-probe-host", Severity::kMedium, "A probe goes to another host", "Remove host.",
                                                    "httpGet: {host: 169.254.169.254}", "httpGet: {path: /healthz}")},
    Standard{"privileged", pod_rule("pod-privileged", Severity::kCritical, "A container is privileged", "Remove privileged.", "privileged: true", "privileged: false")},
    Standard{"procMount", pod_rule("pod-proc-mount", Severity::kHigh, "A container sees an unmasked /proc", "Remove procMount.", "procMount: Unmasked", "procMount: Default")},
    Standard{"seccompProfile_baseline", pod_rule("pod-seccomp-unconfined", Severity::kHigh, "Seccomp is switched off", "Use RuntimeDefault.",
                                                 "seccompProfile: {type: Unconfined}", "seccompProfile: {type: RuntimeDefault}")},
    Standard{"seLinuxOptions", pod_rule("pod-selinux-options", Severity::kHigh, "SELinux is weakened", "Remove the options.", "seLinuxOptions: {user: root}",
                                        "seLinuxOptions: {type: container_t}")},
    Standard{"sysctls", pod_rule("pod-sysctls", Severity::kMedium, "A pod sets kernel parameters that reach beyond it", "Remove them.",
                                 "sysctls: [{name: kernel.msgmax, value: \"1\"}]", "sysctls: []")},
    Standard{"windowsHostProcess", pod_rule("pod-windows-host-process", Severity::kCritical, "A Windows container runs on the host", "Remove hostProcess.",
                                            "hostProcess: true", "hostProcess: false")},
    Standard{"allowPrivilegeEscalation", pod_rule("pod-privilege-escalation", Severity::kMedium, "A process may gain more rights than its parent",
                                                  "Set securityContext.allowPrivilegeEscalation: false.", "securityContext: {}",
                                                  "securityContext: {allowPrivilegeEscalation: false}")},
    Standard{"capabilities_restricted", pod_rule("pod-capabilities-not-dropped", Severity::kMedium, "A container keeps capabilities",
                                                 "Drop ALL, and add at most NET_BIND_SERVICE.", "securityContext: {}", "securityContext: {capabilities: {drop: [ALL]}}")},
    Standard{"procMount_restricted", pod_rule("pod-proc-mount-user-namespace", Severity::kMedium, "A container sees an unmasked /proc", "Remove procMount.",
                                              "procMount: Unmasked", "procMount: Default")},
    Standard{"restrictedVolumes", pod_rule("pod-volume-type", Severity::kMedium, "A pod uses a kind of volume that reaches outside it",
                                           "Use configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected or secret.", "nfs: {server: x}",
                                           "persistentVolumeClaim: {claimName: x}")},
    Standard{"runAsNonRoot", pod_rule("pod-may-run-as-root", Severity::kMedium, "A container may run as root", "Set runAsNonRoot: true (Ray's images have user 1000).",
                                      "securityContext: {}", "securityContext: {runAsNonRoot: true, runAsUser: 1000}")},
    Standard{"runAsUser", pod_rule("pod-runs-as-root", Severity::kHigh, "A container runs as root", "Use another user than 0.", "runAsUser: 0", "runAsUser: 1000")},
    Standard{"seccompProfile_restricted", pod_rule("pod-seccomp-missing", Severity::kMedium, "No seccomp profile is set", "Set seccompProfile.type: RuntimeDefault.",
                                                   "securityContext: {}", "securityContext: {seccompProfile: {type: RuntimeDefault}}")},
};

constexpr Rule kWritableRoot{"pod-root-filesystem-writable", Severity::kInfo, "19", "A container can change its own programs",
                             "With a writable root file system an intruder can leave things behind that later commands run.",
                             "Set readOnlyRootFilesystem: true, with an emptyDir on /tmp, where Ray keeps its sessions. Jobs that write elsewhere, such as caches in the home directory, need a volume there.", "securityContext: {}",
                             "securityContext: {readOnlyRootFilesystem: true}", "Kubernetes SecurityContext"};
constexpr Rule kHostPathList{"host-path-not-allowed", Severity::kHigh, "19", "A directory of the node is mounted that is not on the list",
                             "hostPath reaches the node; where it is needed, only listed prefixes may be mounted, and only to read.",
                             "Remove the volume, or list its prefix and mount it readOnly.", "hostPath: {path: /var/lib/docker}", "emptyDir: {}", "scan.hostPaths of the configuration"};

std::vector<const Rule*> pod_rules() {
  std::vector<const Rule*> out;
  for (const Standard& standard : kStandards) out.push_back(&standard.rule);
  out.insert(out.end(), {&kWritableRoot, &kHostPathList});
  return out;
}
const std::vector<const Rule*> kRules = pod_rules();

const Rule& rule_of(std::string_view check) {
  const auto* found = std::find_if(kStandards.begin(), kStandards.end(), [&](const Standard& standard) { return standard.check == check; });
  return found->rule;
}

Node value_of(std::string_view check) {
  if (check == "allowPrivilegeEscalation") return Node::boolean(false);
  if (check == "runAsNonRoot") return Node::boolean(true);
  if (check == "seccompProfile_restricted") return Node::string("RuntimeDefault");
  return Node::sequence({Node::string("ALL")});
}

bool holds(const Node* list, std::string_view wanted) {
  return list != nullptr && std::any_of(list->items().begin(), list->items().end(), [&](const Node& item) { return item.text() == wanted; });
}

// Whether something else in the container says the opposite of what would mend the violation: the API server refuses a
// privileged container that must not gain privileges, and the kubelet does not start one that must not be root and is.
bool is_contradicted(const Pod& pod, const PodSecurityViolation& violation) {
  const Node& container = *violation.holder;
  if (violation.check == "allowPrivilegeEscalation") {
    return kube::is_true(container.find_path({"securityContext", "privileged"})) || holds(container.find_path({"securityContext", "capabilities", "add"}), "CAP_SYS_ADMIN");
  }
  if (violation.check != "runAsNonRoot") return false;
  const Node* user = container.find_path({"securityContext", "runAsUser"});
  if (user == nullptr || user->is_null()) user = pod.spec->find_path({"securityContext", "runAsUser"});
  return user != nullptr && user->as_integer() == 0;
}

// What to set in the container for a check that asks for a field.
std::vector<Fix> fixes_of(const Pod& pod, const PodSecurityViolation& violation) {
  static const std::map<std::string_view, std::vector<std::string>> kFields{{"allowPrivilegeEscalation", {"allowPrivilegeEscalation"}},
                                                                          {"runAsNonRoot", {"runAsNonRoot"}},
                                                                          {"seccompProfile_restricted", {"seccompProfile", "type"}},
                                                                          {"capabilities_restricted", {"capabilities", "drop"}}};
  const auto field = kFields.find(violation.check);
  // A capability that somebody added was wanted; it is for a person to take away.
  if (field == kFields.end() || (violation.check == "capabilities_restricted" && violation.where->is_string())) return {};
  if (is_contradicted(pod, violation)) return {};
  std::vector<std::string> path = path_to(*pod.written->root, *violation.holder);
  const bool autoscaler = violation.container == "container autoscaler" && pod.is_head() && violation.holder->span().line == 0;
  if (autoscaler) {  // has its securityContext elsewhere in the custom resource
    path = path_to(*pod.written->root, *pod.expansion->cluster_spec);
    path.emplace_back("autoscalerOptions");
  }
  if (path.empty()) return {};
  path.emplace_back("securityContext");
  path.insert(path.end(), field->second.begin(), field->second.end());
  return {{Fix::Kind::kSet, std::move(path), value_of(violation.check)}};
}

bool is_mounted_at(const Node& container, std::string_view path) {
  const Node* mounts = container.find("volumeMounts");
  return mounts != nullptr && std::any_of(mounts->items().begin(), mounts->items().end(), [&](const Node& mount) {
    std::string_view own = kube::string_at(mount, {"mountPath"});
    while (own.size() > 1 && own.ends_with('/')) own.remove_suffix(1);
    return own == path;
  });
}

// "ray-tmp", or with a number behind it what no volume of the pod is called.
std::string new_volume(const Node& spec, std::string_view name) {
  const Node* volumes = spec.find("volumes");
  const auto is_taken = [&](std::string_view wanted) {
    return volumes != nullptr && std::any_of(volumes->items().begin(), volumes->items().end(), [&](const Node& volume) { return kube::string_at(volume, {"name"}) == wanted; });
  };
  std::string out(name);
  for (int number = 2; is_taken(out); ++number) out = fmt::format("{}-{}", name, number);
  return out;
}

// Of the container that runs Ray: a read-only root, and /tmp to write to. Others may need who knows what.
std::vector<Fix> read_only_root(const Pod& pod, const kube::Container& container) {
  if (!pod.is_ray_node() || container.node != ray_container(pod) || container.node->span().line == 0) return {};
  const auto inside = [&](const Node& node, std::initializer_list<std::string> keys) {
    std::vector<std::string> path = path_to(*pod.written->root, node);
    path.insert(path.end(), keys);
    return path;
  };
  std::vector<Fix> out{{Fix::Kind::kSet, inside(*container.node, {"securityContext", "readOnlyRootFilesystem"}), Node::boolean(true)}};
  if (is_mounted_at(*container.node, "/tmp")) return out;
  const Node name = Node::string(new_volume(*pod.spec, "ray-tmp"));
  out.push_back({Fix::Kind::kAppend, inside(*container.node, {"volumeMounts"}), Node::mapping({{Node::string("name"), name}, {Node::string("mountPath"), Node::string("/tmp")}})});
  out.push_back({Fix::Kind::kAppend, inside(*pod.spec, {"volumes"}), Node::mapping({{Node::string("name"), name}, {Node::string("emptyDir"), Node::mapping()}})});
  return out;
}

void check_host_paths(const World& world, const Pod& pod, Findings& findings) {
  const Node* volumes = pod.spec->find("volumes");
  if (volumes == nullptr || world.settings.host_paths.empty()) return;
  for (const Node& volume : volumes->items()) {
    const Node* path = volume.find_path({"hostPath", "path"});
    if (path == nullptr) continue;
    const auto& allowed = world.settings.host_paths;
    const bool listed = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& prefix) {
      return path->text() == prefix || (path->text().starts_with(prefix) && (prefix.ends_with('/') || path->text()[prefix.size()] == '/'));
    });
    bool written = false;
    for (const kube::Container& container : pod.containers) {
      const Node* mounts = container.node->find("volumeMounts");
      if (mounts == nullptr) continue;
      for (const Node& mount : mounts->items())
        written = written || (kube::string_at(mount, {"name"}) == kube::string_at(volume, {"name"}) && !kube::is_true(mount.find("readOnly")));
    }
    const std::string title = "volume " + std::string(kube::string_at(volume, {"name"}));
    if (!listed) findings.add(kHostPathList, pod, *path, title, fmt::format("{} is not below a listed prefix", path->text()));
    else if (written) findings.add(kHostPathList, pod, *path, title, fmt::format("{} is mounted to write; only readOnly is allowed", path->text()));
  }
}

void check_pod(const World& world, const Pod& pod, Findings& findings) {
  for (PodSecurityViolation& violation : check_pod_security(pod.metadata, *pod.spec, world.settings.pod_security, world.settings.kubernetes))
    findings.add(rule_of(violation.check), pod, *violation.where, violation.container, std::move(violation.message), [&] { return fixes_of(pod, violation); });
  check_host_paths(world, pod, findings);
  for (const kube::Container& container : pod.containers) {
    if (!kube::is_true(container.node->find_path({"securityContext", "readOnlyRootFilesystem"})))
      findings.add(kWritableRoot, pod, *container.node, kube::title(container), "securityContext.readOnlyRootFilesystem is not true", [&] { return read_only_root(pod, container); });
  }
}

}  // namespace

const Topic kPodSecurityTopic{kRules, nullptr, check_pod};

}  // namespace raykeep::checks
