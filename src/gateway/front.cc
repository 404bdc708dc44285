// SPDX-License-Identifier: Apache-2.0
#include "gateway/front.h"

#include <fmt/format.h>

#include "core/crypto.h"
#include "core/encoding.h"
#include "gateway/forwarded_for.h"

namespace raykeep::gateway {
namespace {

using http::Awaitable;

constexpr std::size_t kGrantsKept = 10000;

bool is_root_call(std::string_view path) {
  return path.starts_with("/api/") || path.starts_with("/static/") || path == "/nodes" || path == "/events";
}

}  // namespace

audit::Event event_of(const Call& call) {
  audit::Event event;
  event.time = call.at;
  event.request_id = call.boot_id + std::to_string(call.number);
  event.peer = call.exchange.peer().text;
  event.http_method = std::string(call.request().method);
  event.path = std::string(call.target.rest.empty() ? call.request().path : call.target.rest);
  if (call.principal) {
    event.user = call.principal->name;
    event.method = std::string(identity::name_of(call.principal->method));
    event.credential = call.principal->credential_id;
  }
  if (call.cluster) event.cluster = call.cluster->id;
  if (call.matched.operation != nullptr) event.operation = std::string(call.matched.operation->id);
  event.job_id = call.job_id;
  event.role = call.role;
  return event;
}

Front::Front(http::Worker& worker, Shared shared, Recorder& recorder, SignIn& sign_in, std::shared_ptr<const Settings> settings)
    : worker_(worker),
      shared_(shared),
      recorder_(recorder),
      sign_in_(sign_in),
      forwarder_(worker),
      tools_{worker, forwarder_, recorder, [this](const Call& call) { return still_allowed(call); }},
      own_pages_(sign_in, recorder),
      settings_(std::move(settings)),
      boot_id_(hex_encode(random_bytes(4)) + fmt::format("-{}-", worker.index())) {}

void Front::set_settings(std::shared_ptr<const Settings> settings) {
  settings_ = std::move(settings);
  grants_.clear();
}

void Front::refused(const http::Peer&, int status, std::string_view reason) { shared_.metrics.count_refused_head(status, reason); }

Awaitable<void> Front::handle(http::Exchange& exchange) {
  const std::shared_ptr<const Settings> settings = settings_;
  const std::vector<IpNetwork>& proxies = settings->forwarded_from;
  if (!proxies.empty()) exchange.set_client(client_address(exchange.peer().address, exchange.request().fields, proxies));
  Call call(exchange, *settings, boot_id_, next_request_++);
  co_await serve(call);
  shared_.metrics.count_request(worker_.index(), call);
}

std::optional<Answer> Front::check_rate(const Call& call, RateLimiter& limiter, std::string_view key) const {
  const auto wait = limiter.take(key, call.started);
  if (!wait) return std::nullopt;
  return Answer{429, "rate-limited", "Too many requests; wait a moment.", (wait->count() + 999) / 1000};
}

Awaitable<void> Front::serve(Call& call) {
  const http::RequestHead& request = call.request();
  call.target = split_target(request.path);
  if (!call.settings.serves_host(request.host)) {
    co_return co_await refuse(call, {421, "unknown-host", "This gateway does not serve the host that was asked for.", {}});
  }
  const auto& address = call.exchange.peer().address.bytes();
  const std::string_view address_key(reinterpret_cast<const char*>(address.data()), address.size());
  if (auto limited = check_rate(call, shared_.per_address, address_key)) co_return co_await refuse(call, std::move(*limited));
  if (call.target.kind == Target::Kind::kOwn && own_pages_.is_open_to_strangers(call.target.rest)) {
    co_return co_await own_pages_.serve(call);
  }
  std::optional<identity::PasswordCheck> check;
  std::optional<SignIn::Outcome> known = sign_in_.authenticate(call.exchange, {call.at, call.started}, check);
  if (!known) known = co_await sign_in_.authenticate_slowly(call.exchange, std::move(check));
  SignIn::Outcome& outcome = *known;
  if (!outcome.principal) {
    call.stranger = std::move(outcome.claimed_user);
    const bool to_sign_in = is_navigation(request) && outcome.answer.status == 401;
    if (to_sign_in) {
      co_return co_await send_redirect(call.exchange, 303, own_pages_.sign_in_path(request.path), outcome.fields);
    }
    co_return co_await refuse(call, std::move(outcome.answer));
  }
  call.principal = std::move(outcome.principal);
  call.renewed_cookie = std::move(outcome.fields);
  if (auto limited = check_rate(call, shared_.per_identity, call.principal->name)) co_return co_await refuse(call, std::move(*limited));
  const auto place = shared_.concurrent.enter(call.principal->name);
  if (!place) {
    co_return co_await refuse(call, {429, "too-many-at-once", "Too many requests of this user at the same time.", 1});
  }
  ClusterDoor door(tools_, call);
  co_await serve_authenticated(call, door);
}

Awaitable<void> Front::serve_authenticated(Call& call, ClusterDoor& door) {
  switch (call.target.kind) {
    case Target::Kind::kLanding:
    case Target::Kind::kOwn: return own_pages_.serve(call);
    case Target::Kind::kCluster:
    case Target::Kind::kClusterRoot: look_up_grants(call); return door.serve();
    case Target::Kind::kUnknown: break;
  }
  // Older dashboards ask this one thing without their prefix.
  if (call.request().path == "/api/profiling_enabled" && call.request().method == "GET") {
    return send_text(call.exchange, 200, "application/json", R"({"profilingEnabled": false})");
  }
  const bool forgotten_prefix = is_root_call(call.request().path);
  return refuse(call, {404, "unknown-path",
                         forgotten_prefix ? "Clusters are under /<namespace>/<cluster>/; set RAY_ADDRESS to such an address."
                                          : "There is nothing here.",
                         {}});
}

void Front::look_up_grants(Call& call) {
  call.cluster = call.settings.cluster(call.target.prefix.substr(1));
  if (!call.cluster) return;
  if (grants_generation_ != sign_in_.generation()) {
    grants_.clear();
    grants_generation_ = sign_in_.generation();
  }
  std::string& key = grants_key_;
  key.assign(call.principal->name).append(1, '\0').append(call.principal->scope ? call.principal->credential_id : "").append(1, '\0').append(call.cluster->id);
  auto found = grants_.find(key);
  if (found == grants_.end()) {
    if (grants_.size() >= kGrantsKept) grants_.clear();
    found = grants_.emplace(key, grants_of(*call.settings.policy, *call.principal, *call.cluster)).first;
  }
  call.grants = found->second;
}

// Asked while a stream is open: is this person still who they were, and may they still?
std::string Front::still_allowed(const Call& call) {
  if (!sign_in_.still_valid(*call.principal)) return "signed out or revoked";
  const auto cluster = settings_->cluster(call.cluster->id);
  if (!cluster) return "this cluster is no longer served";
  if (settings_.get() == &call.settings && grants_generation_ == sign_in_.generation()) return {};
  const auto principal = sign_in_.current(*call.principal);
  if (!principal) return "signed out or revoked";
  const access::Grants grants = grants_of(*settings_->policy, *principal, *cluster);
  const access::Decision decision = access::decide(grants, call.matched, principal->name, call.owner);
  return decision.allowed() ? std::string() : "permission withdrawn";
}

Awaitable<void> Front::refuse(Call& call, Answer answer) {
  co_await send_answer(call.exchange, answer);
  const std::string_view user = call.principal ? std::string_view(call.principal->name) : std::string_view(call.stranger);
  const std::string_view peer = call.exchange.peer().text;
  const audit::SummaryKey key{.user = user, .credential = {}, .method = {}, .peer = peer, .cluster = {}, .operation = {},
                              .reason = answer.reason, .allowed = false, .status = answer.status};
  if (!recorder_.denial_stands_alone(key, {call.at, 0, 0, std::chrono::microseconds{0}})) co_return;
  audit::Event event = event_of(call);
  event.user = std::string(user);
  event.reason = std::string(answer.reason);
  event.detail = answer.message;
  event.status = answer.status;
  recorder_.done(std::move(event));
}

}  // namespace raykeep::gateway
