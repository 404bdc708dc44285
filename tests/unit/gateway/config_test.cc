// SPDX-License-Identifier: Apache-2.0
#include "gateway/config.h"

#include <gtest/gtest.h>

#include <string>

#include "core/file.h"
#include "document/json.h"

namespace raykeep::gateway {
namespace {

std::vector<Error> problems(const std::string& yaml) { return read_config_text(yaml, "gateway.yaml").errors; }

const std::string kGood = R"(
listeners: [{address: "127.0.0.1:8443", tls: {certificate: c, key: k}}]
public_hosts: [gate.example]
clusters: [{namespace: t, name: r, dashboard: "http://10.0.0.1:8265"}]
users: {file: users}
state: {database: state.db}
bindings: [{name: all, role: viewer, users: ["*"], clusters: ["*/*"]}]
audit: {directory: audit}
)";

TEST(GatewayConfig, AcceptsTheLeastThatIsNeeded) {
  for (const Error& error : problems(kGood)) ADD_FAILURE() << error.text();
}

TEST(GatewayConfig, NamesAnUnknownKeyItsPlaceAndWhatWasMeant) {
  const auto found = problems(kGood + "limits: {conections: 5}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code().id, "config-unknown-key");
  EXPECT_NE(found[0].message().find("did you mean \"connections\""), std::string::npos);
  EXPECT_EQ(found[0].at()->line, 9U);
}

TEST(GatewayConfig, ReportsEverythingAtOnce) {
  const auto found = problems("listeners: 5\npublic_hosts: [a]\nlimits: {idle_timeout: soon, headers: 0}\naudit: {on_failure: ignore}\n");
  std::string all;
  for (const Error& error : found) all += error.text() + "\n";
  for (const char* key : {"\"listeners\" must be a list", "\"limits.idle_timeout\" must be a duration", "\"limits.headers\" must be", "refuse-writes",
                          "\"users\" is missing", "\"clusters\" is missing"}) {
    EXPECT_NE(all.find(key), std::string::npos) << key << " in\n" << all;
  }
}

TEST(GatewayConfig, RefusesKeysThatStandTwiceAndAliases) {
  EXPECT_EQ(problems("workers: 1\nworkers: 2\n")[0].code().id, "yaml-malformed");
  EXPECT_EQ(problems("a: &x 1\nb: *x\n")[0].code().id, "yaml-malformed");
}

TEST(GatewayConfig, EveryKeyIsExplainedAndTheSchemaIsJson) {
  for (const auto& key : config_keys()) EXPECT_FALSE(key.text.empty()) << key.path;
  EXPECT_TRUE(document::read_json(config_schema_json()).has_value());
}

TEST(GatewayConfig, TheDocumentationIsTheProgramsOwn) {
  const auto document = read_file(RAYKEEP_SOURCE_DIR "/docs/config.md", 1U << 20);
  ASSERT_TRUE(document);
  EXPECT_EQ(*document, config_markdown()) << "run: raykeep gateway --print-keys > docs/config.md";
}

}  // namespace
}  // namespace raykeep::gateway
