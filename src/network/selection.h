// SPDX-License-Identifier: Apache-2.0
// Which endpoints selectors select. Each selector is asked once for each set of labels, however many pods carry it.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "network/bits.h"
#include "network/topology.h"

namespace raykeep::network {

class Selection {
 public:
  explicit Selection(const Topology& topology);
  // Pods of the namespaces that `namespaces` selects; of `ns` alone when it is empty.
  Bits select(const std::optional<kube::LabelSelector>& namespaces, std::string_view ns, const kube::LabelSelector& pods);

 private:
  const Bits& pods(const kube::LabelSelector& selector);
  const Bits& in_namespaces(const kube::LabelSelector& selector);

  std::size_t size_;
  std::vector<kube::Labels> label_sets_;
  std::vector<std::size_t> label_set_of_;  // of each endpoint
  std::map<std::string, Bits, std::less<>> by_namespace_;
  std::map<std::string, kube::Labels, std::less<>> namespace_labels_;
  std::map<kube::LabelSelector, Bits> pods_;
  std::map<kube::LabelSelector, Bits> namespaces_;
};

}  // namespace raykeep::network
