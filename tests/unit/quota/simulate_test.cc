// SPDX-License-Identifier: Apache-2.0
// Who runs, borrows, waits and is evicted: the stories of KEP-9, ACK's tree, Kueue's cohorts, and properties of random ones.
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "quota/simulate.h"

namespace raykeep::quota {
namespace {

using kube::Quantity;

constexpr const char* kGpu = "nvidia.com/gpu";

// The only tree of the manifests, which must stay alive with it.
struct World {
  explicit World(const std::string& yaml) {
    manifests.add("q.yaml", yaml);
    EXPECT_TRUE(manifests.errors().empty()) << manifests.errors().front().text();
    std::vector<Tree> trees = read_trees(manifests);
    EXPECT_EQ(trees.size(), 1U);
    if (!trees.empty()) tree = std::move(trees.front());
  }
  kube::Manifests manifests;
  Tree tree;
};

std::string elastic(const std::string& name, int min, int max) {
  return "---\napiVersion: scheduling.x-k8s.io/v1alpha1\nkind: ElasticQuota\nmetadata: {name: " + name + ", namespace: " + name + "}\nspec: {min: {nvidia.com/gpu: " + std::to_string(min) +
         "}, max: {nvidia.com/gpu: " + std::to_string(max) + "}}\n";
}

std::string tree_yaml(const std::string& root) {
  return "apiVersion: scheduling.sigs.k8s.io/v1beta1\nkind: ElasticQuotaTree\nmetadata: {name: t, namespace: kube-system}\nspec: {root: " + root + "}\n";
}

Workload gpus(const std::string& name, const std::string& ns, int amount, std::int64_t priority = 0) {
  PodSet set;
  set.requests.emplace(kGpu, Quantity::of(amount));
  return {name, ns, "", priority, {set}};
}

// "runs a3 +2 -b1; evicted b1": what happened, with what was borrowed (+) and who was evicted (-).
std::string told(const Result<std::vector<Event>>& events) {
  if (!events) return "error: " + events.error().message();
  std::string out;
  for (const Event& event : *events) {
    out += (out.empty() ? "" : "; ") + std::string(what_name(event.what)) + " " + event.pod;
    for (const auto& [resource, amount] : event.borrowed) out += " +" + amount.text();
    for (const std::string& evicted : event.evicted) out += " -" + evicted;
  }
  return out;
}

TEST(Simulate, FirstStoryOfKep9) {
  const World world(elastic("a", 4, 6) + elastic("b", 6, 8));
  Simulator simulator(world.tree, {{kGpu, Quantity::of(10)}});
  EXPECT_EQ(told(simulator.submit(gpus("a1", "a", 2))), "runs a1");
  EXPECT_EQ(told(simulator.submit(gpus("b1", "b", 3))), "runs b1");
  EXPECT_EQ(told(simulator.submit(gpus("a2", "a", 2))), "runs a2");
  EXPECT_EQ(told(simulator.submit(gpus("a3", "a", 2))), "runs a3 +2");
  EXPECT_EQ(told(simulator.submit(gpus("a4", "a", 1))), "waits a4") << "a's max is 6";
  EXPECT_EQ(told(simulator.submit(gpus("b2", "b", 3))), "runs b2 -a3; evicted a3");
  EXPECT_EQ(told(simulator.submit(gpus("b3", "b", 1))), "waits b3") << "what a has is promised to it";
  EXPECT_EQ(simulator.used(1).at(kGpu), Quantity::of(4));
  EXPECT_EQ(simulator.used(2).at(kGpu), Quantity::of(6));
}

TEST(Simulate, SecondStoryOfKep9) {
  const World world(elastic("a", 3, 4) + elastic("b", 4, 6) + elastic("c", 3, 4));
  Simulator simulator(world.tree, {{kGpu, Quantity::of(10)}});
  for (const Workload& workload : {gpus("a1", "a", 2), gpus("b1", "b", 2), gpus("c1", "c", 3), gpus("a2", "a", 2), gpus("b2", "b", 1)}) ASSERT_TRUE(simulator.submit(workload));
  EXPECT_EQ(told(simulator.submit(gpus("b3", "b", 1))), "runs b3 -a2; evicted a2") << "a has more than its min, c has not";
  ASSERT_TRUE(simulator.finish("a2"));
  EXPECT_EQ(told(simulator.submit(gpus("b4", "b", 1, -1))), "runs b4 +1");
  EXPECT_EQ(told(simulator.submit(gpus("b5", "b", 1))), "runs b5 +1 -b4; evicted b4") << "above its min, b evicts only its own, of lower priority";
}

TEST(Simulate, TheQuotasOfSchedulerPluginsNeverUseMoreThanTheSumOfTheirMins) {
  const World world(elastic("a", 2, 9) + elastic("b", 2, 9));
  Simulator simulator(world.tree, {});
  EXPECT_EQ(told(simulator.submit(gpus("a1", "a", 4))), "runs a1 +2");
  EXPECT_EQ(told(simulator.submit(gpus("a2", "a", 1))), "waits a2");
}

TEST(Simulate, AMaxWithoutCpuLetsNoPodWithCpuRunUnderSchedulerPlugins) {
  const World world(elastic("a", 2, 9));
  Simulator simulator(world.tree, {});
  Workload workload = gpus("a1", "a", 1);
  workload.pods.front().requests.emplace("cpu", Quantity::of(1));
  EXPECT_EQ(told(simulator.submit(workload)), "waits a1");
}

const char* const kAckTree =
    "{name: root, min: {nvidia.com/gpu: 16}, max: {nvidia.com/gpu: 16}, children: [{name: research, min: {nvidia.com/gpu: 10}, max: {nvidia.com/gpu: 14}, children: ["
    "{name: video, namespaces: [video], min: {nvidia.com/gpu: 5}, max: {nvidia.com/gpu: 10, kube-queue/max-jobs: 1}}, {name: text, namespaces: [text], min: {nvidia.com/gpu: 5}, max: {nvidia.com/gpu: 14}}]},"
    "{name: serving, namespaces: [serve], min: {nvidia.com/gpu: 6}, max: {nvidia.com/gpu: 8}}]}";

TEST(Simulate, ABranchKeepsAmongItsOwnWhatItWasPromised) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  EXPECT_EQ(told(simulator.submit(gpus("t1", "text", 10))), "runs t1 +5") << "5 of them are video's, in the same branch";
  EXPECT_EQ(told(simulator.submit(gpus("s1", "serve", 6))), "runs s1");
  EXPECT_EQ(told(simulator.submit(gpus("s2", "serve", 1))), "waits s2") << "serving is above its min, and the branch of text is not above its own";
  EXPECT_EQ(told(simulator.submit(gpus("v1", "video", 5))), "runs v1 -t1; evicted t1; runs s2 +1") << "what t1 leaves free is anybody's";
}

TEST(Simulate, ABranchTakesBackWhatAnotherBorrowed) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  ASSERT_TRUE(simulator.submit(gpus("s1", "serve", 6)));
  ASSERT_TRUE(simulator.submit(gpus("s2", "serve", 2)));
  ASSERT_TRUE(simulator.submit(gpus("t1", "text", 8)));
  EXPECT_EQ(told(simulator.submit(gpus("t2", "text", 2))), "runs t2 +2 -s2; evicted s2") << "text is above its min and its branch is not";
}

