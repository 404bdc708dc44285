// SPDX-License-Identifier: Apache-2.0
// Who is on the network: the pods that a set of manifests makes, by the workload that makes them, and the networks that
// they are attached to. Ray resources are expanded to their pods.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/manifests.h"
#include "kube/selector.h"
#include "network/connections.h"
#include "ray/expand.h"

namespace raykeep::network {

struct Namespace {
  std::string name;
  kube::Labels labels;  // with kubernetes.io/metadata.name
  const kube::Object* written = nullptr;  // null when no manifest has it
};

struct NamedPort {
  std::string name;
  Protocol protocol = Protocol::kTcp;
  std::uint32_t port = 0;
  auto operator<=>(const NamedPort&) const = default;
};

// The pods of one workload: equal in everything that policies look at.
struct Endpoint {
  std::string ns;
  std::string name;
  std::string kind;  // of the workload: "Deployment", "RayCluster"
  kube::Labels labels;
  std::vector<NamedPort> named_ports;  // sorted
  bool host_network = false;
  bool several = false;  // it may have more than one pod
  // Stands for whatever serves the Ingresses and routes: in a namespace of its own, with no labels.
  bool ingress_controller = false;
  const kube::Object* written = nullptr;
  const document::Node* pod_spec = nullptr;  // null for virtual machines
  const ray::Expansion* expansion = nullptr;  // null for what is no Ray pod
  const ray::PodGroup* group = nullptr;

  bool is_head() const { return group != nullptr && group->role == ray::PodRole::kHead; }
  bool is_ray_node() const { return group != nullptr && group->role != ray::PodRole::kSubmitter; }
  // "team-a/demo[Deployment]", "{ingress-controller}".
  std::string title() const { return ingress_controller ? "{ingress-controller}" : ns + "/" + name + "[" + kind + "]"; }
};

// A network that endpoints are attached to. Pods reach each other on a common one only.
struct Network {
  enum class Kind : std::uint8_t {
    kPod,         // the cluster's own
    kPrimary,     // UserDefinedNetwork as the primary interface (k8s.ovn.org)
    kPrimaryCluster,  // ClusterUserDefinedNetwork likewise
    kAttachment,  // NetworkAttachmentDefinition as a further interface (k8s.cni.cncf.io)
  };
  Kind kind = Kind::kPod;
  std::string name;
  std::vector<std::size_t> members;  // endpoints, ascending
  bool leads_outside() const { return kind != Kind::kAttachment; }
};

// What becomes of pods of one owner that policies may tell apart by their labels, ports or network.
enum class MixedOwners : std::uint8_t { kApart, kAsTheFirst };

class Topology {
 public:
  // Keeps pointers into `manifests`.
  explicit Topology(const kube::Manifests& manifests, const ray::ExpandOptions& options = {}, MixedOwners mixed = MixedOwners::kApart);
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  const std::map<std::string, Namespace, std::less<>>& namespaces() const { return namespaces_; }
  // The pod network first; the others by name. Only those that have members.
  const std::vector<Network>& networks() const { return networks_; }
  const std::deque<ray::Expansion>& expansions() const { return expansions_; }
  // Every object: those of the manifests, and those that the operator makes.
  const std::vector<const kube::Object*>& objects() const { return objects_; }
  const std::vector<Error>& problems() const { return problems_; }
  // The labels of a namespace; of one that no manifest has, its name alone.
  kube::Labels namespace_labels(std::string_view name) const;

 private:
  void add_object(const kube::Object& object);
  void add_expansion(const kube::Object& object);
  void add_endpoint(Endpoint endpoint);
  void add_virtual_machine(const kube::Object& object);
  void add_ingress_controller();
  void settle_namespaces();

  MixedOwners mixed_;
  std::vector<Endpoint> endpoints_;
  std::map<std::string, std::size_t, std::less<>> by_title_;
  std::map<std::string, Namespace, std::less<>> namespaces_;
  std::vector<Network> networks_;
  std::deque<ray::Expansion> expansions_;
  std::vector<const kube::Object*> objects_;
  std::vector<Error> problems_;
};

// Internal to this folder: the networks of the endpoints (attachments.cc).
std::vector<Network> read_networks(const std::vector<const kube::Object*>& objects, const std::vector<Endpoint>& endpoints,
                                   const std::map<std::string, Namespace, std::less<>>& namespaces);

}  // namespace raykeep::network
