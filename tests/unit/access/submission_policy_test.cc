// SPDX-License-Identifier: Apache-2.0
#include "access/submission_policy.h"

#include <gtest/gtest.h>

#include "ray/package.h"

namespace raykeep::access {
namespace {

constexpr std::string_view kJson = "application/json";

Result<AdmittedSubmission> admit(std::string_view body, const SubmissionPolicy& policy = SubmissionPolicy::standard(),
                                 std::string_view type = kJson, std::string_view encoding = "") {
  return admit_submission({type, encoding, body, "ann", "raysubmit_fresh"}, policy);
}
std::string admitted(std::string_view body, const SubmissionPolicy& policy = SubmissionPolicy::standard()) {
  const auto result = admit(body, policy);
  return result ? result->body : "refused: " + result.error().text();
}
std::string refusal(std::string_view body, const SubmissionPolicy& policy = SubmissionPolicy::standard()) {
  const auto result = admit(body, policy);
  return result ? "admitted" : std::string(result.error().code().id);
}
std::string message(std::string_view body, const SubmissionPolicy& policy = SubmissionPolicy::standard()) {
  const auto result = admit(body, policy);
  return result ? "admitted" : result.error().message();
}
std::string with_env(std::string_view runtime_env) {
  return R"({"entrypoint":"x","runtime_env":)" + std::string(runtime_env) + "}";
}

TEST(Submission, IsForwardedAnewWithItsSubmitter) {
  EXPECT_EQ(
      admitted(
          R"( {"entrypoint" : "python main.py 25", "submission_id":"jobA", "metadata":{"team":"red"}, "entrypoint_num_cpus":0.0} )"),
      R"({"entrypoint":"python main.py 25","submission_id":"jobA","metadata":{"team":"red","raykeep.io/submitter":"ann"},"entrypoint_num_cpus":0.0})");
  EXPECT_EQ(admitted(R"({"entrypoint":"x"})"),
            R"({"entrypoint":"x","submission_id":"raysubmit_fresh","metadata":{"raykeep.io/submitter":"ann"}})");
}

TEST(Submission, AnEscapedKeyIsTheKey) {
  EXPECT_EQ(admitted(R"({"entry\u0070oint":"x"})"), admitted(R"({"entrypoint":"x"})"));
}

TEST(Submission, NullKeysAreLeftOut) {
  EXPECT_EQ(admitted(R"({"entrypoint":"x","runtime_env":null,"metadata":null,"job_id":null,"submission_id":null})"),
            admitted(R"({"entrypoint":"x"})"));
}

TEST(Submission, TheOldNameOfTheIdIsTaken) {
  EXPECT_EQ(admit(R"({"entrypoint":"x","job_id":"jobA"})")->submission_id, "jobA");
  EXPECT_EQ(admitted(R"({"entrypoint":"x","job_id":"jobA"})").find("job_id"), std::string::npos);
  EXPECT_EQ(admit(R"({"entrypoint":"x","job_id":"jobA","submission_id":"jobA"})")->submission_id, "jobA");
  EXPECT_EQ(refusal(R"({"entrypoint":"x","job_id":"jobA","submission_id":"jobB"})"), "submission-malformed");
}

TEST(Submission, IdsThatCouldMeanAnotherJobAreRefused) {
  for (const char* id : {"x/../victim", "../../x y", "a\\nb", "", ".", "a b", "x%2f"}) {
    EXPECT_EQ(refusal(R"({"entrypoint":"x","submission_id":")" + std::string(id) + "\"}"), "submission-malformed")
        << id;
    EXPECT_NE(message(R"({"entrypoint":"x","submission_id":")" + std::string(id) + "\"}").find("submission_id"),
              std::string::npos);
  }
}

TEST(Submission, OnlyUtf8JsonIsTaken) {
  const std::string body = R"({"entrypoint":"x"})";
  for (const std::string_view type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                                      "application/json;charset=\"UTF-8\""}) {
    EXPECT_TRUE(admit(body, SubmissionPolicy::standard(), type).has_value()) << type;
  }
  for (const std::string_view type :
       {"", "text/plain", "application/json; charset=utf-7", "application/json; charset=utf-16", "application/jsonx",
        "application/json; charset=utf-8; charset=utf-7", "application/json;", "application/json, text/plain"}) {
    const auto result = admit(body, SubmissionPolicy::standard(), type);
    ASSERT_FALSE(result.has_value()) << type;
    EXPECT_EQ(status_of(result.error()), 415) << type;
  }
  EXPECT_EQ(status_of(admit(body, SubmissionPolicy::standard(), kJson, "gzip").error()), 415);
}

