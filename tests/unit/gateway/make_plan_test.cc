// SPDX-License-Identifier: Apache-2.0
#include "gateway/make_plan.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/file.h"
#include "core/time_text.h"
#include "gateway/config.h"

namespace raykeep::gateway {
namespace {

using Replaced = std::pair<std::string, std::string>;

const std::string kConfig = R"(listeners: [{address: "127.0.0.1:0"}]
public_hosts: [gate.example]
clusters:
  - {namespace: t, name: r, dashboard: "http://10.0.0.1:8265"}
users: {file: users}
state: {database: state.db}
bindings: [{name: all, role: viewer, users: ["*"], clusters: ["*/*"]}]
audit: {directory: audit}
)";

class MakePlan : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "raykeep-plan-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    write("users", "");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) { ASSERT_TRUE(write_file((directory_ / name).string(), text)); }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  // The plan of kConfig with some of its text replaced; each text must stand in it.
  MadePlan make(const std::vector<Replaced>& changes = {}, const std::string& more = "") {
    std::string text = kConfig;
    for (const auto& [old, now] : changes) {
      const std::size_t at = text.find(old);
      EXPECT_NE(at, std::string::npos) << old;
      text.replace(at, old.size(), now);
    }
    write("gateway.yaml", text + more);
    return make_plan(path("gateway.yaml"));
  }
  std::string problems(const std::vector<Replaced>& changes, const std::string& more = "") {
    std::string out;
    for (const Error& error : make(changes, more).errors) out += error.text() + "\n";
    return out;
  }

  std::filesystem::path directory_;
};

TEST_F(MakePlan, TakesTheLeastThatIsNeededAndResolvesPathsFromTheFile) {
  const MadePlan made = make();
  for (const Error& error : made.errors) ADD_FAILURE() << error.text();
  ASSERT_TRUE(made.plan);
  EXPECT_EQ(made.plan->state_database, path("state.db"));
  EXPECT_EQ(made.plan->audit.directory, path("audit"));
  EXPECT_EQ(made.plan->files, (std::vector<std::string>{path("gateway.yaml"), path("users")}));
  EXPECT_TRUE(made.plan->warnings.empty());
}

TEST_F(MakePlan, AppliesTheDefaultsThatTheDocumentationNames) {
  const MadePlan made = make();
  ASSERT_TRUE(made.plan);
  const Plan& plan = *made.plan;
  const http::ListenerSettings& listener = *plan.listeners[0].settings;
  const Cluster& cluster = *plan.settings->clusters[0];
  const auto documented = [](std::string_view path) {
    for (const auto& key : config_keys()) {
      if (key.path == path) return key.fallback;
    }
    ADD_FAILURE() << path;
    return std::string_view();
  };
  const std::vector<std::pair<const char*, std::chrono::milliseconds>> durations = {
      {"clusters[].connect_timeout", cluster.connect_timeout},   {"clusters[].response_timeout", cluster.response_timeout},
      {"users.warn_before", plan.identity.password_warn_before}, {"sessions.idle", plan.identity.sessions.idle},
      {"sessions.absolute", plan.identity.sessions.absolute},    {"audit.summary_interval", plan.summary_interval},
      {"limits.head_timeout", listener.limits.head_timeout},     {"limits.idle_timeout", listener.limits.idle_timeout},
      {"limits.body_timeout", listener.limits.body_timeout},     {"limits.send_timeout", listener.limits.send_timeout},
      {"drain_timeout", plan.drain_timeout}};
  for (const auto& [path, value] : durations) EXPECT_EQ(parse_duration(documented(path)), value) << path;
  const std::vector<std::pair<const char*, std::size_t>> numbers = {
      {"submission.largest_body", cluster.submission.largest_body},
      {"submission.longest_entrypoint", cluster.submission.longest_entrypoint},
      {"audit.rotate_size", plan.audit.segment_bytes},
      {"limits.header_bytes", listener.limits.head.bytes},
      {"limits.uri_bytes", listener.limits.head.target},
      {"limits.headers", listener.limits.head.fields},
      {"limits.connections", listener.max_connections},
      {"limits.connections_per_address", listener.max_connections_per_address},
      {"limits.concurrent_per_identity", plan.settings->concurrent_per_identity},
      {"limits.hash_threads", plan.hash_threads},
      {"limits.hash_queue", plan.hash_queue}};
  for (const auto& [path, value] : numbers) EXPECT_EQ(document::parse_size(documented(path)), value) << path;
  EXPECT_EQ(plan.audit.on_failure, audit::OnFailure::kRefuseWrites);
  EXPECT_TRUE(plan.settings->forwarded_from.empty());
  EXPECT_TRUE(listener.proxy_protocol_from.empty());
}

TEST_F(MakePlan, RefusesPlainHttpBeyondThisMachineUnlessItIsSaid) {
  EXPECT_NE(problems({{"127.0.0.1:0", "0.0.0.0:8080"}}).find("gateway.yaml:1:13: 0.0.0.0:8080 would speak plain HTTP"), std::string::npos);
  EXPECT_EQ(problems({{"\"127.0.0.1:0\"", "\"0.0.0.0:8080\", plaintext: true"}}), "");
}