TEST(Simulate, AParentsMaxEndsItsChildren) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  ASSERT_TRUE(simulator.submit(gpus("v1", "video", 4)));
  ASSERT_TRUE(simulator.submit(gpus("t1", "text", 10)));
  const auto events = simulator.submit(gpus("t2", "text", 1));
  EXPECT_EQ(told(events), "waits t2");
  EXPECT_EQ(events->front().because, "quota research: 14 of nvidia.com/gpu used, 1 more asked for, and the most is 14");
}

TEST(Simulate, CountsJobsAgainstMaxJobs) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  Workload job = gpus("v1", "video", 1);
  job.pods.front().requests.emplace(kMaxJobs, Quantity::of(1));
  EXPECT_EQ(told(simulator.submit(job)), "runs v1");
  job.name = "v2";
  EXPECT_EQ(told(simulator.submit(job)), "waits v2");
  EXPECT_EQ(told(simulator.finish("v1")), "ends v1; runs v2");
}

TEST(Simulate, EvictsTheLowestPriorityFirstThenTheNewestAndNoMoreThanNeeded) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  ASSERT_TRUE(simulator.submit(gpus("t1", "text", 6, 5)));
  ASSERT_TRUE(simulator.submit(gpus("t2", "text", 1, 1)));
  ASSERT_TRUE(simulator.submit(gpus("t3", "text", 1, 1)));
  ASSERT_TRUE(simulator.submit(gpus("s1", "serve", 6)));
  EXPECT_EQ(told(simulator.submit(gpus("v1", "video", 3))), "runs v1 -t3; evicted t3");
  EXPECT_EQ(told(simulator.submit(gpus("v2", "video", 2))), "runs v2 -t1; evicted t1; runs t3") << "t2 alone would not do, and with t1 gone nobody else need go";
}

