// SPDX-License-Identifier: Apache-2.0
// One request on its way through the gateway: what is known of it so far.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "access/policy.h"
#include "audit/event.h"
#include "gateway/cluster.h"
#include "gateway/target.h"
#include "http/exchange.h"
#include "identity/principal.h"
#include "ray/operation.h"

namespace raykeep::gateway {

struct Settings;

struct Call {
  http::Exchange& exchange;
  const Settings& settings;  // kept alive by whoever made the call
  std::chrono::steady_clock::time_point started;
  Time at;
  std::string request_id;

  Target target;
  std::shared_ptr<const identity::Principal> principal;  // null: a stranger
  std::shared_ptr<const Cluster> cluster;
  ray::MatchedOperation matched;
  std::string job_id;  // of the path, query or admitted body
  access::Grants grants;
  std::string role;

  const http::RequestHead& request() const { return exchange.request(); }
};

// The record of this call as far as it has come; the caller adds what came of it.
audit::Event event_of(const Call& call);

}  // namespace raykeep::gateway
