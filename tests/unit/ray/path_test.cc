// SPDX-License-Identifier: Apache-2.0
#include "ray/path.h"

#include <gtest/gtest.h>

namespace raykeep::ray {
namespace {

TEST(Path, PlainPathsPass) {
  for (const std::string_view path :
       {"/", "/api/jobs/", "/api/jobs/raysubmit_ab12", "/static/js/main.84605326.js", "/-/healthz", "/a.b/c~d/e_f-g",
        "/api/v1/applications/my%20app/deployments/d%3A1/scale", "/x/%C3%A9"}) {
    EXPECT_EQ(path_problem(path), nullptr) << path;
  }
}

TEST(Path, WhatProgramsReadDifferentlyIsRefused) {
  for (const std::string_view path : {"",
                                      "api",
                                      "//",
                                      "//api/version",
                                      "/api//version",
                                      "/.",
                                      "/..",
                                      "/./api",
                                      "/../api",
                                      "/api/../test/dump",
                                      "/api/%2e%2e/test",
                                      "/api/%2E./x",
                                      "/api/.%2e/x",
                                      "/static/..%2fapi",
                                      "/api/jobs/x%2Fstop",
                                      "/api/jobs/x%5cstop",
                                      "/api\\jobs",
                                      "/%61pi/version",
                                      "/api/jobs/%72aysubmit",
                                      "/api/jobs/x;y",
                                      "/api/version;x=1",
                                      "/api/jobs/x%3Bstop",
                                      "/api/jobs/x%00",
                                      "/api/jobs/x%0a",
                                      "/api/jobs/x%7f",
                                      "/api/jobs/%252e%252e",
                                      "/api/jobs/%25",
                                      "/api/%c0%ae%c0%ae/x",
                                      "/api/%u002e",
                                      "/api/%",
                                      "/api/%4",
                                      "/api/%zz",
                                      "/api/%ff",
                                      "/a#b",
                                      "/a%23b",
                                      "/a?b",
                                      "/a%3Fb",
                                      "/a b",
                                      "/a\tb",
                                      "/\xc3\xa9",
                                      "/a\x7f",
                                      "/a\"b",
                                      "/a<b",
                                      "/a|b",
                                      "/a^b",
                                      "/a`b",
                                      "/a{b}",
                                      "/a[b]"}) {
    EXPECT_EQ(path_problem(path), &kAmbiguousPath) << path;
  }
  EXPECT_EQ(path_problem(std::string_view("/a\0b", 4)), &kAmbiguousPath);
}

TEST(Query, OrdinaryQueriesPass) {
  for (const std::string_view query :
       {"", "view=summary", "format=1", "a=1&b=", "flag", "a=1&",
        "filter_keys=job_id&filter_predicates=%3D&filter_values=01000000",
        "filter_keys=a&filter_predicates=%3D&filter_values=1&filter_keys=b&filter_predicates=!%3D&filter_values=2",
        "glob=events%2F*", "x=%C3%A9", "x=a+b", "x=a/b?c"}) {
    EXPECT_EQ(query_problem(query), nullptr) << query;
  }
}

TEST(Query, AmbiguousQueriesAreRefused) {
  for (const std::string_view query :
       {"filename=a&filename=b", "job_id=1&x=2&job_id=3", "%66ilename=a", "file+name=a", "a=1;b=2", "a=%", "a=%2",
        "a=%zz", "a=%00", "a=%0a", "a=%7F", "a=%ff", "a=%c0%ae", "a=b#c", "=b", "a=\xc3\xa9", "a=<b>", "a=b c"}) {
    EXPECT_EQ(query_problem(query), &kAmbiguousQuery) << query;
  }
}

TEST(Query, HasABoundedNumberOfParts) {
  std::string query;
  for (int i = 0; i < 64; ++i) query += "n" + std::to_string(i) + "=1&";
  EXPECT_EQ(query_problem(query), nullptr);
  EXPECT_EQ(query_problem(query + "last=1"), &kAmbiguousQuery);
}

TEST(JobId, IsPlain) {
  EXPECT_TRUE(is_job_id("raysubmit_AbC123"));
  EXPECT_TRUE(is_job_id("01000000"));
  EXPECT_TRUE(is_job_id("-x"));
  EXPECT_TRUE(is_job_id("a..b")) << "dots inside a single segment mean nothing";
  EXPECT_TRUE(is_job_id(std::string(128, 'a')));
  for (const std::string_view id :
       {"", ".", "..", ".hidden", "x/../victim", "a b", "a\nb", "a%2f", "\xc3\xa9", "a\\b", "a:b"}) {
    EXPECT_FALSE(is_job_id(id)) << id;
  }
  EXPECT_FALSE(is_job_id(std::string(129, 'a')));
}

TEST(PackageName, ComesFromTheContent) {
  EXPECT_TRUE(is_package_name("_ray_pkg_763b90ccc5937aaf.zip"));
  EXPECT_TRUE(is_package_name("_ray_pkg_763b90ccc5937aaf763b90ccc5937aaf763b90cc.tar.gz"));
  EXPECT_TRUE(is_package_name("_ray_pkg_763b90ccc5937aaf.whl"));
  for (const std::string_view name :
       {"x.txt", "_ray_pkg_.zip", "_ray_pkg_763b90ccc5937aa.zip", "_ray_pkg_763B90CCC5937AAF.zip",
        "_ray_pkg_763b90ccc5937aag.zip", "_ray_pkg_763b90ccc5937aaf", "_ray_pkg_763b90ccc5937aaf.exe",
        "_ray_pkg_763b90ccc5937aaf.zip.x", "x_ray_pkg_763b90ccc5937aaf.zip",
        "_ray_pkg_763b90ccc5937aaf763b90ccc5937aaf763b90cc0.zip"}) {
    EXPECT_FALSE(is_package_name(name)) << name;
  }
}

TEST(LogFileName, StaysInsideTheLogDirectory) {
  for (const std::string_view name :
       {"gcs_server.out", "events/event_JOBS.log", "*", "*worker*out", "job-driver-a.log", "a..b"}) {
    EXPECT_TRUE(is_log_file_name(name)) << name;
  }
  for (const std::string_view name :
       {"", "/etc/passwd", "../x", "a/../b", "a/..", "./a", "a//b", "a/", "a\\b", "a\nb", "a\"b", "\xff"}) {
    EXPECT_FALSE(is_log_file_name(name)) << name;
  }
}

TEST(DriverLog, NamesItsJob) {
  EXPECT_EQ(job_of_driver_log("job-driver-raysubmit_1.log"), "raysubmit_1");
  EXPECT_EQ(job_of_driver_log("job-driver-.log"), std::nullopt);
  EXPECT_EQ(job_of_driver_log("worker-1.log"), std::nullopt);
}

TEST(LogFile, ShowsTheEnvironmentOfJobsInWhatSetsItUpAndInEvents) {
  for (const std::string_view name : {"runtime_env_agent.log", "runtime_env_agent.log.1", "old/runtime_env_setup-01000000.log",
                                      "export_events/event_EXPORT_SUBMISSION_JOB.log", "events/x.log", "event_JOBS.log"}) {
    EXPECT_TRUE(log_file_shows_environments(name)) << name;
  }
  for (const std::string_view name : {"", "job-driver-a.log", "worker-1.out", "raylet.out", "serve/replica.log"}) {
    EXPECT_FALSE(log_file_shows_environments(name)) << name;
  }
}

}  // namespace
}  // namespace raykeep::ray
