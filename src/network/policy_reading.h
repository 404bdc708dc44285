// SPDX-License-Identifier: Apache-2.0
// What the readers of the policy kinds share. Internal to this folder.
#pragma once

#include "network/policy.h"

namespace raykeep::network {

tl::unexpected<Error> bad_policy(const kube::Object& object, const document::Node& at, const std::string& message);
Result<kube::LabelSelector> policy_selector(const kube::Object& object, const document::Node& node);
// The addresses of one CIDR; warns in the policy about host bits.
Result<AddressSet> policy_network(Policy& policy, const document::Node& node);
Result<std::uint32_t> policy_port(const kube::Object& object, const document::Node& node);
// TCP when there is none.
Result<Protocol> policy_protocol(const kube::Object& object, const document::Node* node);

// The items of "a, b", without the spaces around them.
std::vector<std::string_view> comma_list(std::string_view text);

Result<Policy> read_namespaced_policy(const kube::Object& object);

}  // namespace raykeep::network