TEST(Simulate, LeavesAloneWhatMayNotBeEvicted) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  Workload pinned = gpus("t1", "text", 10);
  pinned.pods.front().preemptible = false;
  ASSERT_TRUE(simulator.submit(pinned));
  ASSERT_TRUE(simulator.submit(gpus("s1", "serve", 6)));
  EXPECT_EQ(told(simulator.submit(gpus("v1", "video", 1))), "waits v1");
}

TEST(Simulate, ARayClusterEndsWithItsHead) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  Workload cluster = gpus("demo", "text", 5);
  cluster.pods.front().name = "worker group big";
  PodSet head;
  head.name = "head";
  head.head = true;
  head.requests.emplace(kGpu, Quantity::of(5));
  cluster.pods.push_back(head);
  EXPECT_EQ(told(simulator.submit(cluster)), "runs demo worker group big; runs demo head +5");
  ASSERT_TRUE(simulator.submit(gpus("s1", "serve", 6)));
  const auto events = simulator.submit(gpus("v1", "video", 5));
  EXPECT_EQ(told(events), "runs v1 -demo head; evicted demo head");
  EXPECT_EQ(events->back().because, "nvidia.com/gpu was promised to video, and v1 asks for it; the Ray cluster ends with its head");
}

TEST(Simulate, WhatIsUnderNoQuotaRunsAndSaysSo) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  const auto events = simulator.submit(gpus("x", "elsewhere", 99));
  EXPECT_EQ(told(events), "runs x");
  EXPECT_EQ(events->front().quota, "");
}

TEST(Simulate, RefusesWhatHasNoMeaning) {
  const World world(tree_yaml(kAckTree));
  Simulator simulator(world.tree, {});
  Workload workload = gpus("a", "text", 1);
  ASSERT_TRUE(simulator.submit(workload));
  EXPECT_EQ(told(simulator.submit(workload)), "error: a: there is a workload of this name already");
  workload.name = "b";
  workload.quota = "nowhere";
  EXPECT_EQ(told(simulator.submit(workload)), "error: b: there is no quota nowhere");
  workload.quota = "research";
  EXPECT_EQ(told(simulator.submit(workload)), "error: b: quota research has quotas below it; pods count in one that has none");
  EXPECT_EQ(told(simulator.finish("nothing")), "error: there is no workload nothing to finish");
}

std::string queue(const std::string& name, const std::string& resource, const std::string& more) {
  return "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: " + name + "}\nspec: {cohortName: all, " + more +
         "resourceGroups: [{coveredResources: [nvidia.com/gpu], flavors: [{name: default, resources: [{name: nvidia.com/gpu, " + resource +
         "}]}]}]}\n---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\nmetadata: {name: q, namespace: " + name + "}\nspec: {clusterQueue: " + name + "}\n";
}

TEST(Simulate, KueueTakesNothingBackUnlessAsked) {
  const World never(queue("a", "nominalQuota: 4", "") + queue("b", "nominalQuota: 4", ""));
  Simulator patient(never.tree, {});
  EXPECT_EQ(told(patient.submit(gpus("a1", "a", 8))), "runs a1 +4");
  EXPECT_EQ(told(patient.submit(gpus("b1", "b", 1))), "waits b1");
  const World any(queue("a", "nominalQuota: 4", "") + queue("b", "nominalQuota: 4", "preemption: {reclaimWithinCohort: Any}, "));
  Simulator eager(any.tree, {});
  EXPECT_EQ(told(eager.submit(gpus("a1", "a", 8))), "runs a1 +4");
  EXPECT_EQ(told(eager.submit(gpus("b1", "b", 1))), "runs b1 -a1; evicted a1");
}

