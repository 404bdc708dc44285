// SPDX-License-Identifier: Apache-2.0
#include "gateway/own_pages.h"

#include <fmt/format.h>

#include <vector>

#include "core/encoding.h"
#include "gateway/browser.h"
#include "gateway/form.h"
#include "gateway/pages.h"
#include "gateway/settings.h"

namespace raykeep::gateway {
namespace {

using http::Awaitable;

constexpr std::size_t kLargestForm = 8 * 1024;
constexpr std::string_view kHtml = "text/html; charset=utf-8";

std::string state_name(ClusterHealth::State state) {
  switch (state) {
    case ClusterHealth::State::kUp: return "up";
    case ClusterHealth::State::kDown: return "down";
    case ClusterHealth::State::kUnknown: return "unknown";
  }
  return "unknown";
}

struct Opened {
  std::shared_ptr<const Cluster> cluster;
  std::string role;
};

// The clusters this person may open from where they are, with the widest role on each.
std::vector<Opened> clusters_of(const Call& call) {
  std::vector<Opened> out;
  for (const auto& cluster : call.settings.clusters) {
    const access::Grants grants = grants_of(*call.settings.policy, *call.principal, *cluster);
    if (!grants.any() || !cluster->admits(call.exchange.peer().address)) continue;
    out.push_back({cluster, std::string(grants.widest_role())});
  }
  return out;
}

}  // namespace

access::Grants grants_of(const access::Policy& policy, const identity::Principal& principal, const Cluster& cluster) {
  access::Scope scope;
  access::Subject subject{principal.name, principal.groups, nullptr};
  if (principal.scope) {
    scope.role = principal.scope->role;
    for (const std::string& pattern : principal.scope->clusters) {
      auto parsed = access::ClusterPattern::parse(pattern);
      if (parsed) scope.clusters.push_back(std::move(*parsed));
    }
    // A pattern that cannot be read limits to nothing rather than not at all.
    if (scope.clusters.size() != principal.scope->clusters.size()) return {};
    subject.scope = &scope;
  }
  return policy.grants(subject, {cluster.kube_namespace, cluster.name});
}

std::string safe_next(std::string_view next) {
  const auto slash_pair = next.size() > 1 && (next[1] == '/' || next[1] == '\\');
  if (!next.starts_with('/') || slash_pair || next.starts_with("/-/")) return "/";
  for (const char c : next) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '\\') return "/";
  }
  return std::string(next);
}

bool OwnPages::is_open_to_strangers(std::string_view rest) const {
  return rest == "/login" || rest.starts_with("/assets/");
}

std::string OwnPages::sign_in_path(std::string_view path) {
  return path == "/" ? "/-/login" : "/-/login?next=" + percent_encode(safe_next(path));
}

Awaitable<void> OwnPages::serve(Call& call) {
  const std::string_view method = call.request().method;
  const std::string_view rest = call.target.rest;
  const bool reads = method == "GET" || method == "HEAD";
  if (call.target.kind == Target::Kind::kLanding && reads) co_return co_await landing(call);
  if (rest == "/login" && reads) co_return co_await show_login(call);
  if (rest == "/login" && method == "POST") co_return co_await log_in(call);
  if (rest == "/logout" && method == "POST") co_return co_await log_out(call);
  if (rest == "/clusters" && reads) co_return co_await cluster_list(call);
  if (rest.starts_with("/assets/") && reads) co_return co_await file(call, rest.substr(8));
  const bool known = rest == "/login" || rest == "/logout" || rest == "/clusters" || call.target.kind == Target::Kind::kLanding;
  const Answer answer = known ? Answer{405, "method-not-allowed", "This page does not take this method.", {}}
                              : Answer{404, "unknown-path", "There is nothing here.", {}};
  co_await send_answer(call.exchange, answer);
}

Awaitable<void> OwnPages::landing(Call& call) {
  const std::vector<Opened> opened = clusters_of(call);
  std::vector<LandingRow> rows;
  for (const Opened& o : opened) rows.push_back({o.cluster->id, o.role, o.cluster->status->health()});
  const std::string address = (call.exchange.peer().tls ? "https://" : "http://") + std::string(call.request().host);
  const std::string token = sign_in_.form_token(call.exchange);
  const std::string page = landing_page({call.principal->name, address, token, call.principal->notice, rows});
  co_await send_text(call.exchange, 200, kHtml, page, std::string(kPagePolicy) + call.renewed_cookie);
}

