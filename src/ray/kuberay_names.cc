// SPDX-License-Identifier: Apache-2.0
#include "ray/kuberay_names.h"

#include <algorithm>
#include <cctype>

namespace raykeep::ray {
namespace {

constexpr std::size_t kLongestName = 50;
constexpr std::size_t kLongestLabel = 63;

bool is(char c, int (*test)(int)) { return test(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string clipped_name(std::string_view name) {
  if (name.size() > kLongestName) name.remove_prefix(name.size() - kLongestName);
  std::string out(name);
  if (!out.empty() && (is(out[0], std::isdigit) || is(out[0], std::ispunct))) out[0] = 'r';
  return out;
}

std::string clipped_label(std::string_view value) {
  if (value.size() > kLongestLabel) value.remove_prefix(value.size() - kLongestLabel);
  std::string out(value);
  if (!out.empty() && is(out[0], std::ispunct)) out[0] = 'r';
  return out;
}

std::string pod_name_prefix(std::string_view prefix, std::string_view node_type) {
  std::string out = std::string(prefix.substr(0, kLongestName)) + "-" + std::string(node_type) + "-";
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string head_service_name(const document::Node& cluster_spec, std::string_view cluster) {
  const document::Node* own = cluster_spec.find_path({"headGroupSpec", "headService", "metadata", "name"});
  if (own != nullptr && !own->text().empty()) return std::string(own->text());
  return std::string(cluster) + "-head-svc";
}

}  // namespace raykeep::ray
