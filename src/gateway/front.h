// SPDX-License-Identifier: Apache-2.0
// The gateway's service on one worker: every request comes in here and is led to a page of the gateway or to a cluster.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "gateway/call.h"
#include "gateway/cluster_door.h"
#include "gateway/forwarder.h"
#include "gateway/metrics.h"
#include "gateway/own_pages.h"
#include "gateway/rate_limiter.h"
#include "gateway/recorder.h"
#include "gateway/settings.h"
#include "gateway/sign_in.h"
#include "http/exchange.h"

namespace raykeep::gateway {

// What all workers share. Everything in it is safe to use from any of them.
struct Shared {
  RateLimiter& per_address;
  RateLimiter& per_identity;
  ConcurrencyLimiter& concurrent;
  Metrics& metrics;
};

class Front final : public http::Service {
 public:
  Front(http::Worker& worker, Shared shared, Recorder& recorder, SignIn& sign_in, std::shared_ptr<const Settings> settings);

  http::Awaitable<void> handle(http::Exchange& exchange) override;
  void refused(const http::Peer& peer, int status, std::string_view reason) override;

  // Takes effect for the next request. Call on this worker.
  void set_settings(std::shared_ptr<const Settings> settings);
  Forwarder& forwarder() { return forwarder_; }

 private:
  http::Awaitable<void> serve(Call& call);
  // Chooses who serves; no coroutine of its own.
  http::Awaitable<void> serve_authenticated(Call& call, ClusterDoor& door);
  http::Awaitable<void> refuse(Call& call, Answer answer);
  std::optional<Answer> check_rate(const Call& call, RateLimiter& limiter, std::string_view key) const;
  void look_up_grants(Call& call);
  std::string still_allowed(const Call& call);

  http::Worker& worker_;
  Shared shared_;
  Recorder& recorder_;
  SignIn& sign_in_;
  Forwarder forwarder_;
  DoorTools tools_;
  OwnPages own_pages_;
  std::shared_ptr<const Settings> settings_;
  // Grants by user, credential and cluster; forgotten with every change of settings or users.
  std::unordered_map<std::string, access::Grants> grants_;
  std::shared_ptr<const void> grants_generation_;
  std::string grants_key_;  // reused
  std::uint64_t next_request_ = 0;
  std::string boot_id_;
};

}  // namespace raykeep::gateway
