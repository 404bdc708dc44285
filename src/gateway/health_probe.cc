// SPDX-License-Identifier: Apache-2.0
#include "gateway/health_probe.h"

#include "ray/version.h"

namespace raykeep::gateway {
namespace {

constexpr std::chrono::seconds kInterval{5};

}  // namespace

HealthProbe::HealthProbe(http::Worker& worker, Forwarder& forwarder, std::function<std::shared_ptr<const Settings>()> settings,
                         const Log& log)
    : worker_(worker), forwarder_(forwarder), settings_(std::move(settings)), log_(log), pause_(worker.executor()) {}

void HealthProbe::start() { http::asio::co_spawn(worker_.executor(), run(), http::asio::detached); }

void HealthProbe::stop() {
  http::asio::post(worker_.executor(), [this] {
    stopping_ = true;
    pause_.cancel();
  });
}

http::Awaitable<void> HealthProbe::run() {
  while (!stopping_) {
    const auto settings = settings_();
    for (const auto& cluster : settings->clusters) {
      if (stopping_) co_return;
      co_await look_at(cluster);
    }
    pause_.expires_after(kInterval);
    if (!stopping_) co_await pause_.async_wait(http::kNoThrow);
  }
}

http::Awaitable<void> HealthProbe::look_at(std::shared_ptr<const Cluster> cluster) {
  const std::string head = own_request_head("GET", "/api/version", cluster->upstream);
  const Fetched fetched = co_await forwarder_.fetch(*cluster, "GET", head, {});
  ClusterHealth health;
  health.since = std::chrono::system_clock::now();
  health.state = fetched.ok() && fetched.status == 200 ? ClusterHealth::State::kUp : ClusterHealth::State::kDown;
  if (health.state == ClusterHealth::State::kUp) {
    health.ray_version = ray::version_of_answer(fetched.body);
  } else if (!fetched.ok()) {
    health.problem = describe(fetched.outcome).sentence;
  } else if (fetched.status == 401 || fetched.status == 403) {
    health.problem = "The cluster does not accept the token that the gateway holds for it.";
  } else {
    health.problem = "The dashboard of this cluster reports an error.";
  }
  const ClusterHealth before = cluster->status->health();
  if (before.state != health.state) {
    log_.info(health.state == ClusterHealth::State::kUp ? "cluster is up" : "cluster is down",
              {{"cluster", cluster->id}, {"ray_version", health.ray_version}, {"problem", health.problem}});
  }
  cluster->status->set_health(std::move(health));
}

}  // namespace raykeep::gateway
