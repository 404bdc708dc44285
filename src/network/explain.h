// SPDX-License-Identifier: Apache-2.0
// Why a connection is let through or not, policy by policy and rule by rule.
#pragma once

#include <string>
#include <vector>

#include "network/doors.h"
#include "network/reach_text.h"

namespace raykeep::network {

// "NetworkPolicy team-a/demo-head", and where its rule stands.
Reason reason_of(const Policy& policy, const PolicyRule& rule);

// The rules that let one port through between an endpoint and a peer; the one reason that no policy closes it; empty when
// it is closed.
std::vector<Reason> reasons_for(Reach& reach, Reachability& network, Reachability::PeerId endpoint, Direction direction, Reachability::PeerId peer,
                                Protocol protocol, std::uint32_t port);

// Step by step: what leaves the source, what enters the destination, and what of it is left, for every pair of ends that
// the filter takes. Pairs that cannot connect are told too.
void write_explanation(Reach& reach, const ConnectionFilter& filter, const Sink& sink);

// Something to know about a policy, a sentence.
struct Note {
  SourcePosition at;  // line 0: of no place
  std::string text;
};
// Policies that select no pod, and rules that take nobody.
std::vector<Note> find_idle(Reach& reach);

}  // namespace raykeep::network
