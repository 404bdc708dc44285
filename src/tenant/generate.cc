// SPDX-License-Identifier: Apache-2.0
#include "tenant/generate.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "core/ip_network.h"
#include "document/yaml_writer.h"
#include "ray/build_node.h"
#include "ray/kuberay_names.h"
#include "tenant/accounts.h"
#include "tenant/quota.h"
#include "tenant/roles.h"

namespace raykeep::tenant {
namespace {

using document::Node;
using ray::list;
using ray::object;
using ray::text;

constexpr std::string_view kJobName = "batch.kubernetes.io/job-name";
// Credentials of the node are handed out at these addresses (link-local of most clouds, Alibaba Cloud).
constexpr std::string_view kMetadata[] = {"169.254.0.0/16", "100.100.100.200/32"};

Node labels_node(const kube::Labels& labels) {
  Node out = Node::mapping();
  for (const auto& [key, value] : labels) out.set(key, text(value));
  return out;
}

Node match_labels(const kube::Labels& labels) { return object({{"matchLabels", labels_node(labels)}}); }

Node expression(std::string_view key, std::string_view op, const std::vector<std::string>& values = {}) {
  Node out = object({{"key", text(key)}, {"operator", text(op)}});
  if (values.empty()) return out;
  out.set("values", ray::texts(values));
  return out;
}

Node port(std::int64_t number, std::string_view protocol = "TCP") { return object({{"port", Node::integer(number)}, {"protocol", text(protocol)}}); }

Node pods_of(const Pods& pods) {
  return object({{"namespaceSelector", match_labels({{"kubernetes.io/metadata.name", pods.ns}})}, {"podSelector", match_labels(pods.labels)}});
}

Node rule(std::string_view direction, Node peers, Node ports) {
  Node out = object({{direction, std::move(peers)}});
  if (!ports.items().empty()) out.set("ports", std::move(ports));
  return out;
}

// The pods that submit one RayJob.
struct Submitter {
  std::string name;
  kube::Labels labels;
};

// The pods of one Ray cluster; or, as their names end at random, those of all clusters that RayJobs and RayServices make.
struct Cluster {
  std::string name;   // of the policies
  std::string label;  // ray.io/cluster; empty for the clusters of jobs and services
  bool autoscaling = false;
  bool has_workers = false;
  bool serves = false;                  // a RayService's, whose workers the operator asks on the Serve port
  std::vector<Submitter> submitters;
};

class Generator {
 public:
  Generator(const Spec& spec, const kube::Manifests& manifests) : spec_(spec) {
    for (const kube::Object& resource : manifests.objects()) {
      if (ray::is_ray_resource(resource)) add(resource);
    }
  }

  Tenant run() {
    if (expansions_.empty() && out_.errors.empty()) out_.errors.emplace_back(kBadTenant, "the manifests have no RayCluster, RayJob or RayService");
    if (!out_.errors.empty()) return std::move(out_);
    make_namespace();
    make("Nothing comes in or goes out unless a policy below says so.", policy("default-deny", Node::mapping(), {}, {}));
    for (const Cluster& cluster : clusters_) make_cluster(cluster);
    make_submitters();
    make_services();
    make_quota();
    Accounts accounts = make_accounts(spec_, expansions_);
    std::move(accounts.errors.begin(), accounts.errors.end(), std::back_inserter(out_.errors));
    for (Made& one : accounts.objects) make(std::move(one.remark), std::move(one.object));
    for (Made& role : make_roles(spec_)) make(std::move(role.remark), std::move(role.object));
    return std::move(out_);
  }

 private:
  void reject(const kube::Object& at, const std::string& message) { out_.errors.emplace_back(kBadTenant, at.title() + ": " + message, at.at(*at.root)); }

  void add(const kube::Object& resource) {
    if (!resource.ns.empty() && resource.ns != spec_.name) return reject(resource, "it is of namespace " + resource.ns + ", not " + spec_.name);
    if (!titles_.insert(resource.title()).second) return reject(resource, "there is another one of this name among the manifests");
    ray::Expansion& expansion = expansions_.emplace_back(ray::expand(resource));
    for (const Error& problem : expansion.problems) out_.errors.push_back(problem);
    if (expansion.autoscaling && spec_.api_server.empty()) reject(resource, "it scales itself, so tenant.apiServer must say where the API server is");
    const bool workers = std::any_of(expansion.pods.begin(), expansion.pods.end(), [](const ray::PodGroup& group) { return group.role == ray::PodRole::kWorker; });
    if (resource.kind == "RayCluster") {
      Cluster& own = cluster(resource.name, resource.name);
      own.autoscaling = expansion.autoscaling;
      own.has_workers = workers;
      return;
    }
    const Node* selected = resource.find({"spec", "clusterSelector", ray::kClusterLabel});
    Cluster& target = selected == nullptr ? cluster("ray-jobs", "") : cluster(std::string(selected->text()), std::string(selected->text()));
    target.autoscaling = target.autoscaling || (selected == nullptr && expansion.autoscaling);
    target.has_workers = target.has_workers || workers;
    target.serves = target.serves || resource.kind == "RayService";
    const bool submits = std::any_of(expansion.pods.begin(), expansion.pods.end(), [](const ray::PodGroup& group) { return group.role == ray::PodRole::kSubmitter; });
    if (submits) target.submitters.push_back({resource.name, submitter_labels(resource)});
  }

