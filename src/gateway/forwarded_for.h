// SPDX-License-Identifier: Apache-2.0
// The client behind proxies that are believed.
#pragma once

#include <vector>

#include "core/ip_network.h"
#include "http/message.h"

namespace raykeep::gateway {

// The address that a request of `peer` comes from. X-Forwarded-For counts only while whoever wrote its entry is trusted,
// so it is read from its end: the first address that is not a trusted proxy's is the client. What is no address ends
// the reading; the last proxy known stands for the client then.
IpAddress client_address(const IpAddress& peer, const http::Fields& fields, const std::vector<IpNetwork>& trusted);

}  // namespace raykeep::gateway