TEST(Simulate, KueueKeepsWhatIsNotLent) {
  const World world(queue("a", "nominalQuota: 4", "") + queue("b", "nominalQuota: 4, lendingLimit: 1", ""));
  Simulator simulator(world.tree, {});
  EXPECT_EQ(told(simulator.submit(gpus("a1", "a", 6))), "waits a1");
  EXPECT_EQ(told(simulator.submit(gpus("a2", "a", 5))), "runs a2 +1");
  EXPECT_EQ(told(simulator.submit(gpus("b1", "b", 3))), "runs b1");
}

TEST(Simulate, KueueAdmitsAWorkloadAsAWhole) {
  const World world(queue("a", "nominalQuota: 4, borrowingLimit: 0", ""));
  Simulator simulator(world.tree, {});
  Workload workload = gpus("a1", "a", 1);
  workload.pods.front().count = 5;
  EXPECT_EQ(told(simulator.submit(workload)), "waits a1 (5 pods)");
  workload.name = "a2";
  workload.pods.front().count = 4;
  EXPECT_EQ(told(simulator.submit(workload)), "runs a2 (4 pods)");
}

TEST(Simulate, KueueAdmitsNoResourceThatTheQueueDoesNotCover) {
  const World world(queue("a", "nominalQuota: 4", ""));
  Simulator simulator(world.tree, {});
  Workload workload = gpus("a1", "a", 1);
  workload.pods.front().requests.emplace("cpu", Quantity::of(1));
  EXPECT_EQ(told(simulator.submit(workload)), "waits a1");
}

// Two or three leaves, some under a branch; promises that can be kept.
std::string random_tree(std::mt19937& random) {
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  const auto amounts = [](int min, int max) { return "min: {nvidia.com/gpu: " + std::to_string(min) + "}, max: {nvidia.com/gpu: " + std::to_string(max) + "}"; };
  const int a = pick(4), b = pick(4), c = pick(4), branch = a + b + pick(2), all = branch + c + pick(2);
  return tree_yaml("{name: root, " + amounts(all, all) + ", children: [{name: ab, " + amounts(branch, std::min(all, branch + pick(4))) + ", children: [{name: a, namespaces: [a], " + amounts(a, a + pick(6)) +
                   "}, {name: b, namespaces: [b], " + amounts(b, b + pick(6)) + "}]}, {name: c, namespaces: [c], " + amounts(c, c + pick(6)) + "}]}");
}

TEST(Simulate, NeverGoesBeyondAMaxAndAlwaysKeepsAPromise) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::string yaml = random_tree(random);
    SCOPED_TRACE(yaml);
    const World world(yaml);
    Simulator simulator(world.tree, {});
    std::vector<std::string> names;
    for (int step = 0; step < 20; ++step) {
      const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
      if (!names.empty() && pick(3) == 0) {
        const auto at = names.begin() + pick(static_cast<int>(names.size()) - 1);
        ASSERT_TRUE(simulator.finish(*at));
        names.erase(at);
      } else {
        const std::string ns(1, "abc"[pick(2)]);
        names.push_back("w" + std::to_string(step));
        ASSERT_TRUE(simulator.submit(gpus(names.back(), ns, 1 + pick(2), pick(1))));
      }
      for (std::size_t i = 0; i < world.tree.quotas.size(); ++i) {
        const auto used = simulator.used(i).find(kGpu);
        if (used != simulator.used(i).end()) {
          ASSERT_LE(used->second, world.tree.quotas[i].max.at(kGpu));
          ASSERT_FALSE(used->second.is_negative());
        }
      }
    }
    // A pod of one GPU within its leaf's min runs, whoever borrowed it.
    for (std::size_t i = 1; i < world.tree.quotas.size(); ++i) {
      const Quota& leaf = world.tree.quotas[i];
      const auto used = simulator.used(i).find(kGpu);
      const Quantity taken = used == simulator.used(i).end() ? Quantity() : used->second;
      if (!world.tree.is_leaf(i) || taken + Quantity::of(1) > leaf.min.at(kGpu)) continue;
      const auto events = simulator.submit(gpus("promised", leaf.namespaces.front(), 1));
      ASSERT_TRUE(events);
      EXPECT_TRUE(std::any_of(events->begin(), events->end(), [](const Event& event) { return event.what == What::kRuns && event.pod == "promised"; })) << leaf.name;
      break;
    }
  }
}

}  // namespace
}  // namespace raykeep::quota