  // Kubernetes labels the pods of a Job with its name, and the operator names that after the RayJob. Those of a RayCronJob end in
  // the time at which they start, so their pods must bear labels of their own.
  kube::Labels submitter_labels(const kube::Object& resource) {
    if (resource.kind != "RayCronJob") return {{std::string(kJobName), resource.name}};
    const Node* job = ray::job_spec(resource);
    kube::Labels labels = kube::labels_of(job == nullptr ? nullptr : job->find_path({"submitterPodTemplate", "metadata", "labels"}));
    if (labels.empty()) reject(resource, "the names of its jobs are made up as they start, so no policy could select their submitters; give submitterPodTemplate a label");
    return labels;
  }

  Cluster& cluster(const std::string& name, const std::string& label) {
    for (Cluster& known : clusters_) {
      if (known.label == label) return known;
    }
    return clusters_.emplace_back(Cluster{name, label, false, false, false, {}});
  }

  Node selector(const Cluster& cluster, std::string_view node_type) const {
    kube::Labels labels;
    if (!node_type.empty()) labels.emplace(ray::kNodeTypeLabel, node_type);
    if (!cluster.label.empty()) {
      labels.emplace(ray::kClusterLabel, cluster.label);
      return match_labels(labels);
    }
    std::vector<std::string> named;
    for (const Cluster& other : clusters_) {
      if (!other.label.empty()) named.push_back(other.label);
    }
    Node expressions = list({expression(ray::kClusterLabel, "Exists")});
    if (!named.empty()) expressions.append(expression(ray::kClusterLabel, "NotIn", named));
    Node out = labels.empty() ? Node::mapping() : match_labels(labels);
    out.set("matchExpressions", std::move(expressions));
    return out;
  }

  Node policy(std::string_view name, Node pods, Node::Sequence ingress, Node::Sequence egress) const {
    Node spec = object({{"podSelector", std::move(pods)}, {"policyTypes", list({text("Ingress"), text("Egress")})}});
    if (!ingress.empty()) spec.set("ingress", Node::sequence(std::move(ingress)));
    if (!egress.empty()) spec.set("egress", Node::sequence(std::move(egress)));
    return object({{"apiVersion", text("networking.k8s.io/v1")}, {"kind", text("NetworkPolicy")}, {"metadata", metadata(name)}, {"spec", std::move(spec)}});
  }

  Node metadata(std::string_view name) const { return object({{"name", text(name)}, {"namespace", text(spec_.name)}}); }

  // Two objects of one kind and name would be one on the cluster, the later in place of the earlier.
  void make(std::string remark, Node node) {
    const std::string title = std::string(node.find("kind")->text()) + " " + std::string(node.find_path({"metadata", "name"})->text());
    if (!titles_.insert(title).second)
      out_.errors.emplace_back(kBadTenant, "two Ray resources would both need " + title + "; name one of them otherwise");
    out_.objects.push_back({std::move(remark), std::move(node)});
  }

  void make_namespace() {
    Node labels = Node::mapping();
    for (const std::string_view mode : {"enforce", "warn", "audit"}) labels.set(fmt::format("pod-security.kubernetes.io/{}", mode), text(spec_.pod_security));
    if (!spec_.ram_roles.empty()) labels.set("pod-identity.alibabacloud.com/injection", text("on"));
    make("The team's namespace.", object({{"apiVersion", text("v1")}, {"kind", text("Namespace")}, {"metadata", object({{"name", text(spec_.name)}, {"labels", labels}})}}));
  }

  Node dns() const {
    Node peers = list({pods_of(spec_.dns)});
    if (!spec_.node_local_dns.empty()) peers.append(object({{"ipBlock", object({{"cidr", text(spec_.node_local_dns + (spec_.node_local_dns.find(':') == std::string::npos ? "/32" : "/128"))}})}}));
    return rule("to", std::move(peers), list({port(53, "UDP"), port(53)}));
  }

  static Node to_outside(const Outside& outside) {
    Node block = object({{"cidr", text(outside.cidr)}});
    const auto network = IpNetwork::parse(outside.cidr);
    Node except = Node::sequence();
    for (const std::string_view metadata : kMetadata) {
      const auto address = IpAddress::parse(metadata.substr(0, metadata.find('/')));
      if (network && address && network->contains(*address) && outside.cidr != metadata) except.append(text(metadata));
    }
    if (!except.items().empty()) block.set("except", std::move(except));
    return rule("to", list({object({{"ipBlock", std::move(block)}})}), ports(outside.ports));
  }