// The same list for programs.
Awaitable<void> OwnPages::cluster_list(Call& call) {
  std::string out = "[";
  for (const Opened& o : clusters_of(call)) {
    const ClusterHealth health = o.cluster->status->health();
    if (out.size() > 1) out += ",";
    out += fmt::format(R"({{"cluster":{},"role":{},"state":{},"ray_version":{}}})", json_quote(o.cluster->id), json_quote(o.role),
                       json_quote(state_name(health.state)), json_quote(health.ray_version));
  }
  co_await send_text(call.exchange, 200, "application/json", out + "]\n");
}

Awaitable<void> OwnPages::show_login(Call& call) {
  std::string next = "/";
  if (const auto form = parse_form(call.request().query)) {
    const auto found = form->find("next");
    if (found != form->end()) next = safe_next(found->second);
  }
  co_await send_text(call.exchange, 200, kHtml, login_page({next, {}, {}}), kPagePolicy);
}

Awaitable<std::string> OwnPages::read_form(Call& call) {
  std::string body;
  call.exchange.limit_body(kLargestForm);
  for (;;) {
    const http::BodyPiece piece = co_await call.exchange.read_body();
    if (piece.status == http::BodyPiece::Status::kEnd) co_return body;
    if (piece.status != http::BodyPiece::Status::kData) co_return std::string();
    body.append(piece.data);
  }
}

Awaitable<void> OwnPages::log_in(Call& call) {
  // Another site must not sign somebody in as somebody else, nor guess passwords from here.
  const BrowserCall browser = browser_call_of(call.request(), call.exchange.peer().tls);
  if (browser.cross_site) {
    record(call, false, "cross-site", {}, "sign-in");
    co_return co_await send_answer(call.exchange, {403, "cross-site", "This form was sent from another site.", {}});
  }
  auto form = parse_form(co_await read_form(call));
  if (!form || !form->contains("user") || !form->contains("password")) {
    co_return co_await send_answer(call.exchange, {400, "form", "The form is not complete.", {}});
  }
  const std::string user = (*form)["user"];
  const std::string next = safe_next((*form)["next"]);
  SignIn::Outcome outcome = co_await sign_in_.log_in(call.exchange, user, Secret(std::move((*form)["password"])));
  record(call, outcome.principal != nullptr, outcome.principal ? "granted" : outcome.answer.reason, user, "sign-in");
  if (outcome.principal) co_return co_await send_redirect(call.exchange, 303, next, outcome.fields);
  std::string fields(kPagePolicy);
  if (outcome.answer.retry_after_seconds) fields += fmt::format("Retry-After: {}\r\n", *outcome.answer.retry_after_seconds);
  const std::string page = login_page({next, user, outcome.answer.message});
  co_await send_text(call.exchange, outcome.answer.status, kHtml, page, fields);
}

Awaitable<void> OwnPages::log_out(Call& call) {
  const auto form = parse_form(co_await read_form(call));
  const auto token = form ? form->find("token") : decltype(form->end()){};
  const bool meant = form && token != form->end() && sign_in_.form_token_fits(call.exchange, token->second);
  if (!meant || browser_call_of(call.request(), call.exchange.peer().tls).cross_site) {
    co_return co_await send_answer(call.exchange, {403, "cross-site", "This form was not sent from the page of your session.", {}});
  }
  const std::string fields = co_await sign_in_.log_out(call.exchange);
  if (fields.empty()) {
    co_return co_await send_answer(call.exchange, {503, "sign-out-failed", "The session could not be revoked; try again.", {}});
  }
  record(call, true, "granted", call.principal->name, "sign-out");
  co_await send_redirect(call.exchange, 303, "/-/login", fields);
}

Awaitable<void> OwnPages::file(Call& call, std::string_view name) {
  const std::string_view text = asset(name);
  if (text.empty()) co_return co_await send_answer(call.exchange, {404, "unknown-path", "There is nothing here.", {}});
  const std::string_view type = name.ends_with(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
  http::Response response;
  response.fields = {{"Content-Type", type}, {"Cache-Control", "max-age=300"}};
  response.raw_fields = security_fields(call.exchange.peer().tls);
  co_await call.exchange.send(response, text, true);
}

void OwnPages::record(Call& call, bool allowed, std::string_view reason, std::string_view user, std::string_view operation) {
  audit::Event event = event_of(call);
  event.kind = audit::Kind::kSignIn;
  event.allowed = allowed;
  event.reason = std::string(reason);
  event.user = std::string(user);
  event.operation = std::string(operation);
  recorder_.done(std::move(event));
}

}  // namespace raykeep::gateway
