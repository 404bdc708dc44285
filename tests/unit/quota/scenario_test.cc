// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "quota/scenario.h"

namespace raykeep::quota {
namespace {

constexpr const char* kCluster =
    "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: a}\nspec:\n  rayVersion: 2.60.0\n"
    "  headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r, resources: {requests: {cpu: 1}}}]}}}\n"
    "  workerGroupSpecs: [{groupName: small, replicas: 2, maxReplicas: 5, rayStartParams: {}, template: {spec: {containers: [{name: w, image: r, resources: {requests: {cpu: 2}}}]}}}]\n";

Scenario read(const std::string& text) {
  return read_scenario(text, "s.yaml", [](const std::string& path) -> Result<kube::Manifests> {
    if (path == "scaling.yaml") {
      kube::Manifests out;
      out.add(path, std::string(kCluster) + "  enableInTreeAutoscaling: true\n");
      return out;
    }
    if (path != "demo.yaml") return fail(kBadScenario, "there is no " + path);
    kube::Manifests out;
    out.add(path, kCluster);
    return out;
  });
}

std::string first_error(const Scenario& scenario) { return scenario.errors.empty() ? "" : scenario.errors.front().text(); }

TEST(Scenario, ReadsPodsAndNumbersAsPeopleWriteThem) {
  const Scenario scenario = read("capacity: {cpu: 10}\nsteps:\n- submit: {name: a1, namespace: a, pods: 3, priority: 5, requests: {cpu: 1, memory: 2Gi}, preemptible: false}\n- finish: a1\n");
  ASSERT_EQ(first_error(scenario), "");
  EXPECT_EQ(scenario.capacity.at("cpu"), kube::Quantity::of(10));
  const Workload& workload = scenario.steps.front().submitted.front();
  EXPECT_EQ(workload.priority, 5);
  EXPECT_EQ(workload.pods.front().count, 3U);
  EXPECT_FALSE(workload.pods.front().preemptible);
  EXPECT_EQ(scenario.steps.back().finished, "a1");
}

TEST(Scenario, TakesRayClustersAsTheirPods) {
  const Scenario small = read("steps: [{submit: {manifests: demo.yaml}}]\n");
  ASSERT_EQ(first_error(small), "");
  const Workload& workload = small.steps.front().submitted.front();
  EXPECT_EQ(workload.name, "demo");
  EXPECT_EQ(workload.ns, "a");
  ASSERT_EQ(workload.pods.size(), 2U);
  EXPECT_TRUE(workload.pods.front().head);
  EXPECT_EQ(workload.pods.back().count, 2U);
  EXPECT_EQ(workload.pods.back().requests.at("cpu"), kube::Quantity::of(2));
  EXPECT_EQ(read("steps: [{submit: {manifests: scaling.yaml, largest: true}}]\n").steps.front().submitted.front().pods.back().count, 5U);
}

TEST(Scenario, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(first_error(read("steps: [{submitt: {name: a}}]\n")), "s.yaml:1:10: unknown key \"submitt\" in \"steps[]\"; did you mean \"submit\"? [config-unknown-key]");
  EXPECT_EQ(first_error(read("steps:\n- {}\n")), "s.yaml:2:3: a step is one of submit and finish [quota-scenario]");
  EXPECT_EQ(first_error(read("steps:\n- submit: {name: a, namespace: a}\n")), "s.yaml:2:11: requests are missing: what does each pod ask for? [quota-scenario]");
  EXPECT_EQ(first_error(read("steps:\n- submit: {name: a, requests: {cpu: 1}}\n")), "s.yaml:2:11: namespace is missing, or quota [quota-scenario]");
  EXPECT_EQ(first_error(read("steps:\n- submit: {name: a, namespace: a, requests: {cpu: many}}\n")), "s.yaml:2:51: many of cpu is no quantity such as \"4\" or 16Gi [quota-scenario]");
  EXPECT_EQ(first_error(read("steps:\n- submit: {manifests: gone.yaml}\n")), "s.yaml:2:23: there is no gone.yaml [quota-scenario]");
  EXPECT_EQ(first_error(read("steps:\n- submit: {manifests: demo.yaml, pods: 3}\n")), "s.yaml:2:40: pods stands beside manifests, which say it [quota-scenario]");
  EXPECT_EQ(first_error(read("steps:\n- submit: {name: a, namespace: a, pods: 9999, requests: {cpu: 1}}\n- submit: {name: b, namespace: a, pods: 2, requests: {cpu: 1}}\n")),
            "s.yaml:3:3: with this step the scenario has more than 10000 pods [quota-scenario]");
}

TEST(Scenario, IsPlayedAndTold) {
  kube::Manifests manifests;
  manifests.add("t.yaml", "apiVersion: scheduling.sigs.k8s.io/v1beta1\nkind: ElasticQuotaTree\nmetadata: {name: t, namespace: kube-system}\nspec: {root: {name: root, min: {cpu: 8}, max: {cpu: 8}, children: "
                          "[{name: team-a, namespaces: [a], min: {cpu: 2}, max: {cpu: 6}}, {name: team-b, namespaces: [b], min: {cpu: 6}, max: {cpu: 8}}]}}\n");
  const std::vector<Tree> trees = read_trees(manifests);
  Simulator simulator(trees.front(), {});
  const Scenario scenario = read("steps: [{submit: {manifests: demo.yaml}}, {submit: {name: b1, namespace: b, requests: {cpu: 6}}}, {finish: b1}]\n");
  const Played played = play(simulator, scenario);
  EXPECT_EQ(write_played_text(simulator, played),
            "1. submit demo of a\n"
            "  runs     demo head\n"
            "  runs     demo small 1, borrowing 1 of cpu\n"
            "  runs     demo small 2, borrowing 2 of cpu\n"
            "2. submit b1 of b\n"
            "  runs     b1\n"
            "  evicted  demo small 1: cpu was promised to team-b, and b1 asks for it\n"
            "  evicted  demo small 2: cpu was promised to team-b, and b1 asks for it\n"
            "3. finish b1\n"
            "  ends     b1\n"
            "  runs     demo small 1, borrowing 1 of cpu\n"
            "  runs     demo small 2, borrowing 2 of cpu\n"
            "\n"
            "QUOTA     RESOURCE      USED       MIN       MAX  BORROWED\n"
            "root      cpu              5         8         8\n"
            "  team-a  cpu              5         2         6         3\n"
            "  team-b  cpu              0         6         8\n");
}

TEST(Scenario, StopsAtAStepWithoutMeaning) {
  kube::Manifests manifests;
  manifests.add("t.yaml", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: a}\nspec: {hard: {requests.cpu: 4}}\n");
  const std::vector<Tree> trees = read_trees(manifests);
  Simulator simulator(trees.front(), {});
  const Played played = play(simulator, read("steps:\n- finish: nobody\n- finish: nobody2\n"));
  ASSERT_EQ(played.errors.size(), 1U);
  EXPECT_EQ(played.errors.front().text(), "s.yaml:2:3: there is no workload nobody to finish [quota-scenario]");
}

}  // namespace
}  // namespace raykeep::quota
