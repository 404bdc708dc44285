// SPDX-License-Identifier: Apache-2.0
// The checks, one file a topic. Private to this folder: engine.h is the door.
#pragma once

#include <span>

#include "checks/findings.h"
#include "checks/world.h"

namespace raykeep::checks {

// One topic: its rules, and the functions that find what breaks them. What can be seen in one pod is looked for pod by
// pod, where all topics look while the pod is at hand; the rest in the world as a whole.
struct Topic {
  std::span<const report::Rule* const> rules;
  void (*check)(const World& world, Findings& findings) = nullptr;
  void (*check_pod)(const World& world, const Pod& pod, Findings& findings) = nullptr;
};

extern const Topic kAccountTopic;
extern const Topic kAuthenticationTopic;
extern const Topic kCredentialTopic;
extern const Topic kElasticQuotaTopic;
extern const Topic kElasticQuotaObjectTopic;
extern const Topic kExposureTopic;
extern const Topic kImageTopic;
extern const Topic kIngressTopic;
extern const Topic kJobTopic;
extern const Topic kKueueTopic;
extern const Topic kManifestTopic;
extern const Topic kNetworkPolicyTopic;
extern const Topic kPodSecurityTopic;
extern const Topic kResourceTopic;
extern const Topic kResourceQuotaTopic;
extern const Topic kRouteTopic;
extern const Topic kTlsTopic;

// Of Ingresses and of other routes.
extern const report::Rule kClosedDoor;

}  // namespace raykeep::checks
