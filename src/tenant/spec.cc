// SPDX-License-Identifier: Apache-2.0
#include "tenant/spec.h"

#include <array>
#include <fmt/format.h>

#include "core/ip_network.h"
#include "document/yaml.h"
#include "kube/object.h"
#include "ray/kuberay_names.h"

namespace raykeep::tenant {
namespace {

using document::Key;
using document::Node;
using T = document::ValueType;

constexpr std::array kKeys{
    Key{"tenant", T::kObject, "", "The team."},
    Key{"tenant.name", T::kString, "", "Its namespace.", {}, true},
    Key{"tenant.podSecurity", T::kChoice, "restricted", "The Pod Security level that the namespace enforces.", "baseline|restricted"},
    Key{"tenant.manifests", T::kList, "", "Its Ray resources: files or directories, as seen from this file.", {}, true},
    Key{"tenant.manifests[]", T::kString, "", "A path."},
    Key{"tenant.operator", T::kObject, "", "The pods of the KubeRay operator."},
    Key{"tenant.operator.namespace", T::kString, "kuberay-system", "Their namespace."},
    Key{"tenant.operator.labels", T::kMap, "app.kubernetes.io/component: kuberay-operator", "Their labels."},
    Key{"tenant.operator.labels.*", T::kString, "", "A value."},
    Key{"tenant.dns", T::kObject, "", "The pods that answer names."},
    Key{"tenant.dns.namespace", T::kString, "kube-system", "Their namespace."},
    Key{"tenant.dns.labels", T::kMap, "k8s-app: kube-dns", "Their labels."},
    Key{"tenant.dns.labels.*", T::kString, "", "A value."},
    Key{"tenant.dns.nodeLocal", T::kString, "", "The address of NodeLocal DNSCache, usually 169.254.20.10."},
    Key{"tenant.apiServer", T::kList, "", "Where the API server is; autoscaling clusters need it."},
    Key{"tenant.apiServer[]", T::kObject, "", "Addresses."},
    Key{"tenant.apiServer[].cidr", T::kNetwork, "", "A network, such as 10.0.0.1/32.", {}, true},
    Key{"tenant.apiServer[].ports", T::kList, "", "TCP ports.", {}, true},
    Key{"tenant.apiServer[].ports[]", T::kInteger, "", "A port.", "1..65535"},
    Key{"tenant.guests", T::kList, "", "Who else may come to a port of the Ray pods: a gateway, Prometheus, clients of Serve."},
    Key{"tenant.guests[]", T::kObject, "", "One of them."},
    Key{"tenant.guests[].door", T::kChoice, "", "The port.", "dashboard|client|metrics|serve", true},
    Key{"tenant.guests[].namespace", T::kString, "", "The namespace of the pods that come.", {}, true},
    Key{"tenant.guests[].labels", T::kMap, "", "Their labels.", {}, true},
    Key{"tenant.guests[].labels.*", T::kString, "", "A value."},
    Key{"tenant.egress", T::kList, "", "What the Ray pods may reach outside the cluster: object stores, registries of packages."},
    Key{"tenant.egress[]", T::kObject, "", "Addresses."},
    Key{"tenant.egress[].cidr", T::kNetwork, "", "A network. Metadata addresses are closed whatever it holds.", {}, true},
    Key{"tenant.egress[].ports", T::kList, "", "TCP ports.", {}, true},
    Key{"tenant.egress[].ports[]", T::kInteger, "", "A port.", "1..65535"},
    Key{"tenant.services", T::kList, "", "What the Ray pods may reach inside the cluster: Redis, object stores, experiment trackers."},
    Key{"tenant.services[]", T::kObject, "", "Pods."},
    Key{"tenant.services[].namespace", T::kString, "", "Their namespace; the team's own, where they are let in too.", {}, true},
    Key{"tenant.services[].labels", T::kMap, "", "Their labels.", {}, true},
    Key{"tenant.services[].labels.*", T::kString, "", "A value."},
    Key{"tenant.services[].ports", T::kList, "", "TCP ports of the pods, not of a Service.", {}, true},
    Key{"tenant.services[].ports[]", T::kInteger, "", "A port.", "1..65535"},
    Key{"tenant.ramRoles", T::kList, "", "RAM roles for ServiceAccounts (RRSA), on ACK."},
    Key{"tenant.ramRoles[]", T::kObject, "", "One of them."},
    Key{"tenant.ramRoles[].account", T::kString, "", "The ServiceAccount that the pods name.", {}, true},
    Key{"tenant.ramRoles[].role", T::kString, "", "The role's name, not its ARN.", {}, true},
    Key{"tenant.people", T::kObject, "", "Groups that may work in the namespace."},
    Key{"tenant.people.viewers", T::kList, "", "See Ray resources, pods and logs."},
    Key{"tenant.people.viewers[]", T::kString, "", "A group."},
    Key{"tenant.people.developers", T::kList, "", "See the same, and submit RayJobs."},
    Key{"tenant.people.developers[]", T::kString, "", "A group."},
    Key{"tenant.people.administrators", T::kList, "", "Do the same, and make RayClusters and RayServices."},
    Key{"tenant.people.administrators[]", T::kString, "", "A group."},
};

std::string text_or(const Node& node, std::initializer_list<std::string_view> path, std::string_view fallback) {
  const std::string_view found = kube::string_at(node, path);
  return std::string(found.empty() ? fallback : found);
}

Pods pods_or(const Node* node, const Pods& fallback) {
  if (node == nullptr) return fallback;
  Pods out{text_or(*node, {"namespace"}, fallback.ns), kube::labels_of(node->find("labels"))};
  if (out.labels.empty()) out.labels = fallback.labels;
  return out;
}

std::vector<std::int64_t> ports_of(const Node& item) {
  std::vector<std::int64_t> out;
  if (const Node* ports = item.find("ports")) {
    for (const Node& port : ports->items()) out.push_back(port.as_integer().value_or(0));
  }
  return out;
}

std::vector<Outside> outside(const Node* list) {
  std::vector<Outside> out;
  if (list == nullptr) return out;
  for (const Node& item : list->items()) out.push_back({std::string(kube::string_at(item, {"cidr"})), ports_of(item)});
  return out;
}

Guest guest(const Node& item) {
  const std::string_view door = kube::string_at(item, {"door"});
  Guest out{{std::string(kube::string_at(item, {"namespace"})), kube::labels_of(item.find("labels"))}, ray::kDashboardPort, true};
  if (door == "client") out.port = ray::kClientPort;
  if (door == "metrics") out.port = ray::kMetricsPort;
  if (door == "serve") out.port = ray::kServePort;
  out.heads_only = door == "dashboard" || door == "client";
  return out;
}

Spec read(const Node& tenant) {
  Spec spec;
  spec.name = text_or(tenant, {"name"}, "");
  spec.pod_security = text_or(tenant, {"podSecurity"}, "restricted");
  for (const Node& path : tenant.find("manifests")->items()) spec.manifests.emplace_back(path.text());
  spec.kuberay_operator = pods_or(tenant.find("operator"), kDefaultOperator);
  spec.dns = pods_or(tenant.find("dns"), kDefaultDns);
  spec.node_local_dns = text_or(tenant, {"dns", "nodeLocal"}, "");
  spec.api_server = outside(tenant.find("apiServer"));
  spec.egress = outside(tenant.find("egress"));
  if (const Node* services = tenant.find("services")) {
    for (const Node& item : services->items()) spec.services.push_back({{std::string(kube::string_at(item, {"namespace"})), kube::labels_of(item.find("labels"))}, ports_of(item)});
  }
  if (const Node* roles = tenant.find("ramRoles")) {
    for (const Node& item : roles->items()) spec.ram_roles.push_back({std::string(kube::string_at(item, {"account"})), std::string(kube::string_at(item, {"role"}))});
  }
  spec.people = {document::texts_of(tenant.find_path({"people", "viewers"})), document::texts_of(tenant.find_path({"people", "developers"})),
                 document::texts_of(tenant.find_path({"people", "administrators"}))};
  if (const Node* guests = tenant.find("guests")) {
    for (const Node& item : guests->items()) spec.guests.push_back(guest(item));
  }
  return spec;
}

void check(const Outside& outside, const std::string& file, std::vector<Error>& errors) {
  const auto first = IpAddress::parse(outside.cidr.substr(0, outside.cidr.find('/')));
  const bool metadata = first && (IpNetwork::parse("169.254.0.0/16")->contains(*first) || IpNetwork::parse("100.100.100.200/32")->contains(*first));
  if (metadata) errors.emplace_back(kBadSpec, outside.cidr + " is where nodes get their credentials; pods never reach it", SourcePosition{file, 0, 0});
  if (outside.ports.empty()) errors.emplace_back(kBadSpec, outside.cidr + " has no ports; a list of none would open them all", SourcePosition{file, 0, 0});
}

}  // namespace

SpecText read_spec(std::string_view text, const std::string& file) {
  SpecText out;
  auto root = document::read_yaml_document(text, {.aliases = document::YamlAliases::kRefuse}, file);
  if (!root) {
    out.errors.push_back(std::move(root).error());
    return out;
  }
  out.errors = document::validate(*root, kKeys, file);
  const Node* tenant = root->find("tenant");
  if (out.errors.empty() && tenant == nullptr) out.errors.emplace_back(kBadSpec, "there is no tenant in it", SourcePosition{file, 1, 1});
  if (!out.errors.empty()) return out;
  out.spec = read(*tenant);
  for (const auto* list : {&out.spec.api_server, &out.spec.egress}) {
    for (const Outside& outside : *list) check(outside, file, out.errors);
  }
  if (!out.spec.node_local_dns.empty() && !IpAddress::parse(out.spec.node_local_dns))
    out.errors.emplace_back(kBadSpec, "dns.nodeLocal is an address, such as 169.254.20.10, not " + out.spec.node_local_dns, SourcePosition{file, 0, 0});
  for (const Service& service : out.spec.services) {
    if (service.pods.labels.empty() || service.ports.empty())
      out.errors.emplace_back(kBadSpec, fmt::format("a service in namespace {} needs labels and ports: without them every pod or port there would be open", service.pods.ns), SourcePosition{file, 0, 0});
  }
  for (const RamRole& role : out.spec.ram_roles) {
    if (role.role.starts_with("acs:")) out.errors.emplace_back(kBadSpec, fmt::format("ramRoles: {} is an ARN, and ACK wants the role's name", role.role), SourcePosition{file, 0, 0});
  }
  for (const Guest& guest : out.spec.guests) {
    if (guest.from.labels.empty())
      out.errors.emplace_back(kBadSpec, fmt::format("a guest from namespace {} needs labels: without them every pod there could come in", guest.from.ns), SourcePosition{file, 0, 0});
  }
  return out;
}

}  // namespace raykeep::tenant
