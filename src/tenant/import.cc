// SPDX-License-Identifier: Apache-2.0
#include "tenant/import.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "document/yaml_writer.h"
#include "kube/selector.h"
#include "ray/build_node.h"
#include "ray/expand.h"
#include "ray/kuberay_names.h"
#include "tenant/spec.h"

namespace raykeep::tenant {
namespace {

using document::Node;
using kube::Object;
using ray::list;
using ray::object;
using ray::text;

constexpr std::string_view kNamespaceName = "kubernetes.io/metadata.name";

struct DoorName {
  std::int64_t port;
  std::string_view name;
};
constexpr DoorName kDoors[] = {{ray::kDashboardPort, "dashboard"}, {ray::kClientPort, "client"}, {ray::kMetricsPort, "metrics"}, {ray::kServePort, "serve"}};

// The numbered TCP ports of a rule; none where it names others.
std::vector<std::int64_t> tcp_ports(const Node& rule) {
  std::vector<std::int64_t> out;
  const Node* ports = rule.find("ports");
  if (ports == nullptr) return out;
  for (const Node& port : ports->items()) {
    const std::string_view protocol = kube::string_at(port, {"protocol"});
    const Node* number = port.find("port");
    if ((protocol.empty() || protocol == "TCP") && number != nullptr && number->as_integer() && port.find("endPort") == nullptr) out.push_back(*number->as_integer());
  }
  return out;
}

Node numbers(const std::vector<std::int64_t>& values) {
  Node out = Node::sequence();
  for (const std::int64_t value : values) out.append(Node::integer(value));
  return out;
}

bool holds(const Node& items, const Node& item) {
  return std::any_of(items.items().begin(), items.items().end(), [&](const Node& known) { return same_value(known, item); });
}

void add_once(Node& items, Node item) {
  if (!holds(items, item)) items.append(std::move(item));
}

bool allows(const Object& role, std::string_view verb, std::string_view resource) {
  const auto names = [](const Node* items, std::string_view wanted) {
    return items != nullptr && std::any_of(items->items().begin(), items->items().end(), [&](const Node& item) { return item.text() == wanted || item.text() == "*"; });
  };
  const Node* rules = role.find({"rules"});
  return rules != nullptr && std::any_of(rules->items().begin(), rules->items().end(), [&](const Node& rule) {
           return names(rule.find("apiGroups"), "ray.io") && names(rule.find("resources"), resource) && names(rule.find("verbs"), verb) && rule.find("resourceNames") == nullptr;
         });
}

class Importer {
 public:
  Importer(const kube::Manifests& manifests, std::string ns) : manifests_(manifests), ns_(std::move(ns)) {}

  std::string run() {
    for (const Object& one : manifests_.objects()) {
      if (one.is("", "Namespace") && one.name == ns_) level_ = kube::label(*one.root, "pod-security.kubernetes.io/enforce");
      if (one.effective_namespace() != ns_) continue;
      if (ray::is_ray_resource(one) && one.file != nullptr) add_file(one);
      if (one.is("networking.k8s.io", "NetworkPolicy")) read_policy(one);
      if (one.is("rbac.authorization.k8s.io", "RoleBinding")) read_binding(one);
      if (one.is("", "ServiceAccount")) read_account(one);
    }
    return write();
  }

 private:
  void note(const Object& one, std::string_view sentence) { notes_.push_back(fmt::format("{}: {}", one.title(), sentence)); }

  // A spec names files; what came by a pipe has none yet.
  void add_file(const Object& resource) {
    constexpr std::string_view kName = "ray.yaml";
    const bool piped = resource.file->name == kube::kStandardInput;
    if (piped) note(resource, fmt::format("it came by standard input; write it to {}, which the spec names", kName));
    add_once(files_, text(piped ? kName : std::string_view(resource.file->name)));
  }

  // Its namespace and labels where it selects pods of one namespace by labels alone.
  struct Peer {
    std::string ns;
    Node labels;
  };
  std::optional<Peer> pods_of(const Node& peer) const {
    const Node* spaces = peer.find("namespaceSelector");
    const Node* pods = peer.find_path({"podSelector", "matchLabels"});
    if (pods == nullptr || peer.find_path({"podSelector", "matchExpressions"}) != nullptr) return std::nullopt;
    if (spaces == nullptr) return Peer{ns_, *pods};
    const Node* name = spaces->find_path({"matchLabels", kNamespaceName});
    if (name == nullptr || spaces->find_path({"matchLabels"})->members().size() != 1 || spaces->find("matchExpressions") != nullptr) return std::nullopt;
    return Peer{std::string(name->text()), *pods};
  }

