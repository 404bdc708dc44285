// SPDX-License-Identifier: Apache-2.0
// One request on its way through the gateway: what is known of it so far.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
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
  Call(http::Exchange& e, const Settings& s, const std::string& boot, std::uint64_t n) : exchange(e), settings(s), boot_id(boot), number(n) {}

  http::Exchange& exchange;
  const Settings& settings;  // kept alive by whoever made the call
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  Time at = std::chrono::system_clock::now();
  const std::string& boot_id;  // with `number` the id of this request in records
  std::uint64_t number;

  Target target;
  std::shared_ptr<const identity::Principal> principal;  // null: a stranger
  std::shared_ptr<const Cluster> cluster;
  ray::MatchedOperation matched;
  std::string job_id;  // of the path, query or admitted body
  access::Grants grants;
  std::optional<std::chrono::microseconds> took;  // until it was recorded
  bool allowed = false;        // access was granted, whatever came of it
  std::string role;
  // Whose job it is, as far as it was asked; the view points to owner_name.
  access::JobOwner owner;
  std::string owner_name;

  std::string stranger;        // the user name that a refused credential claimed
  std::string renewed_cookie;  // fields to add to the answer, each "Name: value\r\n"

  std::chrono::microseconds age() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started);
  }
  const http::RequestHead& request() const { return exchange.request(); }
};

// The record of this call as far as it has come; the caller adds what came of it.
audit::Event event_of(const Call& call);

}  // namespace raykeep::gateway
