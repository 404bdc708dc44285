// SPDX-License-Identifier: Apache-2.0
#include "ray/operation.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace raykeep::ray {
namespace {

std::string outcome(std::string_view method, std::string_view path, std::string_view query = "") {
  const auto matched = operation_of(method, path, query);
  return std::string(matched ? matched->operation->id : matched.error()->reason);
}
std::string job_of(std::string_view path, std::string_view query = "") {
  const auto matched = operation_of("GET", path, query);
  return matched ? std::string(matched->job_id) : std::string(matched.error()->reason);
}
OperationClass class_of(std::string_view method, std::string_view path, std::string_view query = "") {
  const auto matched = operation_of(method, path, query);
  EXPECT_TRUE(matched.has_value()) << method << " " << path;
  return matched ? matched->operation->operation_class : OperationClass::kInternal;
}

TEST(Operation, NamesWhatARequestDoes) {
  EXPECT_EQ(outcome("GET", "/"), "ui.page");
  EXPECT_EQ(outcome("GET", "/api/version"), "version");
  EXPECT_EQ(outcome("GET", "/static/js/main.84605326.js"), "ui.file");
  EXPECT_EQ(outcome("GET", "/api/jobs/"), "jobs.list");
  EXPECT_EQ(outcome("POST", "/api/jobs/"), "jobs.submit");
  EXPECT_EQ(outcome("GET", "/api/jobs/a"), "jobs.get");
  EXPECT_EQ(outcome("DELETE", "/api/jobs/a"), "jobs.delete");
  EXPECT_EQ(outcome("POST", "/api/jobs/a/stop"), "jobs.stop");
  EXPECT_EQ(outcome("GET", "/api/jobs/a/logs"), "jobs.logs");
  EXPECT_EQ(outcome("GET", "/api/jobs/a/logs/tail"), "jobs.logs.tail");
  EXPECT_EQ(outcome("PUT", "/api/packages/gcs/_ray_pkg_763b90ccc5937aaf.zip"), "packages.upload");
  EXPECT_EQ(outcome("GET", "/nodes", "view=summary"), "nodes.list");
  EXPECT_EQ(outcome("GET", "/nodes/0123abcd"), "nodes.get");
  EXPECT_EQ(outcome("GET", "/api/v0/tasks/summarize"), "state.tasks.summary");
  EXPECT_EQ(outcome("POST", "/api/v1/applications/a/deployments/d/scale"), "serve.scale");
}

TEST(Operation, TellsTheClasses) {
  EXPECT_EQ(class_of("GET", "/api/version"), OperationClass::kPublic);
  EXPECT_EQ(class_of("GET", "/api/jobs/"), OperationClass::kView);
  EXPECT_EQ(class_of("GET", "/api/jobs/a/logs"), OperationClass::kSensitiveRead);
  EXPECT_EQ(class_of("GET", "/api/v0/logs"), OperationClass::kSensitiveRead);
  EXPECT_EQ(class_of("POST", "/api/jobs/"), OperationClass::kSubmit);
  EXPECT_EQ(class_of("PUT", "/api/packages/gcs/_ray_pkg_763b90ccc5937aaf.zip"), OperationClass::kSubmit);
  EXPECT_EQ(class_of("POST", "/api/jobs/a/stop"), OperationClass::kManage);
  EXPECT_EQ(class_of("PUT", "/api/serve/applications/"), OperationClass::kManage);
  EXPECT_EQ(class_of("GET", "/worker/cpu_profile", "pid=1"), OperationClass::kProfile);
}

TEST(Operation, WhatIsNotInTheTableIsUnknown) {
  for (const std::string_view path :
       {"/nope", "/api", "/api/", "/api/jobs", "/api/jobs/a/", "/api/jobs/a/stop/", "/api/jobs/a/b", "/API/version",
        "/api/version/", "/nodes/", "/static", "/static/", "/api/v0/logs/other", "/api/jobs/a/logs/tail/x",
        "/index.html", "/api/v0", "/logs"}) {
    EXPECT_EQ(outcome("GET", path), "unknown-route") << path;
  }
}

TEST(Operation, AMethodThatTheRouteDoesNotTakeIsRefused) {
  for (const std::string_view method : {"PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "", "PUT"}) {
    EXPECT_EQ(outcome(method, "/api/jobs/"), "method-not-allowed") << method;
  }
  EXPECT_EQ(outcome("POST", "/api/jobs/a"), "method-not-allowed");
  EXPECT_EQ(outcome("GET", "/api/jobs/a/stop"), "method-not-allowed");
}

TEST(Operation, HeadIsTheGetThatRayRuns) {
  EXPECT_EQ(outcome("HEAD", "/api/version"), "version");
  EXPECT_EQ(class_of("HEAD", "/worker/traceback"), OperationClass::kProfile);
  EXPECT_EQ(class_of("HEAD", "/api/actors/kill"), OperationClass::kInternal);
  EXPECT_EQ(outcome("HEAD", "/api/jobs/a/stop"), "method-not-allowed");
}

TEST(Operation, RaysOwnAndRetiredRoutesAreInternal) {
  for (const auto& [method, path] :
       std::multimap<std::string_view, std::string_view>{{"GET", "/api/v0/delay/5"},
                                                         {"GET", "/test/dump"},
                                                         {"POST", "/report_events"},
                                                         {"POST", "/api/task_events"},
                                                         {"POST", "/api/task_events/query"},
                                                         {"GET", "/api/actors/kill"},
                                                         {"GET", "/log_proxy"},
                                                         {"GET", "/logical/kill_actor"},
                                                         {"GET", "/api/snapshot"},
                                                         {"GET", "/api/launch_profiling"},
                                                         {"POST", "/api/authenticate"},
                                                         {"POST", "/api/job_agent/jobs/"},
                                                         {"GET", "/logs/x/y"}}) {
    EXPECT_EQ(class_of(method, path), OperationClass::kInternal) << path;
  }
}

TEST(Operation, TheJobOfTheOperationIsKnown) {
  EXPECT_EQ(job_of("/api/jobs/raysubmit_1"), "raysubmit_1");
  EXPECT_EQ(job_of("/api/jobs/raysubmit_1/logs/tail"), "raysubmit_1");
  EXPECT_EQ(job_of("/api/v0/logs/file", "submission_id=raysubmit_1"), "raysubmit_1");
  EXPECT_EQ(job_of("/api/v0/logs/file", "node_id=ab&filename=job-driver-raysubmit_1.log&lines=50000"), "raysubmit_1");
}

TEST(Operation, ALogRequestThatCouldMeanAnotherJobNamesNone) {
  EXPECT_EQ(job_of("/api/v0/logs/file", "submission_id=mine&filename=job-driver-victim.log"), "");
  EXPECT_EQ(job_of("/api/v0/logs/file", "submission_id=mine&actor_id=0a"), "");
  EXPECT_EQ(job_of("/api/v0/logs/file", "submission_id=mine&task_id=0a"), "");
  EXPECT_EQ(job_of("/api/v0/logs/file", "filename=job-driver-mine.log&pid=7"), "");
  EXPECT_EQ(job_of("/api/v0/logs/file", "filename=job%2Ddriver-mine.log"), "");
  EXPECT_EQ(job_of("/api/v0/logs/file", "filename=worker-1.out"), "");
}

TEST(Operation, BadIdsAreRefusedWhereverTheyOccur) {
  EXPECT_EQ(outcome("GET", "/api/jobs/.hidden"), "bad-job-id");
  EXPECT_EQ(outcome("POST", "/api/jobs/a:b/stop"), "bad-job-id");
  EXPECT_EQ(outcome("GET", "/api/jobs/a%20b"), "bad-job-id");
  EXPECT_EQ(outcome("GET", "/api/jobs/" + std::string(129, 'a')), "bad-job-id");
  EXPECT_EQ(outcome("GET", "/api/v0/logs/file", "submission_id=x%2F..%2Fvictim"), "bad-job-id");
  EXPECT_EQ(outcome("GET", "/api/v0/logs/file", "submission_id=.x"), "bad-job-id");
  EXPECT_EQ(outcome("GET", "/events", "job_id=a%0Ab"), "ambiguous-query");
  EXPECT_EQ(outcome("GET", "/api/v0/logs/file", "filename=job-driver-a%20b.log"), "bad-file-name");
}

TEST(Operation, FileNamesStayInsideTheLogDirectory) {
  EXPECT_EQ(outcome("GET", "/api/v0/logs/file", "filename=..%2F..%2Fetc%2Fpasswd"), "bad-file-name");
  EXPECT_EQ(outcome("GET", "/api/v0/logs/file", "filename=%2Fetc%2Fpasswd"), "bad-file-name");
  EXPECT_EQ(outcome("GET", "/api/v0/logs", "node_id=a&glob=..%2F*"), "bad-file-name");
  EXPECT_EQ(outcome("GET", "/api/v0/logs", "node_id=a&glob=/*"), "bad-file-name");
  EXPECT_EQ(outcome("GET", "/api/v0/logs/file", "filename=a.log&download_filename=x%22%3B"), "bad-file-name");
  EXPECT_EQ(outcome("GET", "/api/v0/logs", "node_id=a&glob=events%2F*"), "logs.list");
}

TEST(Operation, PackagesAreNamedAfterTheirContent) {
  EXPECT_EQ(outcome("PUT", "/api/packages/gcs/x.txt"), "bad-package-name");
  EXPECT_EQ(outcome("PUT", "/api/packages/https/_ray_pkg_763b90ccc5937aaf.zip"), "bad-package-name");
  EXPECT_EQ(outcome("GET", "/api/packages/gcs/my_wheel-1.0-py3-none-any.whl"), "bad-package-name");
}

TEST(Operation, OnlyTheLogTailIsAWebSocket) {
  std::set<std::string_view> found;
  for (const Route& route : routes()) {
    if (route.operation.websocket) found.insert(route.pattern);
  }
  EXPECT_EQ(found, (std::set<std::string_view>{"/api/jobs/{job}/logs/tail"}));
}

TEST(Operation, DenialsApartOnlyReadsAreSummarised) {
  for (const Route& route : routes()) {
    if (route.operation.recording == Recording::kEach) continue;
    EXPECT_EQ(route.method, "GET") << route.pattern;
    EXPECT_FALSE(route.operation.writes()) << route.pattern;
    EXPECT_NE(route.operation.operation_class, OperationClass::kSensitiveRead) << route.pattern;
  }
}

TEST(RouteTable, HasNoRouteTwiceAndEveryRouteFindsItself) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
    std::string path(route.pattern);
    for (const auto& [placeholder, example] :
         std::map<std::string, std::string>{{"{job}", "job1"},
                                            {"{protocol}", "gcs"},
                                            {"{package}", "_ray_pkg_763b90ccc5937aaf.zip"},
                                            {"{id}", "0a"},
                                            {"{name}", "app"},
                                            {"{rest}", "a/b.js"}}) {
      for (auto at = path.find(placeholder); at != std::string::npos; at = path.find(placeholder)) {
        path.replace(at, placeholder.size(), example);
      }
    }
    EXPECT_EQ(outcome(route.method, path), route.operation.id) << path;
  }
}

TEST(RouteTable, WhatRunsCodeOrChangesThingsIsNeverAView) {
  for (const Route& route : routes()) {
    if (route.method == "GET") continue;
    EXPECT_TRUE(route.operation.writes() || route.operation.operation_class == OperationClass::kInternal)
        << route.pattern;
  }
}

}  // namespace
}  // namespace raykeep::ray