TEST_F(MakePlan, RefusesAddressesThatAreNone) {
  for (const char* address : {"gate.example:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":80", "127.0.0.1:8o"}) {
    EXPECT_NE(problems({{"127.0.0.1:0", address}}).find("is not an IP address with a port"), std::string::npos) << address;
  }
  EXPECT_EQ(problems({{"127.0.0.1:0", "[::1]:8443"}}), "");
}

TEST_F(MakePlan, RefusesWhatIsListedTwice) {
  EXPECT_NE(problems({{"[{address: \"127.0.0.1:0\"}]", "[{address: \"127.0.0.1:1\"}, {address: \"127.0.0.1:1\"}]"}}).find("127.0.0.1:1 is listed twice"),
            std::string::npos);
  EXPECT_NE(problems({{"clusters:\n", "clusters:\n  - {namespace: t, name: r, dashboard: \"http://10.0.0.2:8265\"}\n"}})
                .find("gateway.yaml:5:5: the cluster t/r is listed twice"),
            std::string::npos);
}

TEST_F(MakePlan, RefusesAGatewayWithoutListeners) {
  EXPECT_NE(problems({{"[{address: \"127.0.0.1:0\"}]", "[]"}}).find("\"listeners\" is empty"), std::string::npos);
}

TEST_F(MakePlan, RefusesClustersThatCannotBeReached) {
  for (const char* dashboard : {"https://10.0.0.1:8265", "10.0.0.1:8265", "http://10.0.0.1", "http://10.0.0.1:0", "http://u@h:1", "http://h/x:1"}) {
    EXPECT_NE(problems({{"http://10.0.0.1:8265", dashboard}}).find("is not http://host:port"), std::string::npos) << dashboard;
  }
  for (const char* name : {"R", "a.b", "-a", "'..'"}) {
    EXPECT_NE(problems({{"name: r", std::string("name: ") + name}}).find("are not two DNS labels"), std::string::npos) << name;
  }
}

TEST_F(MakePlan, TakesTheClustersTokenFromOnePlaceAndNeverShowsIt) {
  write("token", "secret-of-file\n");
  const auto with = [&](const std::string& keys) { return std::vector<Replaced>{{"name: r,", "name: r, " + keys + ","}}; };
  const MadePlan from_file = make(with("token_file: token"));
  ASSERT_TRUE(from_file.plan);
  EXPECT_EQ(from_file.plan->settings->clusters[0]->upstream.token.reveal(), "secret-of-file");
  EXPECT_EQ(from_file.plan->files.back(), path("users"));
  const MadePlan written = make(with("token: secret-written"));
  ASSERT_TRUE(written.plan);
  EXPECT_EQ(written.plan->settings->clusters[0]->upstream.token.reveal(), "secret-written");

  const std::string both = problems(with("token: secret-written, token_file: token"));
  EXPECT_NE(both.find("not both"), std::string::npos);
  write("token", "");
  const std::string empty = problems(with("token_file: token"));
  EXPECT_NE(empty.find("token is empty"), std::string::npos);
  const std::string spaced = problems(with("token: 'secret written'"));
  EXPECT_NE(spaced.find("white space"), std::string::npos);
  EXPECT_NE(problems(with("token_file: none")).find("none: cannot read it"), std::string::npos);
  const std::string number = problems(with("token: 123456"));
  EXPECT_NE(number.find("put it in quotes"), std::string::npos);
  EXPECT_EQ((both + empty + spaced + number).find("secret"), std::string::npos);
  EXPECT_EQ(number.find("123456"), std::string::npos);
}

TEST_F(MakePlan, LetsAClusterDifferInWhatItTakes) {
  const MadePlan made = make({{"clusters:\n", "clusters:\n  - {namespace: t, name: s, dashboard: \"http://h:1\", submission: {images: [mine], largest_body: 2KiB}}\n"
                                              "  - {namespace: t, name: p, dashboard: \"http://h:1\", submission: {permissive: true}}\n"}},
                             "submission: {largest_body: 4KiB, denied_entrypoints: ['rm *']}\n");
  ASSERT_TRUE(made.plan) << made.errors[0].text();
  const auto policy = [&](std::string_view id) { return made.plan->settings->cluster(id)->submission; };
  EXPECT_EQ(policy("t/r").largest_body, 4096U);
  EXPECT_TRUE(policy("t/r").images.empty());
  EXPECT_EQ(policy("t/s").largest_body, 2048U);
  EXPECT_EQ(policy("t/s").images, std::vector<std::string>{"mine"});
  EXPECT_EQ(policy("t/s").denied_entrypoints, std::vector<std::string>{"rm *"});
  EXPECT_TRUE(policy("t/p").denied_entrypoints.empty());
}

TEST_F(MakePlan, RefusesBindingsThatMeanNothingAndWarnsOfThoseThatMatchNothing) {
  EXPECT_NE(problems({{"role: viewer", "role: veiwer"}}).find("veiwer"), std::string::npos);
  EXPECT_NE(problems({{"\"*/*\"", "\"*\""}}).find("gateway.yaml:7:"), std::string::npos);
  EXPECT_NE(problems({}, "roles: {reader: {veiw: all}}\n").find("\"veiw\" is no class of operations"), std::string::npos);
  const MadePlan made = make({{"\"*/*\"", "\"other/*\""}});
  ASSERT_TRUE(made.plan);
  ASSERT_EQ(made.plan->warnings.size(), 1U);
  EXPECT_NE(made.plan->warnings[0].find("gateway.yaml:7: the binding \"all\" matches none of the clusters"), std::string::npos);
}

TEST_F(MakePlan, ReportsProblemsOfAllPartsAtOnce) {
  write("key", "short");
  const std::string all = problems({{"127.0.0.1:0", "nowhere"}, {"http://10.0.0.1:8265", "ftp://x"}, {"directory: audit", "directory: audit, hmac_key_file: key"}, {"file: users", "file: none"}});
  for (const char* part : {"\"nowhere\" is not an IP address", "\"ftp://x\" is not http", "shorter than 32 bytes", "none: cannot read it"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << " in\n" << all;
  }
}

}  // namespace
}  // namespace raykeep::gateway
