// SPDX-License-Identifier: Apache-2.0
// Names, labels and ports as the operator gives them (ray-operator controllers/ray/utils/{util,constant}.go).
#pragma once

#include <string>
#include <string_view>

#include "document/node.h"

namespace raykeep::ray {

inline constexpr std::string_view kClusterLabel = "ray.io/cluster";
inline constexpr std::string_view kNodeTypeLabel = "ray.io/node-type";
inline constexpr std::string_view kGroupLabel = "ray.io/group";
inline constexpr std::string_view kHeadGroup = "headgroup";
inline constexpr std::string_view kOriginName = "ray.io/originated-from-cr-name";
inline constexpr std::string_view kOriginKind = "ray.io/originated-from-crd";
inline constexpr std::string_view kSubmissionModeLabel = "ray.io/job-submission-mode";
inline constexpr std::string_view kServeLabel = "ray.io/serve";

inline constexpr int kGcsPort = 6379;
inline constexpr int kDashboardPort = 8265;
inline constexpr int kClientPort = 10001;
inline constexpr int kServePort = 8000;
inline constexpr int kMetricsPort = 8080;
inline constexpr int kAgentPort = 52365;

// What stands for the five random characters in a generated name.
inline constexpr std::string_view kRandomSuffix = "xxxxx";

// A name of at most 50 characters: its end, not beginning with a digit or punctuation (CheckName).
std::string clipped_name(std::string_view name);
// A label value of at most 63 characters: its end (CheckLabel).
std::string clipped_label(std::string_view value);
// metadata.generateName of pods: at most 50 characters, then "-head-" or "-worker-" (PodName).
std::string pod_name_prefix(std::string_view prefix, std::string_view node_type);
// Of a cluster: headService.metadata.name, or "<cluster>-head-svc".
std::string head_service_name(const document::Node& cluster_spec, std::string_view cluster);

}  // namespace raykeep::ray
