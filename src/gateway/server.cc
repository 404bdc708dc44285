// SPDX-License-Identifier: Apache-2.0
#include "gateway/server.h"

#include <fmt/format.h>

#include <thread>

namespace raykeep::gateway {
namespace {

constexpr std::chrono::milliseconds kDrainPoll{50};

std::string host_port(const std::string& host, std::uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

}  // namespace

// One worker and what lives on it. Its thread has ended before any of this is destroyed: ~Server stops it.
struct Server::Lane {
  Lane(std::size_t index, Shared shared, audit::Journal& journal, const Plan& plan, identity::Authenticator& authenticator, WorkerPool& pool)
      : worker(index),
        recorder(worker, journal, plan.summary_interval),
        sign_in(worker, authenticator, pool),
        front(worker, shared, recorder, sign_in, plan.settings) {}
  http::Worker worker;
  Recorder recorder;
  SignIn sign_in;
  Front front;
};

std::string ListenerPlan::name() const { return host_port(host, port); }

Server::Server(Plan plan, const Log& log)
    : log_(log),
      plan_(std::make_shared<const Plan>(std::move(plan))),
      metrics_(plan_.get()->workers),
      per_address_(plan_.get()->settings->per_address),
      per_identity_(plan_.get()->settings->per_identity),
      concurrent_(plan_.get()->settings->concurrent_per_identity) {}

Result<std::unique_ptr<Server>> Server::open(Plan plan, const Log& log) {
  std::unique_ptr<Server> server(new Server(std::move(plan), log));
  const auto settled = server->plan_.get();
  RK_TRY(server->journal_, audit::Journal::open(settled->audit));
  RK_TRY(server->authenticator_, identity::Authenticator::open(settled->identity, settled->state_database));
  server->authenticator_->set_users(settled->users);
  server->authenticator_->set_groups(settled->groups);
  server->pool_ = std::make_unique<WorkerPool>(settled->hash_threads, settled->hash_queue);
  const Shared shared{server->per_address_, server->per_identity_, server->concurrent_, server->metrics_};
  for (std::size_t i = 0; i < settled->workers; ++i) {
    server->lanes_.push_back(
        std::make_unique<Lane>(i, shared, *server->journal_, *settled, *server->authenticator_, *server->pool_));
  }
  RK_TRY_VOID(server->open_listeners());
  server->note_certificates(*settled);
  return server;
}

Result<void> Server::open_listeners() {
  const auto plan = plan_.get();
  std::vector<http::Worker*> workers;
  std::vector<http::Service*> services;
  for (const auto& lane : lanes_) {
    workers.push_back(&lane->worker);
    services.push_back(&lane->front);
  }
  for (const ListenerPlan& wanted : plan->listeners) {
    RK_TRY(auto listener, http::Listener::open(wanted.host, wanted.port, workers, services, wanted.settings));
    listeners_.push_back(std::move(listener));
  }
  admin_ = std::make_unique<Admin>(Admin::Probes{[this] { return !draining_ && journal_->admits_reads(); },
                                                 [this] { return draining_ ? std::string("draining") : journal_->failure(); },
                                                 [this] { return metrics_text(); }});
  if (plan->admin) {
    RK_TRY(admin_listener_, http::Listener::open(plan->admin->host, plan->admin->port, {workers.front()}, {admin_.get()}, plan->admin->settings));
  }
  probe_ = std::make_unique<HealthProbe>(*workers.front(), lanes_.front()->front.forwarder(), [this] { return plan_.get()->settings; }, log_);
  return {};
}

Server::~Server() {
  for (const auto& listener : listeners_) listener->drain();
  if (admin_listener_) admin_listener_->drain();
  if (probe_) probe_->stop();
  for (const auto& lane : lanes_) lane->worker.stop();
}

void Server::start() {
  for (const auto& lane : lanes_) lane->worker.start();
  for (const auto& listener : listeners_) listener->start();
  if (admin_listener_) admin_listener_->start();
  probe_->start();
}

void Server::note_certificates(const Plan& plan) {
  for (const ListenerPlan& listener : plan.listeners) {
    if (listener.settings->tls) metrics_.set_certificate_end(listener.name(), listener.settings->tls->not_after());
  }
}

void Server::reload(Plan plan) {
  const auto before = plan_.get();
  const auto same_places = [&] {
    if (plan.listeners.size() != before->listeners.size()) return false;
    for (std::size_t i = 0; i < plan.listeners.size(); ++i) {
      if (plan.listeners[i].name() != before->listeners[i].name()) return false;
    }
    return plan.workers == before->workers && plan.state_database == before->state_database &&
           plan.audit.directory == before->audit.directory && plan.admin.has_value() == before->admin.has_value() &&
           (!plan.admin || plan.admin->name() == before->admin->name());
  };
  if (!same_places()) {
    log_.warning("some changes wait for a restart", {{"keys", "listeners, admin, workers, state.database, audit.directory"}});
  }
  for (std::size_t i = 0; i < std::min(plan.listeners.size(), listeners_.size()); ++i) {
    if (plan.listeners[i].name() == before->listeners[i].name()) listeners_[i]->set_settings(plan.listeners[i].settings);
  }
  authenticator_->set_settings(plan.identity);
  authenticator_->set_users(plan.users);
  authenticator_->set_groups(plan.groups);
  note_certificates(plan);
  for (const auto& lane : lanes_) {
    http::asio::post(lane->worker.executor(), [&front = lane->front, settings = plan.settings] { front.set_settings(settings); });
  }
  plan_.set(std::make_shared<const Plan>(std::move(plan)));
  metrics_.count_reload(true);
}

void Server::refresh_identity() {
  if (auto refreshed = authenticator_->refresh(std::chrono::system_clock::now()); !refreshed) {
    log_.error("the state database cannot be read", {{"problem", refreshed.error().text()}});
  }
}

std::uint64_t Server::open_connections() const {
  std::uint64_t open = 0;
  for (const auto& listener : listeners_) open += listener->counters().open.load();
  return open;
}

void Server::drain() {
  draining_ = true;
  for (const auto& listener : listeners_) listener->drain();
  for (const auto& lane : lanes_) lane->worker.close_idle();
  const auto until = std::chrono::steady_clock::now() + plan_.get()->drain_timeout;
  while (open_connections() > 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kDrainPoll);
  if (admin_listener_) admin_listener_->drain();
  probe_->stop();
  for (const auto& lane : lanes_) lane->worker.stop();
}

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> out;
  for (const auto& listener : listeners_) out.push_back(host_port(listener->address(), listener->port()));
  return out;
}

std::string Server::admin_address() const {
  return admin_listener_ ? host_port(admin_listener_->address(), admin_listener_->port()) : std::string();
}

std::string Server::metrics_text() const {
  const auto plan = plan_.get();
  Metrics::Sources sources{*plan->settings, journal_->counters(), journal_->healthy(), {}, pool_->queued()};
  for (const auto& listener : listeners_) {
    sources.listeners.emplace_back(host_port(listener->address(), listener->port()), &listener->counters());
  }
  return metrics_.text(sources);
}

}  // namespace raykeep::gateway
