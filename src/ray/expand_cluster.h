// SPDX-License-Identifier: Apache-2.0
// The pieces of an expansion. Private to this folder: expand.h is the door.
#pragma once

#include <string>
#include <string_view>

#include "ray/build_node.h"
#include "ray/expand.h"

namespace raykeep::ray {

// A RayCluster as the operator sees it: its own, or the one that it makes for a job or a service.
struct Cluster {
  std::string name;
  std::string ns;
  Node spec;
  Node labels;       // mappings
  Node annotations;
  std::string_view creator = "RayCluster";  // the kind that it was made for
  const ExpandOptions* options = nullptr;

  bool autoscaling() const;
  bool autoscaler_v2() const;
  bool token_auth() const;
  bool kubernetes_auth() const;
  bool gcs_fault_tolerance() const;
  bool tls() const;
  std::string_view annotation(std::string_view key) const;
  // "<head service>.<namespace>.svc.cluster.local"
  std::string head_fqdn() const;
};

// metadata.ownerReferences with one controller.
Node owner_references(std::string_view api_version, std::string_view kind, std::string_view name);
// The labels app.kubernetes.io/{name,created-by}.
void add_application_labels(Node& labels);

// The pod of the head, of a worker group; null when the group has no container, which the operator refuses.
Node head_pod(const Cluster& cluster);
Node worker_pod(const Cluster& cluster, const Node& group);

// RAY_AUTH_MODE and what goes with it, for one container.
void add_auth_env(const Cluster& cluster, Node& container);
// The projected ServiceAccount token for Kubernetes authentication.
void add_auth_volume(Node& pod_spec);

Node head_service(const Cluster& cluster);
// For ray.io/enable-serve-service and for a RayService; null when the head has no serving port.
Node serve_service(const Cluster& cluster, std::string_view owner, const Node* custom);
Node headless_worker_service(const Cluster& cluster);
// For a RayService that moves its traffic step by step (upgradeStrategy NewClusterWithIncrementalUpgrade).
Node upgrade_gateway(const Cluster& cluster, std::string_view owner, const Node& gateway_class);
Node upgrade_route(const Cluster& cluster, std::string_view owner);
Node head_ingress(const Cluster& cluster);
// The head service under the name of the job or service.
Node owner_head_service(const Cluster& cluster, std::string_view owner, std::string_view kind);

Node autoscaler_service_account(const Cluster& cluster);
Node autoscaler_role(const Cluster& cluster);
Node autoscaler_role_binding(const Cluster& cluster);
Node auth_secret(const Cluster& cluster);
// spec.networkPolicy of v1.7, for the head or a worker group.
Node network_policy(const Cluster& cluster, const Node* group);

// The container that submits a job, and the pod of a K8sJobMode submitter.
Node submitter_container(const Cluster& cluster, const Node& job, std::string_view job_name, bool sidecar, const Node* custom);
Node submitter_template(const Cluster& cluster, const Node& job, std::string_view job_name);

// Everything of one cluster, added to `out`.
void expand_cluster(const Cluster& cluster, Expansion& out);

}  // namespace raykeep::ray