  Node::Sequence guests(bool head) const {
    Node::Sequence out;
    for (const Guest& guest : spec_.guests) {
      if (head || !guest.heads_only) out.push_back(rule("from", list({pods_of(guest.from)}), list({port(guest.port)})));
    }
    return out;
  }

  static Node ports(const std::vector<std::int64_t>& numbers) {
    Node out = Node::sequence();
    for (const std::int64_t number : numbers) out.append(port(number));
    return out;
  }

  // Services of the team's own namespace stand behind default-deny too.
  void make_services() {
    std::size_t number = 0;
    for (const Service& service : spec_.services) {
      if (service.pods.ns != spec_.name) continue;
      const Node ray_pods = object({{"podSelector", object({{"matchExpressions", list({expression(ray::kClusterLabel, "Exists")})}})}});
      make("What Ray pods use in this namespace.", policy(fmt::format("service-{}", ++number), match_labels(service.pods.labels), {rule("from", list({ray_pods}), ports(service.ports))}, {}));
    }
  }

  void make_cluster(const Cluster& cluster) {
    // A pod alone reaches itself without a rule.
    const Node own = list({object({{"podSelector", selector(cluster, "")}})});
    Node::Sequence ingress = guests(true);
    if (cluster.has_workers) ingress.insert(ingress.begin(), rule("from", own, Node::sequence()));
    ingress.push_back(rule("from", list({pods_of(spec_.kuberay_operator)}), list({port(ray::kDashboardPort)})));
    for (const Submitter& job : cluster.submitters)
      ingress.push_back(rule("from", list({object({{"podSelector", match_labels(job.labels)}})}), list({port(ray::kDashboardPort)})));
    Node::Sequence egress{dns()};
    if (cluster.has_workers) egress.insert(egress.begin(), rule("to", own, Node::sequence()));
    for (const Outside& outside : spec_.egress) egress.push_back(to_outside(outside));
    for (const Service& service : spec_.services) egress.push_back(rule("to", list({pods_of(service.pods)}), ports(service.ports)));
    Node::Sequence worker_egress = egress;
    if (cluster.autoscaling) {
      for (const Outside& outside : spec_.api_server) egress.push_back(to_outside(outside));
    }
    Node::Sequence worker_ingress = guests(false);
    worker_ingress.insert(worker_ingress.begin(), rule("from", own, Node::sequence()));
    if (cluster.serves) worker_ingress.push_back(rule("from", list({pods_of(spec_.kuberay_operator)}), list({port(ray::kServePort)})));
    const std::string what = cluster.label.empty() ? "the clusters that RayJobs and RayServices make" : "RayCluster " + cluster.label;
    make(fmt::format("The head of {}: its own pods, the operator, whoever submits jobs, and the guests of the spec.", what),
         policy(cluster.name + "-head", selector(cluster, "head"), std::move(ingress), std::move(egress)));
    if (!cluster.has_workers) return;
    make(fmt::format("The workers of {}: pods of the same cluster on every port, for Ray picks ports as it goes.", what),
         policy(cluster.name + "-workers", selector(cluster, "worker"), std::move(worker_ingress), std::move(worker_egress)));
  }

  void make_submitters() {
    for (const Cluster& cluster : clusters_) {
      for (const Submitter& job : cluster.submitters) {
        const Node head = list({object({{"podSelector", selector(cluster, "head")}})});
        make(fmt::format("What submits {}: it asks the head's Job API.", job.name),
             policy(job.name + "-submitter", match_labels(job.labels), {}, {rule("to", head, list({port(ray::kDashboardPort)})), dns()}));
      }
    }
  }

  void make_quota() {
    const auto demand = demand_of(expansions_);
    if (!demand) {
      out_.errors.push_back(demand.error());
      return;
    }
    make("All clusters at their largest, with what the operator adds, and no pod more.",
         object({{"apiVersion", text("v1")}, {"kind", text("ResourceQuota")}, {"metadata", metadata(spec_.name)}, {"spec", object({{"hard", quota_of(*demand)}})}}));
    out_.elastic_quota = elastic_quota_leaf(spec_.name, *demand);
    Node most = largest_pod_of(*demand);
    if (most.members().empty()) return;
    make("No pod larger than the largest of them.",
         object({{"apiVersion", text("v1")}, {"kind", text("LimitRange")}, {"metadata", metadata(spec_.name)},
                 {"spec", object({{"limits", list({object({{"type", text("Pod")}, {"max", std::move(most)}})})}})}}));
  }

  const Spec& spec_;
  std::deque<ray::Expansion> expansions_;
  std::vector<Cluster> clusters_;
  std::set<std::string> titles_;
  Tenant out_;
};

}  // namespace

Tenant generate(const Spec& spec, const kube::Manifests& manifests) { return Generator(spec, manifests).run(); }

std::string write(const Tenant& tenant) {
  std::string out;
  for (const Made& made : tenant.objects) out += "---\n" + document::yaml_comment(made.remark) + document::write_yaml(made.object);
  return out;
}

}  // namespace raykeep::tenant