TEST(Submission, WhatTwoParsersWouldReadDifferentlyIsRefused) {
  for (const std::string_view body :
       {R"({"entrypoint":"a","entrypoint":"b"})", R"({"entrypoint":"a","entry\u0070oint":"b"})",
        R"({"entrypoint":"x","entrypoint_num_cpus":NaN})", R"({"entrypoint":"x"} trailing)",
        "\xef\xbb\xbf{\"entrypoint\":\"x\"}", R"({"entrypoint":"x",})", R"(["entrypoint"])", "",
        "{\"entrypoint\":\"\xff\"}", R"({"entrypoint":"x","runtime_env":{"env_vars":{"A":"1","A":"2"}}})",
        R"({'entrypoint':'x'})"}) {
    EXPECT_EQ(refusal(body), "submission-malformed") << body;
  }
  EXPECT_EQ(refusal(with_env(std::string(1000, '[') + std::string(1000, ']'))), "submission-malformed");
}

TEST(Submission, UnknownKeysAreNamedWithASuggestion) {
  EXPECT_EQ(refusal(R"({"entrypoint":"x","retry_policy":{}})"), "submission-unknown-key");
  EXPECT_NE(message(R"({"entrypoint":"x","metdata":{}})").find("did you mean \"metadata\"?"), std::string::npos);
}

TEST(Submission, ReservedMetadataCannotBeSet) {
  for (const char* key : {"raykeep.io/submitter", "raykeep.io/other", "RAYKEEP.IO/submitter",
                          "raykeep\\u002eio/submitter", "job_submission_id"}) {
    EXPECT_EQ(refusal(R"({"entrypoint":"x","metadata":{")" + std::string(key) + R"(":"bob"}})"),
              "submission-reserved-key")
        << key;
  }
}

TEST(Submission, TypesAreChecked) {
  for (const std::string_view body :
       {R"({})", R"({"entrypoint":5})", R"({"entrypoint":""})", R"({"entrypoint":" \n"})",
        R"({"entrypoint":"a\u0000b"})", R"({"entrypoint":"x","metadata":[]})",
        R"({"entrypoint":"x","metadata":{"a":1}})", R"({"entrypoint":"x","submission_id":5})",
        R"({"entrypoint":"x","entrypoint_num_cpus":"1"})", R"({"entrypoint":"x","entrypoint_num_gpus":-1})",
        R"({"entrypoint":"x","entrypoint_memory":1.5})", R"({"entrypoint":"x","entrypoint_resources":{"a":"1"}})",
        R"({"entrypoint":"x","entrypoint_label_selector":{"a":1}})", R"({"entrypoint":"x","runtime_env":[]})",
        R"({"entrypoint":"x","runtime_env":"{}"})"}) {
    EXPECT_EQ(refusal(body), "submission-malformed") << body;
  }
}

TEST(Submission, SizesAreLimited) {
  SubmissionPolicy small = SubmissionPolicy::standard();
  small.largest_body = 30;
  EXPECT_EQ(status_of(admit(R"({"entrypoint":"0123456789abcdef"})", small).error()), 413);
  small.largest_body = 1000;
  small.longest_entrypoint = 5;
  EXPECT_EQ(refusal(R"({"entrypoint":"123456"})", small), "submission-policy");
}

