// SPDX-License-Identifier: Apache-2.0
// A running gateway: workers, listeners, identity, audit, and the reload of everything that may change while it runs.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "core/log.h"
#include "core/result.h"
#include "core/worker_pool.h"
#include "gateway/admin.h"
#include "gateway/front.h"
#include "gateway/health_probe.h"
#include "gateway/metrics.h"
#include "gateway/plan.h"
#include "http/listener.h"

namespace raykeep::gateway {

class Server {
 public:
  // Opens everything a plan asks for; nothing serves yet. What was opened is closed again when a later step fails.
  static Result<std::unique_ptr<Server>> open(Plan plan, const Log& log);
  ~Server();

  void start();
  // Takes over what a new plan changes. What only a restart can change is named in the log.
  void reload(Plan plan);
  std::shared_ptr<const Settings> settings() const { return plan_.get()->settings; }
  void note_failed_reload() { metrics_.count_reload(false); }
  // Looks for tokens, sessions and users that another process changed; called about once a second.
  void refresh_identity();
  // Stops accepting, lets requests finish for at most the drain timeout, then closes what is left.
  void drain();

  // host:port of each listener, in the order of the configuration, and of the admin listener.
  std::vector<std::string> addresses() const;
  std::string admin_address() const;

 private:
  struct Lane;
  Server(Plan plan, const Log& log);
  Result<void> open_listeners();
  void note_certificates(const Plan& plan);
  std::string metrics_text() const;
  std::uint64_t open_connections() const;

  const Log& log_;
  Snapshot<Plan> plan_;
  Metrics metrics_;
  RateLimiter per_address_;
  RateLimiter per_identity_;
  ConcurrencyLimiter concurrent_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<audit::Journal> journal_;
  std::unique_ptr<identity::Authenticator> authenticator_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<http::Listener>> listeners_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<http::Listener> admin_listener_;
  std::unique_ptr<HealthProbe> probe_;
  std::atomic<bool> draining_{false};
};

}  // namespace raykeep::gateway
