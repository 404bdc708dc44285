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
    Feature{"headGroupSpec.ingressOptions", {1, 7, 0}, ""},
    Feature{"autoscalerOptions.command", {1, 7, 0}, ""},
    Feature{"autoscalerOptions.args", {1, 7, 0}, ""},
};

// The parts of "a.b", of which the second may be empty.
std::pair<std::string_view, std::string_view> parts_of(std::string_view field) {
  const std::size_t dot = std::min(field.find('.'), field.size());
  return {field.substr(0, dot), field.substr(std::min(dot + 1, field.size()))};
}

bool is_known(const Feature& feature, std::string_view kuberay_version) {
  const auto version = parse_version(kuberay_version);
  return !version || *version >= feature.since;
}

void remove_field(document::Node& spec, std::string_view field) {
  const auto [first, second] = parts_of(field);
  if (second.empty()) spec.erase(first);
  else spec.find(first)->erase(second);
}

}  // namespace

const document::Node* find_field(const document::Node& cluster_spec, std::string_view field) {
  const auto [first, second] = parts_of(field);
  const document::Node* found = cluster_spec.find(first);
  return found == nullptr || second.empty() ? found : found->find(second);
}

std::span<const Feature> features() { return kFeatures; }

const document::Node* known_field(const document::Node& cluster_spec, std::string_view field, std::string_view kuberay_version) {
  const auto feature = std::find_if(kFeatures.begin(), kFeatures.end(), [&](const Feature& one) { return one.field == field; });
  return feature != kFeatures.end() && !is_known(*feature, kuberay_version) ? nullptr : find_field(cluster_spec, field);
}

document::Node without_later_fields(document::Node cluster_spec, std::string_view kuberay_version) {
  for (const Feature& feature : kFeatures) {
    if (!is_known(feature, kuberay_version) && find_field(cluster_spec, feature.field) != nullptr) remove_field(cluster_spec, feature.field);
  }
  return cluster_spec;
}

}  // namespace raykeep::ray
