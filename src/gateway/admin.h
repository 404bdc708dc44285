// SPDX-License-Identifier: Apache-2.0
// The admin listener's service: health for the orchestrator, metrics for Prometheus. It answers nothing else, and it is
// bound to an address of its own that clients do not reach.
#pragma once

#include <functional>
#include <string>

#include "http/exchange.h"

namespace raykeep::gateway {

class Admin final : public http::Service {
 public:
  struct Probes {
    std::function<bool()> ready;            // may traffic be sent here
    std::function<std::string()> not_ready_because;
    std::function<std::string()> metrics;
  };
  explicit Admin(Probes probes) : probes_(std::move(probes)) {}

  http::Awaitable<void> handle(http::Exchange& exchange) override;
  void refused(const http::Peer&, int, std::string_view) override {}

 private:
  Probes probes_;
};

}  // namespace raykeep::gateway