TEST(SubmissionPolicy, DeniesEntrypointsByPattern) {
  SubmissionPolicy policy = SubmissionPolicy::standard();
  policy.denied_entrypoints = {"*curl*|*sh*", "*base64 -d*"};
  EXPECT_EQ(refusal(R"({"entrypoint":"curl http://x | sh"})", policy), "submission-policy");
  EXPECT_EQ(refusal(R"({"entrypoint":"curl\nhttp://x |\tsh"})", policy), "submission-policy");
  EXPECT_EQ(refusal(R"({"entrypoint":"python main.py"})", policy), "admitted");
}

TEST(SubmissionPolicy, UploadedPackagesGetTheSubmittersNames) {
  const std::string name = "_ray_pkg_763b90ccc5937aaf.zip";
  const std::string own = ray::owned_package_name("ann", name);
  const std::string body =
      admitted(with_env(R"({"working_dir":"gcs://)" + name + R"(","py_modules":["gcs://)" + name + "\"]}"));
  EXPECT_NE(body.find(R"("working_dir":"gcs://)" + own + "\""), std::string::npos) << body;
  EXPECT_NE(body.find(R"("py_modules":["gcs://)" + own + "\"]"), std::string::npos);
  EXPECT_EQ(body.find(name), std::string::npos);
}

TEST(SubmissionPolicy, StandardRefusesWhatReplacesPrograms) {
  for (const std::string_view env : {R"({"working_dir":"/etc"})",
                                     R"({"working_dir":"file:///etc"})",
                                     R"({"working_dir":"http://x/a.zip"})",
                                     R"({"py_modules":["./x"]})",
                                     R"({"image_uri":"docker.example/x"})",
                                     R"({"container":{"image":"x"}})",
                                     R"({"container":{"run_options":["--privileged"]}})",
                                     R"({"worker_process_setup_hook":"m.f"})",
                                     R"({"py_executable":"/tmp/x"})",
                                     R"({"conda":{"name":"x"}})",
                                     R"({"mpi":{}})",
                                     R"({"java_jars":[]})",
                                     R"({"env_vars":{"LD_PRELOAD":"/tmp/x.so"}})",
                                     R"({"env_vars":{"RAY_AUTH_TOKEN":"x"}})",
                                     R"({"env_vars":{"PYTHONPATH":"/x"}})",
                                     R"({"env_vars":{"A=B":"x"}})",
                                     R"({"config":{"log_files":["/etc/shadow"]}})",
                                     R"({"pip":["--index-url http://x"]})",
                                     R"({"pip":["a\n-r /etc/x"]})",
                                     R"({"pip":{"packages":["a"],"pip_install_options":["--target","/x"]}})",
                                     R"({"pip":{"packages":[],"other":1}})",
                                     R"({"later_field":1})"}) {
    EXPECT_EQ(refusal(with_env(env)), "submission-policy") << env;
  }
  for (const std::string_view env : {R"({"pip":"requirements.txt"})", R"({"uv":5})", R"({"env_vars":{"A":1}})",
                                     R"({"env_vars":[]})", R"({"excludes":"x"})"}) {
    EXPECT_EQ(refusal(with_env(env)), "submission-malformed") << env;
  }
}

TEST(SubmissionPolicy, StandardAdmitsOrdinaryJobs) {
  for (const std::string_view env :
       {R"({})", R"({"working_dir":"s3://bucket/a.zip","excludes":["*.log"]})",
        R"({"pip":["numpy==2.1","ray[serve]"]})",
        R"({"pip":{"packages":["numpy"],"pip_check":false,"pip_version":"==24.0"}})",
        R"({"uv":{"packages":["numpy"],"uv_pip_install_options":["--no-cache"]}})",
        R"({"env_vars":{"MY_KEY":"secret","RAY_DEDUP_LOGS":"0"}})",
        R"({"config":{"setup_timeout_seconds":60,"eager_install":true}})", R"({"working_dir":null})"}) {
    EXPECT_EQ(refusal(with_env(env)), "admitted") << env << message(with_env(env));
  }
}

TEST(SubmissionPolicy, ImagesMustBeListed) {
  SubmissionPolicy policy = SubmissionPolicy::standard();
  policy.images = {"registry.example/ml/*"};
  EXPECT_EQ(refusal(with_env(R"({"image_uri":"registry.example/ml/ray:2.60"})"), policy), "admitted");
  EXPECT_EQ(refusal(with_env(R"({"container":{"image":"registry.example/ml/ray:2.60"}})"), policy), "admitted");
  EXPECT_EQ(refusal(with_env(R"({"image_uri":"registry.example.evil/ml/ray"})"), policy), "submission-policy");
  EXPECT_EQ(refusal(with_env(R"({"container":{"image":"registry.example/ml/x","worker_path":"/x"}})"), policy),
            "submission-policy");
}

TEST(SubmissionPolicy, PermissiveStillProtectsTheTokenAndTheSubmitter) {
  const SubmissionPolicy policy = SubmissionPolicy::permissive();
  EXPECT_EQ(
      refusal(
          with_env(
              R"({"working_dir":"http://x/a.zip","conda":{"name":"x"},"env_vars":{"PYTHONPATH":"/x"},"image_uri":"x"})"),
          policy),
      "admitted");
  EXPECT_EQ(refusal(with_env(R"({"env_vars":{"RAY_AUTH_TOKEN":"x"}})"), policy), "submission-policy");
  EXPECT_EQ(refusal(R"({"entrypoint":"x","metadata":{"raykeep.io/submitter":"bob"}})", policy),
            "submission-reserved-key");
  EXPECT_EQ(refusal(with_env(R"({"later_field":1})"), policy), "submission-policy");
}

TEST(SubmissionPolicy, RefusalsSayWhereWhatAndWhatIsAllowed) {
  EXPECT_EQ(message(with_env(R"({"env_vars":{"LD_PRELOAD":"x"}})")),
            "runtime_env.env_vars[\"LD_PRELOAD\"] may not be set by a job");
  EXPECT_EQ(message(with_env(R"({"py_modules":["s3://b/a.zip","http://x/a.zip"]})")),
            "runtime_env.py_modules[1] \"http://x/a.zip\" is not an allowed source; allowed are gcs://, https://, "
            "s3://, gs://, oss://, azure://, abfss://");
  EXPECT_NE(message(with_env(R"({"workng_dir":"x"})")).find("did you mean \"working_dir\"?"), std::string::npos);
  EXPECT_NE(message("{\"entrypoint\":\n \"x\",}").find("line 2"), std::string::npos);
}

TEST(Submission, WhatGoesIntoTheRecordShowsNoSecret) {
  EXPECT_EQ(admit(R"({"entrypoint":"API_TOKEN=abc python main.py --password abc"})")->entrypoint,
            "API_TOKEN=<redacted> python main.py --password <redacted>");
}

TEST(Submission, WithoutASubmitterNothingIsAdmitted) {
  EXPECT_FALSE(
      admit_submission({kJson, "", R"({"entrypoint":"x"})", "", "raysubmit_fresh"}, SubmissionPolicy::standard())
          .has_value());
}

}  // namespace
}  // namespace raykeep::access
