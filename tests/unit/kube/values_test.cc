// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "document/yaml.h"
#include "kube/quantity.h"
#include "kube/resources.h"
#include "kube/selector.h"

namespace raykeep::kube {
namespace {

LabelSelector selector(std::string_view yaml) { return *read_selector(*document::read_yaml_document(yaml)); }

TEST(LabelSelector, ComparesAsTheApiServerDoes) {
  const Labels labels{{"app", "ray"}, {"tier", "gold"}};
  EXPECT_TRUE(selector("{}").matches(labels));
  EXPECT_TRUE(selector("matchLabels: {app: ray}").matches(labels));
  EXPECT_FALSE(selector("matchLabels: {app: ray, zone: a}").matches(labels));
  EXPECT_TRUE(selector("matchExpressions: [{key: zone, operator: NotIn, values: [a]}]").matches(labels));
  EXPECT_FALSE(selector("matchExpressions: [{key: tier, operator: NotIn, values: [gold]}]").matches(labels));
  EXPECT_TRUE(selector("matchExpressions: [{key: tier, operator: In, values: [silver, gold]}]").matches(labels));
  EXPECT_TRUE(selector("matchExpressions: [{key: tier, operator: Exists}]").matches(labels));
  EXPECT_FALSE(selector("matchExpressions: [{key: tier, operator: DoesNotExist}]").matches(labels));
}

TEST(LabelSelector, RefusesWhatTheApiServerRefuses) {
  for (const char* yaml : {"[a]", "matchExpressions: [{operator: In, values: [a]}]", "matchExpressions: [{key: a, operator: Is}]",
                           "matchExpressions: [{key: a, operator: In}]", "matchExpressions: [{key: a, operator: Exists, values: [b]}]"}) {
    EXPECT_FALSE(read_selector(*document::read_yaml_document(yaml))) << yaml;
  }
}

TEST(Quantity, ReadsEveryForm) {
  const auto text = [](std::string_view in, bool binary = false) {
    const auto quantity = Quantity::parse(in);
    return quantity ? quantity->text(binary) : std::string("none");
  };
  EXPECT_EQ(text("500m"), "500m");
  EXPECT_EQ(text("1.5"), "1500m");
  EXPECT_EQ(text("0.5Gi", true), "512Mi");
  EXPECT_EQ(text("1Gi"), "1073741824");
  EXPECT_EQ(text("2e3"), "2000");
  EXPECT_EQ(text("2E"), "2000000000000000000");
  EXPECT_EQ(text("100u"), "100000n");
  EXPECT_EQ(text("-1"), "-1");
  for (const char* wrong : {"", "m", "1 Gi", "1gi", "1e99", "99999999999Ei", "0x1", "1..2"}) EXPECT_EQ(text(wrong), "none") << wrong;
  EXPECT_LT(*Quantity::parse("999m"), *Quantity::parse("1"));
  EXPECT_EQ(Quantity::parse("1500m")->units_rounded_up(), 2);
  EXPECT_EQ(*Quantity::parse("1024Mi"), *Quantity::parse("1Gi"));
}

std::string requests(const std::string& spec) {
  std::string out;
  for (const auto& [name, amount] : pod_requests(*document::read_yaml_document(spec))) out += (out.empty() ? "" : " ") + name + "=" + amount.text();
  return out;
}

// Kubernetes component-helpers resource.PodRequests, which the scheduler and ResourceQuota go by.
TEST(PodRequests, AddContainersAndTakeTheLargestInitContainer) {
  EXPECT_EQ(requests("containers: [{resources: {requests: {cpu: 1}}}, {resources: {requests: {cpu: 500m}}}]\ninitContainers: [{resources: {requests: {cpu: 1}}}]\n"), "cpu=1500m");
  EXPECT_EQ(requests("containers: [{resources: {requests: {cpu: 1}}}]\ninitContainers: [{resources: {requests: {cpu: 4}}}, {resources: {requests: {cpu: 3}}}]\n"), "cpu=4");
  EXPECT_EQ(requests("containers: [{resources: {limits: {cpu: 2}}}]\n"), "cpu=2");
}

TEST(PodRequests, CountSidecarsBesideContainersAndBesideLaterInitContainers) {
  const std::string sidecar = "{restartPolicy: Always, resources: {requests: {cpu: 1}}}";
  EXPECT_EQ(requests("containers: [{resources: {requests: {cpu: 2}}}]\ninitContainers: [" + sidecar + "]\n"), "cpu=3");
  EXPECT_EQ(requests("containers: [{resources: {requests: {cpu: 1}}}]\ninitContainers: [" + sidecar + ", {resources: {requests: {cpu: 4}}}]\n"), "cpu=5");
  EXPECT_EQ(requests("containers: [{resources: {requests: {cpu: 1}}}]\ninitContainers: [{resources: {requests: {cpu: 4}}}, " + sidecar + "]\n"), "cpu=4");
}

TEST(PodRequests, TakeWhatThePodSaysForItselfAndAddItsOverhead) {
  EXPECT_EQ(requests("resources: {requests: {cpu: 3}}\ncontainers: [{resources: {requests: {cpu: 1, memory: 1}}}]\n"), "cpu=3 memory=1");
  EXPECT_EQ(requests("overhead: {cpu: 250m}\ncontainers: [{resources: {requests: {cpu: 1}}}]\n"), "cpu=1250m");
  const Amounts limits = pod_limits(*document::read_yaml_document("overhead: {cpu: 250m, memory: 1}\ncontainers: [{resources: {limits: {cpu: 1}}}]\n"));
  EXPECT_EQ(amount_of(limits, "cpu").text(), "1250m");
  EXPECT_FALSE(limits.contains("memory"));
}

}  // namespace
}  // namespace raykeep::kube
