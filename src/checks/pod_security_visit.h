// SPDX-License-Identifier: Apache-2.0
// One pod under the Pod Security Standards. Private to this folder: pod_security.h is the door.
#pragma once

#include <string>
#include <vector>

#include "checks/pod_security.h"
#include "kube/workload.h"

namespace raykeep::checks {

struct PodSecurityVisit {
  const document::Node* metadata = nullptr;
  const document::Node& spec;
  KubernetesVersion version;
  std::vector<kube::Container> containers;
  std::vector<PodSecurityViolation>& out;

  // A violation in the pod itself.
  void pod(std::string_view check, const document::Node& where, std::string message) {
    out.push_back({check, {}, std::move(message), &where, &spec});
  }
  void in(std::string_view check, const kube::Container& container, const document::Node& where, std::string message);
  // The pod's securityContext, or null.
  const document::Node* context() const { return spec.find("securityContext"); }
  bool user_namespace() const;  // hostUsers: false
  bool windows() const;         // spec.os.name
};

void check_baseline(PodSecurityVisit& visit, bool restricted);
void check_restricted(PodSecurityVisit& visit);

}  // namespace raykeep::checks
