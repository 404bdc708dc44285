// SPDX-License-Identifier: Apache-2.0
// Every known route of a Ray dashboard, one a line. Sources: the registrations in ray/dashboard of 2.60
// (modules/*_head.py, http_server_head.py), the agent's, and those of older and newer versions that still run
// somewhere.
#pragma once

#include <array>

#include "ray/operation.h"

namespace raykeep::ray::table {

constexpr Operation make(std::string_view id, OperationClass operation_class) {
  Operation out;
  out.id = id;
  out.operation_class = operation_class;
  return out;
}
constexpr Operation open(std::string_view id) {
  return make(id, OperationClass::kPublic);
}
constexpr Operation view(std::string_view id) {
  return make(id, OperationClass::kView);
}
constexpr Operation sensitive(std::string_view id) {
  return make(id, OperationClass::kSensitiveRead);
}
constexpr Operation submit(std::string_view id) {
  return make(id, OperationClass::kSubmit);
}
constexpr Operation manage(std::string_view id) {
  return make(id, OperationClass::kManage);
}
constexpr Operation profile(std::string_view id) {
  return make(id, OperationClass::kProfile);
}
constexpr Operation internal(std::string_view id) {
  return make(id, OperationClass::kInternal);
}

// What pages and command lines ask for again and again.
constexpr Operation polled(Operation o) {
  return o.recording = Recording::kSummarised, o;
}
constexpr Operation redacted(Operation o) {
  return o.redaction = Redaction::kSecrets, o;
}
constexpr Operation of_job(Operation o) {
  return o.of_one_job = true, o;
}
constexpr Operation websocket(Operation o) {
  return o.websocket = true, o;
}
constexpr Operation by_gateway(Operation o) {
  return o.by_gateway = true, o;
}
constexpr Operation with_body(RequestBody body, Operation o) {
  return o.body = body, o;
}

// clang-format off
inline constexpr auto kRoutes = std::to_array<Route>({
    // The page itself, the handshake of clients, health.
    {"GET", "/", polled(open("ui.page")), ""},
    {"GET", "/favicon.ico", polled(open("ui.file")), ""},
    {"GET", "/static/{rest}", polled(open("ui.file")), ""},
    {"GET", "/timezone", polled(open("ui.timezone")), ""},
    {"GET", "/api/authentication_mode", by_gateway(polled(open("ui.authentication-mode"))), ">= 2.52"},
    {"POST", "/api/authenticate", by_gateway(internal("internal.authenticate")), ">= 2.52"},
    {"GET", "/api/profiling_enabled", polled(open("ui.profiling-enabled")), ">= 2.55"},
    {"GET", "/api/v0/runtime_env_redaction", polled(open("ui.redaction")), ">= 2.60"},
    {"GET", "/usage_stats_enabled", polled(open("ui.usage-stats")), ""},
    {"GET", "/api/version", polled(open("version")), ""},
    {"GET", "/api/ray/version", polled(open("version")), ""},
    {"GET", "/api/gcs_healthz", polled(open("health")), ""},
    {"GET", "/api/healthz", polled(open("health")), "some"},
    {"GET", "/api/local_raylet_healthz", polled(open("health")), "some"},
    {"GET", "/-/healthz", polled(open("health")), "some"},

    // Packages of code, named after their content.
    {"GET", "/api/packages/{protocol}/{package}", submit("packages.check"), ""},
    {"PUT", "/api/packages/{protocol}/{package}", with_body(RequestBody::kPackage, submit("packages.upload")), ""},

    // Jobs.
    {"GET", "/api/jobs/", redacted(polled(view("jobs.list"))), ""},
    {"POST", "/api/jobs/", with_body(RequestBody::kSubmission, submit("jobs.submit")), ""},
    {"GET", "/api/jobs/{job}", of_job(redacted(polled(view("jobs.get")))), ""},
    {"DELETE", "/api/jobs/{job}", of_job(manage("jobs.delete")), ""},
    {"POST", "/api/jobs/{job}/stop", of_job(manage("jobs.stop")), ""},
    {"GET", "/api/jobs/{job}/logs", of_job(sensitive("jobs.logs")), ""},
    {"GET", "/api/jobs/{job}/logs/tail", websocket(of_job(sensitive("jobs.logs.tail"))), ""},
    {"GET", "/api/component_activities", view("activities"), ""},

    // Serve, Train, Data. A Serve configuration replaces every application of the cluster.
    {"GET", "/api/serve/applications/", redacted(polled(view("serve.list"))), ""},
    {"PUT", "/api/serve/applications/", with_body(RequestBody::kForwarded, manage("serve.deploy")), ""},
    {"DELETE", "/api/serve/applications/", manage("serve.shutdown"), ""},
    {"POST", "/api/v1/applications/{name}/deployments/{name}/scale", with_body(RequestBody::kForwarded, manage("serve.scale")), ""},
    {"GET", "/api/train/v2/runs", redacted(polled(view("train.list"))), ""},
    {"GET", "/api/train/v2/runs/v1", redacted(polled(view("train.list"))), ""},
    {"GET", "/api/data/datasets/{id}", polled(view("data.list")), ""},

    // The state of the cluster.
    {"GET", "/nodes", redacted(polled(view("nodes.list"))), ""},
    {"GET", "/nodes/{id}", redacted(polled(view("nodes.get"))), ""},
    {"GET", "/logical/actors", redacted(polled(view("actors.list"))), ""},
    {"GET", "/logical/actors/{id}", redacted(polled(view("actors.get"))), ""},
    {"GET", "/api/v0/actors", redacted(polled(view("state.actors"))), ""},
    {"GET", "/api/v0/jobs", redacted(polled(view("state.jobs"))), ""},
    {"GET", "/api/v0/nodes", polled(view("state.nodes")), ""},
    {"GET", "/api/v0/placement_groups", polled(view("state.placement-groups")), ""},
    {"GET", "/api/v0/workers", redacted(polled(view("state.workers"))), ""},
    {"GET", "/api/v0/tasks", redacted(polled(view("state.tasks"))), ""},
    {"GET", "/api/v0/objects", polled(view("state.objects")), ""},
    {"GET", "/api/v0/runtime_envs", redacted(polled(view("state.runtime-envs"))), ""},
    {"GET", "/api/v0/cluster_events", redacted(polled(view("state.cluster-events"))), ""},
    {"GET", "/api/v0/tasks/summarize", polled(view("state.tasks.summary")), ""},
    {"GET", "/api/v0/actors/summarize", polled(view("state.actors.summary")), ""},
    {"GET", "/api/v0/objects/summarize", polled(view("state.objects.summary")), ""},
    {"GET", "/api/v0/tasks/timeline", view("state.tasks.timeline"), ""},
    {"GET", "/api/v0/platform_events", redacted(polled(view("events.platform"))), ">= 2.56"},
    {"GET", "/api/v0/cluster_metadata", polled(view("cluster.metadata")), ""},
    {"GET", "/api/cluster_status", polled(view("cluster.status")), ""},
    {"GET", "/cluster_id", polled(view("cluster.id")), ""},
    {"GET", "/events", redacted(polled(view("events.list"))), ""},
    {"GET", "/api/grafana_health", polled(view("metrics.grafana")), ""},
    {"GET", "/api/prometheus_health", polled(view("metrics.prometheus")), ""},

    // Logs may hold anything; the target list names every node's address.
    {"GET", "/api/v0/logs", sensitive("logs.list"), ""},
    {"GET", "/api/v0/logs/file", of_job(sensitive("logs.file")), ""},
    {"GET", "/api/v0/logs/stream", of_job(sensitive("logs.stream")), ""},
    {"GET", "/api/prometheus/sd", sensitive("metrics.targets"), ""},

    // Attaches a profiler to a live process; open to everybody before Ray 2.55.
    {"GET", "/task/traceback", profile("profile.task.stack"), ""},
    {"GET", "/task/cpu_profile", profile("profile.task.cpu"), ""},
    {"GET", "/worker/traceback", profile("profile.worker.stack"), ""},
    {"GET", "/worker/cpu_profile", profile("profile.worker.cpu"), ""},
    {"GET", "/worker/gpu_profile", profile("profile.worker.gpu"), ""},
    {"GET", "/worker/jax_profile", profile("profile.worker.jax"), ">= 2.57"},
    {"GET", "/memory_profile", profile("profile.memory"), ""},

    // Ray's own traffic, test routes, and routes that older versions answer and should not have.
    {"GET", "/test/dump", internal("internal.test"), ""},
    {"GET", "/api/v0/delay/{id}", internal("internal.delay"), ""},
    {"POST", "/report_events", internal("internal.report-events"), ""},
    {"POST", "/api/task_events", internal("internal.task-events"), ">= 2.60"},
    {"POST", "/api/task_events/query", internal("internal.task-events"), ">= 2.60"},
    {"GET", "/api/actors/kill", internal("internal.kill-actor"), "<= 2.52"},
    {"GET", "/logical/kill_actor", internal("internal.kill-actor"), "old"},
    {"GET", "/api/launch_profiling", internal("internal.profiling"), "old"},
    {"GET", "/log_proxy", internal("internal.log-proxy"), "< 2.8.1"},
    {"GET", "/api/snapshot", internal("internal.snapshot"), "old"},

    // The agent of a node (port 52365), which no client has to reach.
    {"GET", "/logs/{rest}", internal("internal.agent"), "agent"},
    {"POST", "/api/job_agent/jobs/", internal("internal.agent"), "agent"},
    {"POST", "/api/job_agent/jobs/{job}/stop", internal("internal.agent"), "agent"},
    {"DELETE", "/api/job_agent/jobs/{job}", internal("internal.agent"), "agent"},
    {"GET", "/api/job_agent/jobs/{job}/logs", internal("internal.agent"), "agent"},
    {"GET", "/api/job_agent/jobs/{job}/logs/tail", internal("internal.agent"), "agent"},
});
// clang-format on

}  // namespace raykeep::ray::table
