// SPDX-License-Identifier: Apache-2.0
// The connection table for people and programs. It is written as it is found: a world of half a million lines is never
// held in memory.
#pragma once

#include <functional>
#include <string_view>

#include "network/reach.h"

namespace raykeep::network {

using Sink = std::function<void(std::string_view)>;

// Which lines are told; empty: all.
struct ConnectionFilter {
  std::string from, to;  // an endpoint as "ns/name" or "ns/name[Kind]", a namespace as "ns/", an address, or "{ingress-controller}"
  bool takes(const Connection& connection) const;
};

inline constexpr ErrorCode kNoSuchPlace{"no-such-place", ErrorKind::kInput, "Name it as `raykeep reach` prints it, or as ns/name."};
// Fails when an end of the filter names nothing on any network: an empty table would look like a closed door.
Result<void> check_filter(Reach& reach, const ConnectionFilter& filter);

// Lines "src => dst : conn", networks apart.
void write_connections_text(Reach& reach, const ConnectionFilter& filter, const Sink& sink);
// "src,dst,conn"; with a column "may" where certain and possible differ, one "network" where there are several.
void write_connections_csv(Reach& reach, const ConnectionFilter& filter, const Sink& sink);
// [{"src", "dst", "conn"}], with "may" and "network" likewise.
void write_connections_json(Reach& reach, const ConnectionFilter& filter, const Sink& sink);

// The connections that `after` has and `before` has not, and the other way round. Whether there is any difference.
bool write_difference(Reach& before, Reach& after, const ConnectionFilter& filter, const Sink& sink);

// Workloads that policies treat alike as one group, and who reaches each group: the form for worlds too large for a line
// for each pair.
void write_groups_text(Reach& reach, const Sink& sink);

}  // namespace raykeep::network