  static bool is(const Peer& peer, const Pods& pods) { return Pods{peer.ns, kube::labels_of(&peer.labels)} == pods; }
  // However it was installed, its labels say what it is.
  static bool is_operator(const Peer& peer) {
    const auto& labels = peer.labels.members();
    return std::any_of(labels.begin(), labels.end(), [](const document::Member& label) { return label.value.text() == "kuberay-operator"; });
  }
  static Node written(const Peer& peer) { return object({{"namespace", text(peer.ns)}, {"labels", peer.labels}}); }

  static bool is_rays_own(const Node& peer) {
    const Node* labels = peer.find_path({"podSelector", "matchLabels"});
    const Node* expressions = peer.find_path({"podSelector", "matchExpressions"});
    const bool cluster = labels != nullptr && (labels->find(ray::kClusterLabel) != nullptr || labels->find("batch.kubernetes.io/job-name") != nullptr);
    const bool any = expressions != nullptr && std::any_of(expressions->items().begin(), expressions->items().end(), [](const Node& one) { return kube::string_at(one, {"key"}) == ray::kClusterLabel; });
    return cluster || any;
  }

  void read_policy(const Object& policy) {
    if (const Node* ingress = policy.find({"spec", "ingress"})) {
      for (const Node& rule : ingress->items()) read_ingress(policy, rule);
    }
    if (const Node* egress = policy.find({"spec", "egress"})) {
      for (const Node& rule : egress->items()) read_egress(policy, rule);
    }
  }

  void read_ingress(const Object& policy, const Node& rule) {
    const Node* from = rule.find("from");
    if (from == nullptr || from->items().empty()) return note(policy, "it lets everybody in, which no tenant does");
    for (const Node& peer : from->items()) {
      if (is_rays_own(peer)) continue;
      const auto pods = pods_of(peer);
      if (!pods || pods->labels.members().empty()) {
        note(policy, "it lets in pods that a guest of a tenant must be told apart from, by namespace and labels");
        continue;
      }
      if (is_operator(*pods)) {
        if (!is(*pods, kDefaultOperator)) operator_ = written(*pods);
        continue;
      }
      for (const std::int64_t port : tcp_ports(rule)) {
        const auto* const door = std::find_if(std::begin(kDoors), std::end(kDoors), [&](const DoorName& known) { return known.port == port; });
        if (door == std::end(kDoors)) note(policy, fmt::format("it opens port {} to pods of {}; guests come to the dashboard, client, metrics and Serve ports", port, pods->ns));
        else add_once(guests_, object({{"door", text(door->name)}, {"namespace", text(pods->ns)}, {"labels", pods->labels}}));
      }
    }
  }

  void read_egress(const Object& policy, const Node& rule) {
    const Node* to = rule.find("to");
    if (to == nullptr || to->items().empty()) return note(policy, "it lets pods out to everywhere, which no tenant does");
    const std::vector<std::int64_t> ports = tcp_ports(rule);
    const bool names = std::find(ports.begin(), ports.end(), 53) != ports.end();
    for (const Node& peer : to->items()) {
      const Node* block = peer.find("ipBlock");
      const auto pods = block == nullptr ? pods_of(peer) : std::nullopt;
      if (is_rays_own(peer)) continue;
      if (names) read_dns(block, pods);
      else if (block != nullptr) read_block(policy, *block, ports);
      else if (pods && !pods->labels.members().empty() && !ports.empty()) add_once(services_, object({{"namespace", text(pods->ns)}, {"labels", pods->labels}, {"ports", numbers(ports)}}));
      else note(policy, "it lets pods out to more than a service that has a namespace, labels and ports");
    }
  }

  void read_dns(const Node* block, const std::optional<Peer>& pods) {
    if (block != nullptr) {
      const std::string_view cidr = kube::string_at(*block, {"cidr"});
      dns_.set("nodeLocal", text(cidr.substr(0, cidr.find('/'))));
    } else if (pods && !is(*pods, kDefaultDns)) {
      dns_.set("namespace", text(pods->ns));
      dns_.set("labels", pods->labels);
    }
  }

  // The API server is told by its port: 6443, and not what pods fetch from.
  void read_block(const Object& policy, const Node& block, const std::vector<std::int64_t>& ports) {
    if (ports.empty()) return note(policy, fmt::format("it opens all ports of {}", kube::string_at(block, {"cidr"})));
    Node made = object({{"cidr", text(kube::string_at(block, {"cidr"}))}, {"ports", numbers(ports)}});
    add_once(ports == std::vector<std::int64_t>{6443} ? api_server_ : egress_, std::move(made));
  }

