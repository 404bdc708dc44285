// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/pod_security_visit.h"

namespace raykeep::checks {
namespace {

using document::Node;

constexpr std::array<std::string_view, 13> kCapabilities{"AUDIT_WRITE", "CHOWN",   "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL",      "MKNOD",
                                                         "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};

struct Sysctl {
  std::string_view name;
  unsigned since;  // Kubernetes 1.<since>
};
constexpr std::array<Sysctl, 14> kSysctls{{{"kernel.shm_rmid_forced", 0},
                                           {"net.ipv4.ip_local_port_range", 0},
                                           {"net.ipv4.tcp_syncookies", 0},
                                           {"net.ipv4.ping_group_range", 0},
                                           {"net.ipv4.ip_unprivileged_port_start", 0},
                                           {"net.ipv4.ip_local_reserved_ports", 27},
                                           {"net.ipv4.tcp_keepalive_time", 29},
                                           {"net.ipv4.tcp_fin_timeout", 29},
                                           {"net.ipv4.tcp_keepalive_intvl", 29},
                                           {"net.ipv4.tcp_keepalive_probes", 29},
                                           {"net.ipv4.tcp_rmem", 32},
                                           {"net.ipv4.tcp_wmem", 32},
                                           {"net.ipv4.tcp_slow_start_after_idle", 37},
                                           {"net.ipv4.tcp_notsent_lowat", 37}}};

// The text of a present, non-empty value.
std::optional<std::string_view> text_of(const Node* node) {
  if (node == nullptr || node->is_null() || node->text().empty()) return std::nullopt;
  return node->text();
}

const Node* at(const kube::Container& container, std::initializer_list<std::string_view> path) { return container.node->find_path(path); }

void host_namespaces(PodSecurityVisit& visit) {
  for (const char* field : {"hostNetwork", "hostPID", "hostIPC"}) {
    const Node* value = visit.spec.find(field);
    if (kube::is_true(value)) visit.pod("hostNamespaces", *value, fmt::format("{} must not be true", field));
  }
}

void windows_host_process(PodSecurityVisit& visit) {
  constexpr std::string_view kId = "windowsHostProcess";
  const Node* own = visit.spec.find_path({"securityContext", "windowsOptions", "hostProcess"});
  if (kube::is_true(own)) visit.pod(kId, *own, "securityContext.windowsOptions.hostProcess must not be true");
  for (const kube::Container& container : visit.containers) {
    const Node* value = at(container, {"securityContext", "windowsOptions", "hostProcess"});
    if (kube::is_true(value)) visit.in(kId, container, *value, "securityContext.windowsOptions.hostProcess must not be true");
  }
}

void privileged(PodSecurityVisit& visit) {
  for (const kube::Container& container : visit.containers) {
    const Node* value = at(container, {"securityContext", "privileged"});
    if (kube::is_true(value)) visit.in("privileged", container, *value, "securityContext.privileged must not be true");
  }
}

void capabilities(PodSecurityVisit& visit) {
  for (const kube::Container& container : visit.containers) {
    const Node* added = at(container, {"securityContext", "capabilities", "add"});
    if (added == nullptr) continue;
    for (const Node& capability : added->items()) {
      if (std::find(kCapabilities.begin(), kCapabilities.end(), capability.text()) == kCapabilities.end())
        visit.in("capabilities_baseline", container, capability, fmt::format("securityContext.capabilities.add must not hold {}", capability.text()));
    }
  }
}

void host_paths(PodSecurityVisit& visit) {
  const Node* volumes = visit.spec.find("volumes");
  if (volumes == nullptr) return;
  for (const Node& volume : volumes->items()) {
    const Node* path = volume.find("hostPath");
    if (path != nullptr && !path->is_null())
      visit.pod("hostPathVolumes", *path, fmt::format("volume {} must not use hostPath", kube::string_at(volume, {"name"})));
  }
}

void host_ports(PodSecurityVisit& visit) {
  for (const kube::Container& container : visit.containers) {
    const Node* ports = container.node->find("ports");
    if (ports == nullptr) continue;
    for (const Node& port : ports->items()) {
      const Node* host = port.find("hostPort");
      if (host != nullptr && host->as_integer().value_or(0) != 0) visit.in("hostPorts", container, *host, fmt::format("hostPort {} must not be used", host->text()));
    }
  }
}

void probe_hosts(PodSecurityVisit& visit) {
  if (visit.version < KubernetesVersion{34}) return;
  constexpr std::array<std::array<std::string_view, 2>, 5> kSites{
      {{"livenessProbe", ""}, {"readinessProbe", ""}, {"startupProbe", ""}, {"lifecycle", "postStart"}, {"lifecycle", "preStop"}}};
  for (const kube::Container& container : visit.containers) {
    for (const auto& [first, second] : kSites) {
      const Node* handler = container.node->find(first);
      if (handler != nullptr && !second.empty()) handler = handler->find(second);
      if (handler == nullptr) continue;
      for (const char* kind : {"httpGet", "tcpSocket"}) {
        const Node* host = handler->find_path({kind, "host"});
        if (text_of(host))
          visit.in("hostProbesAndHostLifecycle", container, *host, fmt::format("{}{}{}.{}.host must not be set", first, second.empty() ? "" : ".", second, kind));
      }
    }
  }
}

void app_armor_field(PodSecurityVisit& visit, const kube::Container* container, const Node* type) {
  const std::string_view value = type == nullptr ? std::string_view("RuntimeDefault") : type->text();
  if (value == "RuntimeDefault" || value == "Localhost") return;
  const std::string message = fmt::format("securityContext.appArmorProfile.type must be RuntimeDefault or Localhost, not \"{}\"", value);
  if (container == nullptr) return visit.pod("appArmorProfile", *type, message);
  visit.in("appArmorProfile", *container, *type, message);
}

// A profile without a type is a profile of the wrong type "".
const Node* type_of(const Node* context, std::string_view profile) {
  const Node* found = context == nullptr ? nullptr : context->find(profile);
  if (found == nullptr || found->is_null()) return nullptr;
  const Node* type = found->find("type");
  return type == nullptr ? found : type;
}

void app_armor(PodSecurityVisit& visit) {
  app_armor_field(visit, nullptr, type_of(visit.context(), "appArmorProfile"));
  for (const kube::Container& container : visit.containers)
    app_armor_field(visit, &container, type_of(container.node->find("securityContext"), "appArmorProfile"));
  const Node* annotations = visit.metadata == nullptr ? nullptr : visit.metadata->find("annotations");
  if (annotations == nullptr) return;
  for (const document::Member& member : annotations->members()) {
    const std::string_view value = member.value.text();
    if (!member.name().starts_with("container.apparmor.security.beta.kubernetes.io/")) continue;
    if (value.empty() || value == "runtime/default" || value.starts_with("localhost/")) continue;
    visit.pod("appArmorProfile", member.value, fmt::format("annotation {} must be runtime/default or localhost/..., not \"{}\"", member.name(), value));
  }
}

bool is_selinux_type(std::string_view type, KubernetesVersion version) {
  if (type.empty() || type == "container_t" || type == "container_init_t" || type == "container_kvm_t") return true;
  return type == "container_engine_t" && version >= KubernetesVersion{31};
}

void selinux_of(PodSecurityVisit& visit, const kube::Container* container, const Node* options) {
  if (options == nullptr) return;
  const auto tell = [&](const Node& where, std::string message) {
    if (container == nullptr) return visit.pod("seLinuxOptions", where, std::move(message));
    visit.in("seLinuxOptions", *container, where, std::move(message));
  };
  const Node* type = options->find("type");
  if (type != nullptr && !is_selinux_type(type->text(), visit.version))
    tell(*type, fmt::format("securityContext.seLinuxOptions.type must not be \"{}\"", type->text()));
  for (const char* field : {"user", "role"}) {
    const Node* value = options->find(field);
    if (text_of(value)) tell(*value, fmt::format("securityContext.seLinuxOptions.{} must not be set", field));
  }
}

void selinux(PodSecurityVisit& visit) {
  selinux_of(visit, nullptr, visit.spec.find_path({"securityContext", "seLinuxOptions"}));
  for (const kube::Container& container : visit.containers) selinux_of(visit, &container, at(container, {"securityContext", "seLinuxOptions"}));
}

void proc_mount(PodSecurityVisit& visit, bool restricted) {
  const bool split = visit.version >= KubernetesVersion{35};
  if (split && !restricted && visit.user_namespace()) return;
  for (const kube::Container& container : visit.containers) {
    const Node* value = at(container, {"securityContext", "procMount"});
    if (value != nullptr && !value->is_null() && value->text() != "Default")
      visit.in(split && restricted ? "procMount_restricted" : "procMount", container, *value,
               fmt::format("securityContext.procMount must not be \"{}\"", value->text()));
  }
}

bool is_seccomp_annotation(std::string_view value) {
  return value == "runtime/default" || value == "docker/default" || value.starts_with("localhost/");
}

void seccomp_annotations(PodSecurityVisit& visit) {
  const Node* annotations = visit.metadata == nullptr ? nullptr : visit.metadata->find("annotations");
  if (annotations == nullptr) return;
  const auto check = [&](const std::string& key) {
    const Node* value = annotations->find(key);
    if (value != nullptr && !is_seccomp_annotation(value->text()))
      visit.pod("seccompProfile_baseline", *value, fmt::format("annotation {} must not be \"{}\"", key, value->text()));
  };
  check("seccomp.security.alpha.kubernetes.io/pod");
  for (const kube::Container& container : visit.containers) check("container.seccomp.security.alpha.kubernetes.io/" + std::string(container.name));
}

void seccomp_fields(PodSecurityVisit& visit) {
  const auto wrong = [](const Node* type) { return type != nullptr && type->text() != "RuntimeDefault" && type->text() != "Localhost"; };
  constexpr std::string_view kMessage = "securityContext.seccompProfile.type must be RuntimeDefault or Localhost";
  const Node* own = type_of(visit.context(), "seccompProfile");
  if (wrong(own)) visit.pod("seccompProfile_baseline", *own, std::string(kMessage));
  for (const kube::Container& container : visit.containers) {
    const Node* type = type_of(container.node->find("securityContext"), "seccompProfile");
    if (wrong(type)) visit.in("seccompProfile_baseline", container, *type, std::string(kMessage));
  }
}

void sysctls(PodSecurityVisit& visit) {
  const Node* list = visit.spec.find_path({"securityContext", "sysctls"});
  if (list == nullptr) return;
  for (const Node& entry : list->items()) {
    const std::string_view name = kube::string_at(entry, {"name"});
    const bool allowed = std::any_of(kSysctls.begin(), kSysctls.end(),
                                     [&](const Sysctl& known) { return known.name == name && visit.version.minor >= known.since; });
    if (!allowed) visit.pod("sysctls", entry, fmt::format("securityContext.sysctls must not hold {}", name));
  }
}

}  // namespace

void check_baseline(PodSecurityVisit& visit, bool restricted) {
  host_namespaces(visit);
  windows_host_process(visit);
  privileged(visit);
  // Where the restricted level has a stricter form of the same check, that one speaks; also of Windows pods, which it
  // leaves alone from 1.25 on (check_capabilities_restricted.go overrides capabilities_baseline whatever it finds).
  if (!restricted || visit.version < KubernetesVersion{22}) capabilities(visit);
  if (!restricted) host_paths(visit);
  host_ports(visit);
  probe_hosts(visit);
  app_armor(visit);
  selinux(visit);
  proc_mount(visit, restricted);
  if (visit.version < KubernetesVersion{19}) {
    seccomp_annotations(visit);
  } else if (!restricted) {
    seccomp_fields(visit);
  }
  sysctls(visit);
}

}  // namespace raykeep::checks
