// SPDX-License-Identifier: Apache-2.0
// The `ray start` command that the operator gives a pod (ray-operator common/pod.go, generateRayStartCommand).
#pragma once

#include <map>
#include <string>

#include "document/node.h"

namespace raykeep::ray {

using StartParams = std::map<std::string, std::string, std::less<>>;

struct StartCommand {
  std::string command;  // "ray start --head  --block ..."
  StartParams params;   // with everything that the operator fills in
};

// rayStartParams of a group, with what its own `resources` and `labels` set.
StartParams group_params(const document::Node& group);
// Fills in what is missing. `head_address` is "host:port" of the GCS for a worker, empty for the head.
void complete_params(StartParams& params, std::string_view head_address);
// The command for a container with these resources (its requests and limits); null when it has none.
StartCommand start_command(StartParams params, bool head, const document::Node* resources);
// The port that workers connect to: rayStartParams.port of the head, else 6379.
std::string gcs_port(const document::Node& cluster_spec);

}  // namespace raykeep::ray