  void read_binding(const Object& binding) {
    const Object* role = nullptr;
    const std::string_view named = kube::string_at(*binding.root, {"roleRef", "name"});
    for (const Object& one : manifests_.objects()) {
      if (one.is("rbac.authorization.k8s.io", kube::string_at(*binding.root, {"roleRef", "kind"})) && one.name == named && (one.kind == "ClusterRole" || one.effective_namespace() == ns_)) role = &one;
    }
    const Node* subjects = binding.find({"subjects"});
    if (subjects == nullptr) return;
    for (const Node& subject : subjects->items()) {
      const std::string_view kind = kube::string_at(subject, {"kind"});
      if (kind == "ServiceAccount") continue;
      if (kind != "Group") note(binding, fmt::format("{} {} has rights of its own; a tenant gives them to groups", kind, kube::string_at(subject, {"name"})));
      else if (role == nullptr) note(binding, fmt::format("its role {} is not among the manifests", named));
      else if (Node* people = people_of(*role)) add_once(*people, text(kube::string_at(subject, {"name"})));
      else note(binding, fmt::format("its role {} has nothing to do with Ray", named));
    }
  }

  Node* people_of(const Object& role) {
    if (allows(role, "create", "rayclusters")) return &administrators_;
    if (allows(role, "create", "rayjobs")) return &developers_;
    return allows(role, "get", "rayclusters") ? &viewers_ : nullptr;
  }

  void read_account(const Object& account) {
    const std::string_view role = kube::annotation(*account.root, "pod-identity.alibabacloud.com/role-name");
    if (!role.empty()) add_once(ram_roles_, object({{"account", text(account.name)}, {"role", text(role)}}));
  }

  std::string write() {
    Node tenant = object({{"name", text(ns_)}});
    const bool known = level_ == "baseline" || level_ == "restricted";
    if (!known) notes_.push_back(fmt::format("Namespace {}: it enforces no Pod Security level of a tenant; restricted is taken", ns_));
    if (level_ == "baseline") tenant.set("podSecurity", text(level_));
    tenant.set("manifests", files_);
    if (!operator_.members().empty()) tenant.set("operator", operator_);
    if (!dns_.members().empty()) tenant.set("dns", dns_);
    const std::pair<std::string_view, const Node*> lists[] = {{"apiServer", &api_server_}, {"guests", &guests_}, {"egress", &egress_}, {"services", &services_}, {"ramRoles", &ram_roles_}};
    for (const auto& [key, items] : lists) {
      if (!items->items().empty()) tenant.set(key, *items);
    }
    Node people = Node::mapping();
    const std::pair<std::string_view, const Node*> kinds[] = {{"viewers", &viewers_}, {"developers", &developers_}, {"administrators", &administrators_}};
    for (const auto& [key, groups] : kinds) {
      if (!groups->items().empty()) people.set(key, *groups);
    }
    if (!people.members().empty()) tenant.set("people", std::move(people));
    std::string out;
    for (const std::string& sentence : notes_) out += document::yaml_comment("Left out: " + sentence + ".");
    return out + document::write_yaml(object({{"tenant", std::move(tenant)}}));
  }

  const kube::Manifests& manifests_;
  std::string ns_;
  std::string level_;
  std::vector<std::string> notes_;
  Node files_ = Node::sequence(), guests_ = Node::sequence(), egress_ = Node::sequence(), api_server_ = Node::sequence(), services_ = Node::sequence(), ram_roles_ = Node::sequence();
  Node viewers_ = Node::sequence(), developers_ = Node::sequence(), administrators_ = Node::sequence();
  Node operator_ = Node::mapping(), dns_ = Node::mapping();
};

}  // namespace

Result<std::string> import_spec(const kube::Manifests& manifests) {
  std::set<std::string, std::less<>> namespaces;
  for (const Object& one : manifests.objects()) {
    if (ray::is_ray_resource(one)) namespaces.emplace(one.effective_namespace());
  }
  if (namespaces.empty()) return fail(kNothingToImport, "there is no Ray resource among the manifests");
  if (namespaces.size() > 1) return fail(kNothingToImport, fmt::format("Ray resources of several namespaces: {}; a tenant is one", fmt::join(namespaces, ", ")));
  return Importer(manifests, *namespaces.begin()).run();
}

}  // namespace raykeep::tenant
