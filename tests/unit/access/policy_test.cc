// SPDX-License-Identifier: Apache-2.0
#include "access/policy.h"

#include <gtest/gtest.h>

namespace raykeep::access {
namespace {

using ray::OperationClass;

std::vector<ClusterPattern> patterns(std::initializer_list<std::string_view> texts) {
  std::vector<ClusterPattern> out;
  for (const auto text : texts) out.push_back(*ClusterPattern::parse(text));
  return out;
}

Binding bind_user(std::string user, std::string role, std::string_view cluster) {
  return {user + " is " + role + " of " + std::string(cluster),
          std::move(role),
          {std::move(user)},
          {},
          patterns({cluster})};
}

std::shared_ptr<const Policy> team_policy() {
  auto policy = Policy::make({}, {bind_user("vera", "viewer", "team-a/*"),
                                  bind_user("dan", "developer", "team-a/*"),
                                  bind_user("dora", "developer", "team-a/*"),
                                  bind_user("ada", "admin", "*/*"),
                                  {"ops", "admin", {}, {"ops"}, patterns({"team-b/ray-*"})}});
  EXPECT_TRUE(policy.has_value());
  return *policy;
}

const ClusterName kTeamA{"team-a", "ray"};

struct Ask {
  std::string_view user;
  std::string_view method;
  std::string_view path;
  JobOwner owner = JobOwner::unknown();
  const Scope* scope = nullptr;
  ClusterName cluster = kTeamA;
};

Decision decide_on(const Policy& policy, const Ask& ask) {
  const auto matched = ray::operation_of(ask.method, ask.path, "");
  EXPECT_TRUE(matched.has_value()) << ask.path;
  return policy.decide({ask.user, {}, ask.scope}, *matched, ask.cluster, ask.owner);
}
std::string reason(const Ask& ask) {
  const auto policy = team_policy();
  const Decision decision = decide_on(*policy, ask);
  return (decision.allowed() ? "+" : "-") + std::string(decision.reason());
}

TEST(Decision, IsADenialUntilItIsMade) {
  EXPECT_FALSE(Decision().allowed());
  EXPECT_EQ(Decision().reason(), "not-decided");
  EXPECT_FALSE(decide(Grants(), {}, "ada", JobOwner::nobody()).allowed()) << "no operation";
}

TEST(Roles, ReachWhatTheirNamesPromise) {
  struct Case {
    std::string_view method, path;
    bool viewer, developer, admin;
  };
  for (const Case& c :
       {Case{"GET", "/api/version", true, true, true}, Case{"GET", "/api/jobs/", true, true, true},
        Case{"GET", "/nodes", true, true, true}, Case{"GET", "/api/jobs/a/logs", false, true, true},
        Case{"GET", "/api/v0/logs/file", false, true, true}, Case{"POST", "/api/jobs/", false, true, true},
        Case{"PUT", "/api/packages/gcs/_ray_pkg_763b90ccc5937aaf.zip", false, true, true},
        Case{"POST", "/api/jobs/a/stop", false, false, true}, Case{"DELETE", "/api/jobs/a", false, false, true},
        Case{"DELETE", "/api/serve/applications/", false, false, true},
        Case{"GET", "/worker/cpu_profile", false, false, true}, Case{"GET", "/test/dump", false, false, false},
        Case{"GET", "/api/actors/kill", false, false, false}}) {
    const JobOwner owner = JobOwner::of("somebody");
    EXPECT_EQ(reason({"vera", c.method, c.path, owner}).front(), c.viewer ? '+' : '-') << c.path;
    EXPECT_EQ(reason({"dan", c.method, c.path, owner}).front(), c.developer ? '+' : '-') << c.path;
    EXPECT_EQ(reason({"ada", c.method, c.path, owner}).front(), c.admin ? '+' : '-') << c.path;
    EXPECT_EQ(reason({"stranger", c.method, c.path, owner}).front(), '-') << c.path;
  }
}

TEST(Decision, GivesTheReason) {
  EXPECT_EQ(reason({"ada", "GET", "/nodes"}), "+granted");
  EXPECT_EQ(reason({"stranger", "GET", "/nodes"}), "-no-binding");
  EXPECT_EQ(reason({"vera", "POST", "/api/jobs/"}), "-role-too-narrow");
  EXPECT_EQ(reason({"ada", "GET", "/test/dump"}), "-internal-operation");
  EXPECT_EQ(reason({"dan", "GET", "/nodes", JobOwner::unknown(), nullptr, {"team-b", "ray"}}), "-no-binding");
}

TEST(Ownership, ADeveloperStopsOwnJobsOnly) {
  EXPECT_EQ(reason({"dan", "POST", "/api/jobs/a/stop", JobOwner::of("dan")}), "+granted-as-owner");
  EXPECT_EQ(reason({"dan", "DELETE", "/api/jobs/a", JobOwner::of("dan")}), "+granted-as-owner");
  EXPECT_EQ(reason({"dora", "POST", "/api/jobs/a/stop", JobOwner::of("dan")}), "-not-owner");
  EXPECT_EQ(reason({"dora", "POST", "/api/jobs/a/stop", JobOwner::nobody()}), "-not-owner");
  EXPECT_EQ(reason({"dora", "POST", "/api/jobs/a/stop", JobOwner::unknown()}), "-owner-unknown");
  EXPECT_EQ(reason({"ada", "POST", "/api/jobs/a/stop", JobOwner::unknown()}), "+granted");
}

TEST(Ownership, IsAskedForOnlyWhenItDecides) {
  const auto policy = team_policy();
  const auto needs = [&](std::string_view user, std::string_view method, std::string_view path) {
    return policy->grants({user, {}, nullptr}, kTeamA).needs_owner(*ray::operation_of(method, path, ""));
  };
  EXPECT_TRUE(needs("dan", "POST", "/api/jobs/a/stop"));
  EXPECT_FALSE(needs("dan", "GET", "/api/jobs/a/logs"));
  EXPECT_FALSE(needs("ada", "POST", "/api/jobs/a/stop"));
  EXPECT_FALSE(needs("vera", "POST", "/api/jobs/a/stop"));
  EXPECT_FALSE(needs("dan", "DELETE", "/api/serve/applications/"));
}

TEST(Ownership, ARoleMayLimitLogsToOwnJobs) {
  Role careful = builtin_roles()[1];
  careful.name = "careful";
  careful.with(OperationClass::kSensitiveRead, Reach::kOwnJobs);
  const auto policy = *Policy::make({careful}, {bind_user("cleo", "careful", "*/*")});
  const auto ask = [&](std::string_view path, std::string_view query, JobOwner owner) {
    const auto matched = ray::operation_of("GET", path, query);
    const Decision decision = policy->decide({"cleo", {}, nullptr}, *matched, kTeamA, owner);
    return std::string(decision.reason());
  };
  EXPECT_EQ(ask("/api/jobs/a/logs", "", JobOwner::of("cleo")), "granted-as-owner");
  EXPECT_EQ(ask("/api/jobs/a/logs/tail", "", JobOwner::of("dan")), "not-owner");
  EXPECT_EQ(ask("/api/v0/logs/file", "filename=job-driver-a.log", JobOwner::of("cleo")), "granted-as-owner");
  EXPECT_EQ(ask("/api/v0/logs/file", "filename=worker-1.out", JobOwner::of("cleo")), "owner-unknown");
  EXPECT_EQ(ask("/api/v0/logs", "node_id=a", JobOwner::of("cleo")), "role-too-narrow");
}

TEST(Bindings, ReachGroupsAndPatterns) {
  const auto policy = team_policy();
  const std::vector<std::string> ops{"ops"};
  const std::vector<std::string> others{"dev", "opsx"};
  EXPECT_TRUE(policy->grants({"olga", ops, nullptr}, {"team-b", "ray-1"}).any());
  EXPECT_FALSE(policy->grants({"olga", ops, nullptr}, {"team-b", "other"}).any());
  EXPECT_FALSE(policy->grants({"olga", ops, nullptr}, {"team-bc", "ray-1"}).any());
  EXPECT_FALSE(policy->grants({"olga", others, nullptr}, {"team-b", "ray-1"}).any());
}

TEST(Bindings, TheWidestOfSeveralCountsAndIsNamed) {
  const auto policy =
      *Policy::make({}, {bind_user("ann", "viewer", "*/*"), bind_user("ann", "developer", "team-a/ray")});
  const Decision decision = decide_on(*policy, {"ann", "POST", "/api/jobs/"});
  EXPECT_TRUE(decision.allowed());
  EXPECT_EQ(decision.role(), "developer");
  EXPECT_EQ(decision.binding(), "ann is developer of team-a/ray");
}

TEST(Bindings, AStarBindsEverybodyWhoIsAuthenticated) {
  const auto policy = *Policy::make({}, {bind_user("*", "viewer", "*/*")});
  EXPECT_TRUE(policy->grants({"anybody", {}, nullptr}, kTeamA).any());
  EXPECT_FALSE(policy->grants({"", {}, nullptr}, kTeamA).any());
}

TEST(Scope, NeverGivesMoreThanTheRole) {
  const Scope viewer{{}, "viewer"};
  const Scope admin{{}, "admin"};
  const Scope elsewhere{patterns({"team-b/*"}), ""};
  const Scope nonsense{{}, "no-such-role"};
  const auto ask = [&](const Scope& scope, std::string_view method, std::string_view path) {
    return reason({"dan", method, path, JobOwner::of("dora"), &scope});
  };
  EXPECT_EQ(ask(viewer, "GET", "/nodes"), "+granted");
  EXPECT_EQ(ask(viewer, "POST", "/api/jobs/"), "-token-scope");
  EXPECT_EQ(ask(admin, "POST", "/api/jobs/"), "+granted");
  EXPECT_EQ(ask(admin, "POST", "/api/jobs/a/stop"), "-not-owner");
  EXPECT_EQ(ask(elsewhere, "GET", "/nodes"), "-token-scope");
  EXPECT_EQ(ask(nonsense, "GET", "/nodes"), "-token-scope");
}

TEST(Scope, AlsoLimitsWhoseSecretsAreShown) {
  const auto policy = team_policy();
  const Scope viewer{{}, "viewer"};
  EXPECT_EQ(policy->grants({"ada", {}, nullptr}, kTeamA).secrets(), Reach::kAll);
  EXPECT_EQ(policy->grants({"ada", {}, &viewer}, kTeamA).secrets(), Reach::kNone);
  EXPECT_EQ(policy->grants({"dan", {}, nullptr}, kTeamA).secrets(), Reach::kOwnJobs);
  EXPECT_EQ(policy->grants({"vera", {}, nullptr}, kTeamA).secrets(), Reach::kNone);
}

TEST(Logs, ThatShowEveryJobsEnvironmentAreForWhoSeesSecrets) {
  const auto policy = team_policy();
  const auto read = [&](std::string_view user, std::string_view query) {
    const auto matched = ray::operation_of("GET", "/api/v0/logs/file", query);
    return std::string(policy->decide({user, {}, nullptr}, *matched, kTeamA, JobOwner::unknown()).reason());
  };
  EXPECT_EQ(read("dan", "node_id=a&filename=runtime_env_agent.log"), "shows-environments");
  EXPECT_EQ(read("dan", "node_id=a&filename=runtime_env_agent%2Elog"), "shows-environments");
  EXPECT_EQ(read("dan", "node_id=a&filename=raylet.out"), "granted");
  EXPECT_EQ(read("ada", "node_id=a&filename=runtime_env_agent.log"), "granted");
}

TEST(Policy, ACustomRoleCannotReachInternalOperations) {
  Role greedy;
  greedy.name = "greedy";
  greedy.reach.fill(Reach::kAll);
  const auto policy = *Policy::make({greedy}, {bind_user("greg", "greedy", "*/*")});
  EXPECT_EQ(decide_on(*policy, {"greg", "GET", "/test/dump"}).reason(), "internal-operation");
  EXPECT_EQ(policy->role("greedy")->reach_of(OperationClass::kInternal), Reach::kNone);
}

TEST(Policy, MistakesAreNamed) {
  const auto text = [](const auto& result) { return result ? std::string("no error") : result.error().text(); };
  EXPECT_NE(text(Policy::make({}, {bind_user("ann", "viewr", "*/*")})).find("did you mean \"viewer\"?"),
            std::string::npos);
  EXPECT_NE(text(Policy::make({}, {{"b", "viewer", {}, {}, patterns({"*/*"})}})).find("names no user and no group"),
            std::string::npos);
  EXPECT_NE(text(Policy::make({}, {{"b", "viewer", {"ann"}, {}, {}}})).find("names no cluster"), std::string::npos);
  EXPECT_NE(
      text(Policy::make({}, {bind_user("ann", "viewer", "*/*"), bind_user("ann", "viewer", "*/*")})).find("twice"),
      std::string::npos);
  Role admin;
  admin.name = "admin";
  EXPECT_NE(text(Policy::make({admin}, {})).find("exists already"), std::string::npos);
}

TEST(Decision, ExplainsItselfInASentence) {
  const auto policy = team_policy();
  const auto matched = ray::operation_of("POST", "/api/jobs/a/stop", "");
  EXPECT_EQ(policy->decide({"dora", {}, nullptr}, *matched, kTeamA, JobOwner::of("dan")).explain("jobs.stop"),
            "Your role developer allows jobs.stop of your own jobs, and this job was submitted by somebody else.");
}

}  // namespace
}  // namespace raykeep::access
