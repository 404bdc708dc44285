// SPDX-License-Identifier: Apache-2.0
#include "network/selection.h"

namespace raykeep::network {

Selection::Selection(const Topology& topology) : size_(topology.endpoints().size()) {
  std::map<kube::Labels, std::size_t> known;
  for (std::size_t i = 0; i < size_; ++i) {
    const Endpoint& endpoint = topology.endpoints()[i];
    const auto [place, added] = known.try_emplace(endpoint.labels, label_sets_.size());
    if (added) label_sets_.push_back(endpoint.labels);
    label_set_of_.push_back(place->second);
    by_namespace_.try_emplace(endpoint.ns, Bits(size_)).first->second.set(i);
  }
  for (const auto& [name, bits] : by_namespace_) namespace_labels_[name] = topology.namespace_labels(name);
}

const Bits& Selection::pods(const kube::LabelSelector& selector) {
  const auto [place, added] = pods_.try_emplace(selector, Bits(size_));
  if (!added) return place->second;
  std::vector<bool> matching(label_sets_.size());
  for (std::size_t set = 0; set < label_sets_.size(); ++set) matching[set] = selector.matches(label_sets_[set]);
  for (std::size_t i = 0; i < size_; ++i) {
    if (matching[label_set_of_[i]]) place->second.set(i);
  }
  return place->second;
}

const Bits& Selection::in_namespaces(const kube::LabelSelector& selector) {
  const auto [place, added] = namespaces_.try_emplace(selector, Bits(size_));
  if (!added) return place->second;
  for (const auto& [name, members] : by_namespace_) {
    if (selector.matches(namespace_labels_.find(name)->second)) place->second |= members;
  }
  return place->second;
}

Bits Selection::select(const std::optional<kube::LabelSelector>& namespaces, std::string_view ns, const kube::LabelSelector& selector) {
  Bits out(size_);
  if (namespaces) {
    out = in_namespaces(*namespaces);
  } else if (const auto own = by_namespace_.find(ns); own != by_namespace_.end()) {
    out = own->second;
  }
  if (!selector.selects_everything()) out &= pods(selector);
  return out;
}

}  // namespace raykeep::network
