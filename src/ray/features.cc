// SPDX-License-Identifier: Apache-2.0
#include "ray/features.h"

#include <algorithm>
#include <array>

namespace raykeep::ray {
namespace {

constexpr std::array kFeatures{
    Feature{"gcsFaultToleranceOptions", {1, 3, 0}, ""},
    Feature{"authOptions", {1, 5, 1}, ""},
    Feature{"tlsOptions", {1, 7, 0}, "RayClusterMTLS"},
    Feature{"networkPolicy", {1, 7, 0}, "RayClusterNetworkPolicy"},
    Feature{"historyServerOptions", {1, 7, 0}, "RayClusterHistoryServer"},
};

bool is_known(const Feature& feature, std::string_view kuberay_version) {
  const auto version = parse_version(kuberay_version);
  return !version || *version >= feature.since;
}

}  // namespace

std::span<const Feature> features() { return kFeatures; }

const document::Node* known_field(const document::Node& cluster_spec, std::string_view field, std::string_view kuberay_version) {
  const auto feature = std::find_if(kFeatures.begin(), kFeatures.end(), [&](const Feature& one) { return one.field == field; });
  return feature != kFeatures.end() && !is_known(*feature, kuberay_version) ? nullptr : cluster_spec.find(field);
}

document::Node without_later_fields(document::Node cluster_spec, std::string_view kuberay_version) {
  for (const Feature& feature : kFeatures) {
    if (!is_known(feature, kuberay_version) && cluster_spec.find(feature.field) != nullptr) cluster_spec.erase(feature.field);
  }
  return cluster_spec;
}

}  // namespace raykeep::ray
