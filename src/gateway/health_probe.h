// SPDX-License-Identifier: Apache-2.0
// Looks at every cluster's dashboard from time to time, so that pages and metrics can say which ones answer.
#pragma once

#include <functional>
#include <memory>

#include "core/log.h"
#include "gateway/forwarder.h"
#include "gateway/settings.h"
#include "http/worker.h"

namespace raykeep::gateway {

class HealthProbe {
 public:
  // Runs on the worker. `settings` gives the current ones.
  HealthProbe(http::Worker& worker, Forwarder& forwarder, std::function<std::shared_ptr<const Settings>()> settings, const Log& log);
  void start();
  // Before the worker stops; callable from another thread.
  void stop();

 private:
  http::Awaitable<void> run();
  http::Awaitable<void> look_at(std::shared_ptr<const Cluster> cluster);

  http::Worker& worker_;
  Forwarder& forwarder_;
  std::function<std::shared_ptr<const Settings>()> settings_;
  const Log& log_;
  http::Timer pause_;
  bool stopping_ = false;
};

}  // namespace raykeep::gateway
