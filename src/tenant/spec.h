// SPDX-License-Identifier: Apache-2.0
// What a team is given, as one short file says it. docs/tenant.md has every key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "document/schema.h"
#include "kube/selector.h"

namespace raykeep::tenant {

inline constexpr ErrorCode kBadSpec{"tenant-spec", ErrorKind::kInput, ""};

// Pods of a namespace, by their labels.
struct Pods {
  std::string ns;
  kube::Labels labels;
  bool operator==(const Pods&) const = default;
};

// Where these are unless a spec says otherwise.
inline const Pods kDefaultOperator{"kuberay-system", {{"app.kubernetes.io/component", "kuberay-operator"}}};
inline const Pods kDefaultDns{"kube-system", {{"k8s-app", "kube-dns"}}};

// Somebody who may come to one port of the Ray pods.
struct Guest {
  Pods from;
  std::int64_t port = 0;
  bool heads_only = true;  // metrics and serve stand on workers too
};

// Addresses outside the cluster.
struct Outside {
  std::string cidr;
  std::vector<std::int64_t> ports;  // TCP
};

// Groups that may work in the namespace, by the name that the API server knows them by.
struct People {
  std::vector<std::string> viewers;         // see Ray resources, pods and logs
  std::vector<std::string> developers;      // and submit RayJobs
  std::vector<std::string> administrators;  // and make clusters
};

// A RAM role that pods of an account may take (RRSA).
struct RamRole {
  std::string account;
  std::string role;  // its name, not its ARN
};

// Pods that Ray pods may reach: Redis, a store, a registry of experiments.
struct Service {
  Pods pods;
  std::vector<std::int64_t> ports;  // TCP
};

struct Spec {
  std::string name;  // of the namespace
  std::string pod_security = "restricted";
  std::vector<std::string> manifests;  // paths, as seen from the spec's directory
  Pods kuberay_operator;
  Pods dns;
  std::string node_local_dns;  // an address; empty for none
  std::vector<Outside> api_server;
  std::vector<Guest> guests;
  std::vector<Outside> egress;
  std::vector<Service> services;
  std::vector<RamRole> ram_roles;
  People people;
};

// Every error at its place.
struct SpecText {
  Spec spec;
  std::vector<Error> errors;
};
SpecText read_spec(std::string_view text, const std::string& file);

}  // namespace raykeep::tenant
