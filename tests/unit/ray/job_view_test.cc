// SPDX-License-Identifier: Apache-2.0
#include "ray/job_view.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "document/json.h"

namespace raykeep::ray {
namespace {

std::string sample(const std::string& name) {
  const auto text = read_file(std::string(RAYKEEP_SAMPLES) + "/" + name + ".json", 1U << 20);
  EXPECT_TRUE(text.has_value()) << name;
  return text.value_or("");
}

std::string redacted(const std::string& body, SecretsSeen seen = SecretsSeen::kNone, std::string_view viewer = "vera") {
  const auto out = redact_secrets(body, seen, viewer);
  EXPECT_TRUE(out.has_value());
  return out.value_or("");
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(RedactSecrets, LeavesNoEnvironmentInRaysAnswers) {
  for (const char* name : {"jobs", "job", "state_jobs", "state_tasks", "state_actors", "runtime_envs", "nodes"}) {
    const std::string before = sample(name);
    ASSERT_TRUE(has(before, "-s3cret")) << name << ": a sample without secrets proves nothing";
    const std::string after = redacted(before);
    for (const char* secret : {"j0b-s3cret", "0ther-s3cret", "inl1ne-s3cret", "fl4g-s3cret", "r3dis-s3cret"}) {
      EXPECT_FALSE(has(after, secret)) << name << " " << secret;
    }
    if (std::string(name) != "jobs" && std::string(name) != "job" && std::string(name) != "state_jobs") {
      EXPECT_FALSE(has(after, "-s3cret")) << name;
    }
    EXPECT_TRUE(document::read_json(after).has_value()) << name;
  }
}

TEST(RedactSecrets, ShowsWhichVariablesAreSet) {
  const std::string after = redacted(sample("state_actors"));
  EXPECT_TRUE(has(after, "SECRET_X"));
  EXPECT_TRUE(has(after, R"(\"SECRET_X\":\"<redacted>\")"));
  EXPECT_TRUE(has(redacted(sample("job")), R"("env_vars":{"SECRET_X":"<redacted>"})"));
}

TEST(RedactSecrets, ChangesNothingElse) {
  const std::string workers = sample("workers");
  auto before = document::read_json(workers);
  EXPECT_EQ(redacted(workers), document::write_json(*before));
  EXPECT_TRUE(has(redacted(workers), "18446744073709551615")) << "numbers beyond 64 bits signed stay as they are";
  EXPECT_TRUE(has(redacted(sample("job")), R"("raykeep.io/submitter":"ann")"));
}

TEST(RedactSecrets, OwnJobsStayWholeAndOthersDoNot) {
  const std::string own = redacted(sample("jobs"), SecretsSeen::kOwnJobs, "ann");
  EXPECT_TRUE(has(own, "j0b-s3cret"));
  EXPECT_TRUE(has(own, "fl4g-s3cret"));
  EXPECT_FALSE(has(own, "0ther-s3cret"));
  EXPECT_FALSE(has(redacted(sample("jobs"), SecretsSeen::kOwnJobs, "bob"), "j0b-s3cret"));
  EXPECT_FALSE(has(redacted(sample("jobs"), SecretsSeen::kNone, "ann"), "j0b-s3cret"));
  EXPECT_FALSE(has(redacted(sample("jobs"), SecretsSeen::kOwnJobs, ""), "0ther-s3cret"))
      << "nobody's jobs are not an empty name's";
}

TEST(RedactSecrets, WhatCannotBeReadInsideIsHiddenWhole) {
  EXPECT_EQ(redacted(R"({"serialized_runtime_env":"not json s3cret"})"), R"({"serialized_runtime_env":"<redacted>"})");
  EXPECT_EQ(redacted(R"({"serialized_runtime_env":"[1]"})"), R"({"serialized_runtime_env":"<redacted>"})");
  EXPECT_EQ(redacted(R"({"serialized_runtime_env":"","env_vars":null})"),
            R"({"serialized_runtime_env":"","env_vars":null})");
  EXPECT_EQ(redacted(R"({"env_vars":"A=s3cret"})"), R"({"env_vars":"<redacted>"})");
  EXPECT_EQ(redacted(R"({"env_vars":{"A":{"b":"s3cret"}}})"), R"({"env_vars":{"A":"<redacted>"}})");
}

TEST(RedactSecrets, HidesCredentialsInUrlsAnywhere) {
  EXPECT_EQ(
      redacted(
          R"({"runtime_env":{"working_dir":"https://u:s3cret@h/a.zip","pip":["--index-url https://u:s3cret@h/"]}})"),
      R"({"runtime_env":{"working_dir":"https://<redacted>@h/a.zip","pip":["--index-url https://<redacted>@h/"]}})");
}

TEST(RedactSecrets, AnAnswerThatIsNotJsonIsAnErrorAndNotShown) {
  for (const char* body : {"", "<html>", "{", R"({"a":1,"a":2})"})
    EXPECT_FALSE(redact_secrets(body, SecretsSeen::kNone, "").has_value()) << body;
}

TEST(OwnerOfJob, IsTheStampedSubmitter) {
  EXPECT_EQ(*owner_of_job(sample("job")), "ann");
  EXPECT_EQ(*owner_of_job(R"({"metadata":{"team":"red"}})"), std::nullopt);
  EXPECT_EQ(*owner_of_job(R"({"metadata":null})"), std::nullopt);
  EXPECT_EQ(*owner_of_job(R"({"metadata":{"raykeep.io/submitter":""}})"), std::nullopt);
  EXPECT_EQ(*owner_of_job(R"({"metadata":{"raykeep.io/submitter":5}})"), std::nullopt);
  EXPECT_FALSE(owner_of_job("[]").has_value());
  EXPECT_FALSE(owner_of_job("404 Job x does not exist").has_value());
  EXPECT_FALSE(owner_of_job(R"({"metadata":{"raykeep.io/submitter":"a","raykeep.io/submitter":"b"}})").has_value());
}

}  // namespace
}  // namespace raykeep::ray
