// SPDX-License-Identifier: Apache-2.0
#include "gateway/cluster_door.h"

#include <fmt/format.h>

#include "gateway/browser.h"
#include "gateway/pages.h"
#include "ray/error_text.h"
#include "ray/job_view.h"
#include "ray/package.h"
#include "ray/submission.h"

namespace raykeep::gateway {
namespace {

using http::Awaitable;
using http::BodyFraming;
using http::BodyPiece;
using http::ClientStatus;

constexpr std::size_t kLargestForwardedBody = 1U << 20;  // of writes that are neither jobs nor packages: Serve configurations
constexpr std::size_t kLargestError = 256U << 10;        // of an error answer that is read to be cleaned

bool has_body(const http::RequestHead& request) {
  return request.body.kind == BodyFraming::Kind::kChunked ||
         (request.body.kind == BodyFraming::Kind::kLength && request.body.length != 0);
}

ray::SecretsSeen secrets_seen(access::Reach reach) {
  return reach == access::Reach::kOwnJobs ? ray::SecretsSeen::kOwnJobs : ray::SecretsSeen::kNone;
}

bool is_json(std::string_view content_type) { return content_type.starts_with("application/json"); }

}  // namespace

Awaitable<void> ClusterDoor::serve() {
  std::optional<Answer> refusal = check_cluster();
  if (!refusal && call_.target.kind == Target::Kind::kClusterRoot) {
    co_await send_redirect(call_.exchange, 308, call_.cluster->prefix + "/");
    co_return;
  }
  if (!refusal) refusal = check_operation();
  if (!refusal) refusal = check_browser();
  if (!refusal) {
    if (call_.grants.needs_owner(call_.matched)) call_.owner = co_await find_owner();
    refusal = check_access();
  }
  if (refusal) {
    co_await refuse(std::move(*refusal));
    co_return;
  }
  co_await serve_allowed();
}

// A cluster that does not exist and one that this person may not see answer alike.
std::optional<Answer> ClusterDoor::check_cluster() {
  const Answer unknown{404, "no-such-cluster", "There is no such cluster here, or it is not open to you.", {}};
  if (!call_.cluster) return unknown;
  if (!call_.cluster->admits(call_.exchange.peer().address)) {
    return Answer{403, "network-denied", "This cluster is not open to the network you come from.", {}};
  }
  if (!call_.grants.any()) return Answer{404, "no-binding", unknown.message, {}};
  return std::nullopt;
}

std::optional<Answer> ClusterDoor::check_operation() {
  const http::RequestHead& request = call_.request();
  const auto matched = ray::operation_of(request.method, call_.target.rest, request.query);
  if (!matched) {
    return Answer{matched.error()->status, matched.error()->reason, std::string(matched.error()->message), {}};
  }
  call_.matched = *matched;
  call_.job_id = std::string(matched->job_id);
  const ray::Operation& operation = *matched->operation;
  if (request.websocket && !operation.websocket) {
    return Answer{403, "not-a-websocket-route", "This route is not a WebSocket.", {}};
  }
  if (!request.websocket && operation.websocket) {
    return Answer{426, "websocket-required", "This route is a WebSocket.", {}};
  }
  if (operation.body == ray::RequestBody::kNone && has_body(request)) {
    return Answer{400, "unexpected-body", "This route takes no body.", {}};
  }
  return std::nullopt;
}

std::optional<Answer> ClusterDoor::check_browser() const {
  const BrowserCall browser = browser_call_of(call_.request(), call_.exchange.peer().tls);
  const bool changes = call_.request().method != "GET" && call_.request().method != "HEAD";
  const bool starts_something = call_.matched.operation->operation_class == ray::OperationClass::kProfile;
  if (browser.cross_site && (changes || call_.request().websocket || starts_something || !browser.navigation)) {
    return Answer{403, "cross-site", "This request comes from another site.", {}};
  }
  // Pages of a dashboard are made by code that runs on its cluster: they may look, never act, with their reader's rights.
  const bool by_session = call_.principal->method == identity::AuthMethod::kSession;
  if (changes && (browser.any || by_session)) {
    return Answer{403, "browser-write", "Nothing is submitted or changed from a browser; use the ray command with an API token.", {}};
  }
  return std::nullopt;
}

// Asks the cluster itself who submitted the job: its metadata is the one place where that is kept.
Awaitable<access::JobOwner> ClusterDoor::find_owner() {
  const std::string head = own_request_head("GET", "/api/jobs/" + call_.job_id, call_.cluster->upstream);
  const Fetched fetched = co_await tools_.forwarder.fetch(*call_.cluster, "GET", head, {});
  if (!fetched.ok() || fetched.status != 200) co_return access::JobOwner::unknown();
  auto owner = ray::owner_of_job(fetched.body);
  if (!owner) co_return access::JobOwner::unknown();
  if (!*owner) co_return access::JobOwner::nobody();
  call_.owner_name = std::move(**owner);
  co_return access::JobOwner::of(call_.owner_name);
}

std::optional<Answer> ClusterDoor::check_access() {
  const access::Decision decision = access::decide(call_.grants, call_.matched, call_.principal->name, call_.owner);
  reason_ = decision.reason();
  call_.allowed = decision.allowed();
  call_.role = std::string(decision.role());
  if (!decision.allowed()) {
    return Answer{403, decision.reason(), decision.explain(call_.matched.operation->id), {}};
  }
  const bool writes = call_.matched.operation->writes();
  if (writes ? !tools_.recorder.admits_writes() : !tools_.recorder.admits_reads()) {
    return Answer{503, "audit-unavailable", "The audit record cannot be written, so this is refused until it can.", {}};
  }
  return std::nullopt;
}

Awaitable<void> ClusterDoor::serve_allowed() {
  const ray::Operation& operation = *call_.matched.operation;
  if (operation.by_gateway) return serve_by_gateway();
  if (operation.websocket) return forward_websocket();
  switch (operation.body) {
    case ray::RequestBody::kSubmission: return submit_job();
    case ray::RequestBody::kPackage: return upload_package();
    case ray::RequestBody::kForwarded: return forward_write();
    case ray::RequestBody::kNone: break;
  }
  if (operation.writes() && call_.request().method != "GET" && call_.request().method != "HEAD") return forward_write();
  const bool whole = call_.request().method == "GET" &&
                     (operation.id == "ui.page" ||
                      (operation.redaction == ray::Redaction::kSecrets && call_.grants.secrets() != access::Reach::kAll));
  if (whole) return fetch_redacted();
  return forward_read();
}

// Ray's page asks whether it has to show its own token dialog. It never has to: the gateway holds the token.
Awaitable<void> ClusterDoor::serve_by_gateway() {
  co_await send_body(200, "application/json", R"({"authentication_mode": "disabled"})");
}

// The path as Ray gets it. Packages are kept under names of the submitter's own (ray/package.h).
std::string ClusterDoor::path_at_ray() const {
  const std::string_view rest = call_.target.rest;
  const std::string_view package = call_.matched.package_name;
  if (package.empty()) return std::string(rest);
  return std::string(rest.substr(0, rest.size() - package.size())) + ray::owned_package_name(call_.principal->name, package);
}

void ClusterDoor::write_head(const UpstreamBody& body) {
  const std::string renamed = call_.matched.package_name.empty() ? std::string() : path_at_ray();
  const std::string_view path = renamed.empty() ? call_.target.rest : std::string_view(renamed);
  write_upstream_head(call_.request(), path, call_.cluster->upstream, body, head_);
}

Awaitable<bool> ClusterDoor::announce() {
  audit::Event event = event_of(call_);
  event.allowed = true;
  event.reason = std::string(reason_);
  if (co_await tools_.recorder.attempt(std::move(event))) co_return true;
  const bool may_go_on = tools_.recorder.admits_writes();
  if (!may_go_on) {
    co_await refuse({503, "audit-unavailable", "The audit record cannot be written, so this is refused until it can.", {}});
  }
  co_return may_go_on;
}

Answer ClusterDoor::body_answer(BodyPiece::Status status, std::string_view reason) const {
  switch (status) {
    case BodyPiece::Status::kTooLarge: return {413, "body-too-large", "The body is larger than this route allows.", {}};
    case BodyPiece::Status::kTimeout: return {408, "body-timeout", "The body did not arrive in time.", {}};
    case BodyPiece::Status::kBroken: return {400, reason.empty() ? "body-broken" : reason, "The body is not valid HTTP.", {}};
    case BodyPiece::Status::kData:
    case BodyPiece::Status::kEnd: break;
  }
  return {400, "body-broken", "The body is not valid HTTP.", {}};
}

Awaitable<bool> ClusterDoor::read_body(std::size_t limit, std::string& out) {
  call_.exchange.limit_body(limit);
  for (;;) {
    const BodyPiece piece = co_await call_.exchange.read_body();
    if (piece.status == BodyPiece::Status::kEnd) break;
    if (piece.status != BodyPiece::Status::kData) {
      co_await refuse(body_answer(piece.status, piece.reason));
      co_return false;
    }
    out.append(piece.data);
  }
  result_.bytes_in = out.size();
  co_return true;
}

Awaitable<void> ClusterDoor::submit_job() {
  if (call_.request().fields.count(http::FieldId::kContentType) > 1) {
    co_await refuse({415, "submission-media-type", "There is more than one Content-Type.", {}});
    co_return;
  }
  std::string body;
  if (!co_await read_body(call_.cluster->submission.largest_body, body)) co_return;
  const std::string fresh_id = ray::fresh_submission_id();
  const access::SubmissionRequest request{.content_type = call_.request().fields.first(http::FieldId::kContentType),
                                          .content_encoding = call_.request().fields.first(http::FieldId::kContentEncoding),
                                          .body = body,
                                          .submitter = call_.principal->name,
                                          .fresh_id = fresh_id};
  auto admitted = access::admit_submission(request, call_.cluster->submission);
  if (!admitted) {
    co_await refuse({access::status_of(admitted.error()), admitted.error().code().id, admitted.error().text(), {}});
    co_return;
  }
  call_.job_id = admitted->submission_id;
  if (!co_await announce()) co_return;
  write_head({UpstreamBody::Kind::kLength, admitted->body.size(), "application/json"});
  Fetched fetched = co_await tools_.forwarder.fetch(*call_.cluster, "POST", head_, admitted->body);
  co_await send_fetched(std::move(fetched));
}

Awaitable<void> ClusterDoor::forward_write() {
  std::string body;
  if (!co_await read_body(kLargestForwardedBody, body)) co_return;
  if (!co_await announce()) co_return;
  const std::string_view type = body.empty() ? std::string_view{} : call_.request().fields.first(http::FieldId::kContentType);
  write_head({UpstreamBody::Kind::kLength, body.size(), type});
  Fetched fetched = co_await tools_.forwarder.fetch(*call_.cluster, call_.request().method, head_, body);
  co_await send_fetched(std::move(fetched));
}

Awaitable<void> ClusterDoor::upload_package() {
  if (!has_body(call_.request())) {
    co_await refuse({400, "package-empty", "A package upload needs a body.", {}});
    co_return;
  }
  call_.exchange.limit_body(ray::kLargestPackage);
  if (call_.request().body.length > ray::kLargestPackage) {
    co_await refuse(body_answer(BodyPiece::Status::kTooLarge, {}));
    co_return;
  }
  const std::string name(call_.matched.package_name);
  const UploadPlace place = call_.cluster->status->begin_upload(name);
  if (!place) {
    co_await refuse({409, "package-being-uploaded", "This package is being uploaded by another request.", {}});
    co_return;
  }
  const std::string head = own_request_head("GET", path_at_ray(), call_.cluster->upstream);
  const Fetched existing = co_await tools_.forwarder.fetch(*call_.cluster, "GET", head, {});
  if (!existing.ok()) co_return co_await upstream_failed(existing.outcome);
  if (existing.status == 200) {
    // Under this name lies what this submitter stored before; it is never replaced.
    std::uint64_t thrown = 0;
    for (BodyPiece piece = co_await call_.exchange.read_body(); piece.status == BodyPiece::Status::kData;
         piece = co_await call_.exchange.read_body()) {
      thrown += piece.data.size();
    }
    result_.bytes_in = thrown;
    co_return co_await send_body(200, "text/plain", {});
  }
  if (!co_await announce()) co_return;
  write_head({UpstreamBody::Kind::kChunked, 0, {}});
  ray::PackageCheck check(name);
  auto opened = co_await tools_.forwarder.open(*call_.cluster, call_.exchange, head_, Forwarder::SendBody::kStreamed, &check);
  result_.bytes_in = opened.bytes_in;
  if (opened.refused_content) {
    co_return co_await refuse({422, "package-name-mismatch", "The package's content is not what its name says.", {}});
  }
  if (opened.body != BodyPiece::Status::kEnd) {
    co_return co_await refuse(body_answer(opened.body, {}));
  }
  co_await answer_opened(std::move(opened));
}

Awaitable<void> ClusterDoor::forward_read() {
  if (call_.matched.operation->writes()) {
    if (!co_await announce()) co_return;
  }
  write_head({});
  auto opened = co_await tools_.forwarder.open(*call_.cluster, call_.exchange, head_, Forwarder::SendBody::kNo);
  co_await answer_opened(std::move(opened));
}

// Passes on an answer whose head has been read: as a stream, or cleaned when it is an error.
Awaitable<void> ClusterDoor::answer_opened(Forwarder::Opened opened) {
  if (opened.outcome != ClientStatus::kOk) co_return co_await upstream_failed(opened.outcome);
  http::UpstreamConnection& connection = *opened.connection;
  const http::ResponseHead& head = connection.head();
  if (head.status >= 400) {
    Fetched problem = co_await tools_.forwarder.read_whole(*call_.cluster, std::move(opened), kLargestError);
    co_return co_await send_problem_of(std::move(problem));
  }
  if (head.status == 101) {
    co_return co_await refuse({502, "unasked-upgrade", "The dashboard of this cluster gave an answer that is not valid HTTP.", {}});
  }
  http::Response response;
  response.status = head.status;
  response.fields.reserve(8);
  response.raw_fields = security_fields(call_.exchange.peer().tls);
  pick_response_fields(head, response.fields);
  std::optional<std::string> location;
  if (head.fields.has(http::FieldId::kLocation)) {
    location = rewrite_location(head.fields.first(http::FieldId::kLocation), call_.cluster->prefix, call_.cluster->upstream);
    if (location) response.fields.emplace_back("Location", *location);
  }
  if (head.body.kind == BodyFraming::Kind::kLength) response.length = head.body.length;
  result_.status = head.status;
  const auto first = connection.buffered_body();
  if (first.status != ClientStatus::kOk) co_return co_await upstream_failed(first.status);
  result_.bytes_out = first.data.size();
  const bool whole = first.last || connection.body_done();
  const auto sent = co_await call_.exchange.send(response, first.data, whole);
  if (sent != http::SendStatus::kOk) {
    result_.problem = "client-gone";
  } else if (whole) {
    tools_.forwarder.finish(*call_.cluster, std::move(opened.connection));
  } else {
    result_ = co_await tools_.forwarder.stream_body(*call_.cluster, call_.exchange, std::move(opened), result_);
  }
  record(result_.status, result_.problem);
}

Awaitable<void> ClusterDoor::fetch_redacted() {
  write_head({});
  auto opened = co_await tools_.forwarder.open(*call_.cluster, call_.exchange, head_, Forwarder::SendBody::kNo);
  if (opened.outcome != ClientStatus::kOk) co_return co_await upstream_failed(opened.outcome);
  if (opened.connection->head().status != 200) co_return co_await answer_opened(std::move(opened));
  Fetched fetched = co_await tools_.forwarder.read_whole(*call_.cluster, std::move(opened), kLargestFetched);
  if (!fetched.ok()) co_return co_await upstream_failed(fetched.outcome);
  if (call_.matched.operation->id == "ui.page") {
    fetched.body = add_guard_script(fetched.body, call_.principal->name, call_.cluster->id);
  } else if (is_json(fetched.content_type)) {
    auto redacted = ray::redact_secrets(fetched.body, secrets_seen(call_.grants.secrets()), call_.principal->name);
    if (!redacted) {
      co_return co_await refuse({502, "answer-not-readable", "The answer of this cluster could not be checked for secrets.", {}});
    }
    fetched.body = std::move(*redacted);
  }
  co_await send_body(fetched.status, fetched.content_type, fetched.body);
}

Awaitable<void> ClusterDoor::send_fetched(Fetched fetched) {
  if (!fetched.ok()) co_return co_await upstream_failed(fetched.outcome);
  if (fetched.status >= 400) co_return co_await send_problem_of(std::move(fetched));
  co_await send_body(fetched.status, fetched.content_type, fetched.body);
}

// Ray's errors are Python tracebacks with paths of the cluster. What a person can use of them is passed on.
Awaitable<void> ClusterDoor::send_problem_of(Fetched fetched) {
  if (fetched.outcome != ClientStatus::kOk) co_return co_await upstream_failed(fetched.outcome);
  // The dashboard refusing the gateway's own token is not the client's fault, nor anything it could mend.
  if (fetched.status == 401 || fetched.status == 403) {
    const bool own_token = fetched.body.find("authentication token") != std::string::npos;
    if (own_token) {
      co_return co_await refuse({502, "cluster-refused-token", "The cluster does not accept the token that the gateway holds for it.", {}});
    }
  }
  co_await send_body(fetched.status, "text/plain; charset=utf-8", ray::public_error_text(fetched.body));
}

Awaitable<void> ClusterDoor::send_body(int status, std::string_view content_type, std::string_view body) {
  result_.status = status;
  result_.bytes_out = body.size();
  co_await send_text(call_.exchange, status, content_type, body);
  record(status);
}

Awaitable<void> ClusterDoor::upstream_failed(ClientStatus outcome) {
  call_.cluster->status->upstream_errors.fetch_add(1, std::memory_order_relaxed);
  const UpstreamProblem problem = describe(outcome);
  co_await send_answer(call_.exchange, {problem.status, problem.reason, std::string(problem.sentence), {}});
  record(problem.status, problem.reason);
}

Awaitable<void> ClusterDoor::refuse(Answer answer) {
  reason_ = answer.reason;
  co_await send_answer(call_.exchange, answer);
  const audit::Sample sample{call_.at, result_.bytes_in, 0, std::chrono::microseconds{0}};
  const audit::SummaryKey key{.user = call_.principal->name,
                              .credential = call_.principal->credential_id,
                              .method = identity::name_of(call_.principal->method),
                              .peer = {},
                              .cluster = call_.cluster ? std::string_view(call_.cluster->id) : std::string_view{},
                              .operation = call_.matched.operation ? call_.matched.operation->id : std::string_view{},
                              .reason = answer.reason,
                              .allowed = false,
                              .status = answer.status};
  if (!tools_.recorder.denial_stands_alone(key, sample)) co_return;
  audit::Event event = event_of(call_);
  event.reason = std::string(answer.reason);
  event.detail = answer.message;
  event.status = answer.status;
  event.bytes_in = result_.bytes_in;
  tools_.recorder.done(std::move(event));
}

void ClusterDoor::record(int status, std::string_view problem) {
  const std::chrono::microseconds latency = call_.age();
  call_.took = latency;
  const ray::Operation& operation = *call_.matched.operation;
  if (operation.recording == ray::Recording::kSummarised && problem.empty() && status < 500) {
    const std::string_view peer = call_.exchange.peer().text;
    tools_.recorder.count({.user = call_.principal->name,
                           .credential = call_.principal->credential_id,
                           .method = identity::name_of(call_.principal->method),
                           .peer = peer,
                           .cluster = call_.cluster->id,
                           .operation = operation.id,
                           .reason = reason_,
                           .allowed = true,
                           .status = status},
                          {call_.at, result_.bytes_in, result_.bytes_out, latency});
    return;
  }
  audit::Event event = event_of(call_);
  event.allowed = true;
  event.reason = std::string(reason_);
  event.detail = std::string(problem);
  event.status = status;
  event.bytes_in = result_.bytes_in;
  event.bytes_out = result_.bytes_out;
  event.latency = latency;
  tools_.recorder.done(std::move(event));
}

Awaitable<void> ClusterDoor::forward_websocket() {
  if (!co_await announce()) co_return;
  write_head({});
  auto opened = co_await tools_.forwarder.open(*call_.cluster, call_.exchange, head_, Forwarder::SendBody::kNo);
  if (opened.outcome != ClientStatus::kOk) co_return co_await upstream_failed(opened.outcome);
  if (opened.connection->head().status != 101) co_return co_await answer_opened(std::move(opened));
  const http::Fields& fields = opened.connection->head().fields;
  const std::string expected = http::websocket_accept(call_.request().fields.first(http::FieldId::kSecWebsocketKey));
  const bool proper = fields.first(http::FieldId::kSecWebsocketAccept) == expected &&
                      http::equals_ignoring_case(fields.first(http::FieldId::kUpgrade), "websocket") &&
                      !fields.has(http::FieldId::kSecWebsocketExtensions) && !fields.has(http::FieldId::kSecWebsocketProtocol);
  if (!proper) {
    co_return co_await refuse({502, "websocket-handshake", "The dashboard of this cluster gave an answer that is not a valid WebSocket.", {}});
  }
  http::Response response;
  response.status = 101;
  response.fields = {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", expected}};
  if (co_await call_.exchange.send(response, {}, false) != http::SendStatus::kOk) co_return record(0, "client-gone");
  co_await relay(std::move(opened));
}

Awaitable<void> ClusterDoor::relay(Forwarder::Opened opened) {
  const http::RelayLimits limits;
  http::WebSocketRelay relay(call_.exchange, *opened.connection, limits, [this] { return tools_.still_allowed(call_); });
  co_await relay.run();
  result_.bytes_out = relay.bytes_to_client();
  record(101);
}

}  // namespace raykeep::gateway
