// SPDX-License-Identifier: Apache-2.0
// Each dialect written as each other: what stays true, and what is said to be lost.
#include <algorithm>
#include <gtest/gtest.h>

#include "document/yaml_writer.h"
#include "quota/convert.h"
#include "quota/simulate.h"

namespace raykeep::quota {
namespace {

using kube::Quantity;

Tree only_tree(const kube::Manifests& manifests) {
  std::vector<Tree> trees = read_trees(manifests);
  EXPECT_EQ(trees.size(), 1U);
  return trees.empty() ? Tree{Dialect::kElasticQuotaTree, {Quota{}}, {}} : std::move(trees.front());
}

constexpr const char* kTree = R"(
apiVersion: scheduling.sigs.k8s.io/v1beta1
kind: ElasticQuotaTree
metadata: {name: t, namespace: kube-system}
spec:
  root:
    name: root
    min: {cpu: "16"}
    max: {cpu: "16"}
    children:
    - name: research
      min: {cpu: "10"}
      max: {cpu: "14"}
      children:
      - {name: video, namespaces: [video], min: {cpu: "5"}, max: {cpu: "10"}}
      - {name: text, namespaces: [text], min: {cpu: "5"}, max: {cpu: "14"}}
    - {name: serving, namespaces: [serve], min: {cpu: "6"}, max: {cpu: "8"}}
)";

struct Read {
  explicit Read(const std::string& yaml) { manifests.add("q.yaml", yaml); }
  kube::Manifests manifests;
};

// The same workloads under two trees.
std::vector<std::string> played(const Tree& tree, const Amounts& capacity) {
  Simulator simulator(tree, capacity);
  std::vector<std::string> out;
  int number = 0;
  for (const auto& [ns, cpu] : std::vector<std::pair<std::string, int>>{{"text", 8}, {"serve", 6}, {"text", 2}, {"serve", 1}, {"video", 5}, {"serve", 2}, {"text", 5}, {"video", 1}}) {
    PodSet set;
    set.requests.emplace("cpu", Quantity::of(cpu));
    const auto events = simulator.submit({"w" + std::to_string(++number), ns, "", 0, {set}});
    EXPECT_TRUE(events) << events.error().message();
    if (!events) continue;
    for (const Event& event : *events) out.push_back(std::string(what_name(event.what)) + " " + event.pod + (event.borrowed.empty() ? "" : " +" + event.borrowed.begin()->second.text()));
  }
  return out;
}

class SameMeaning : public testing::TestWithParam<Dialect> {};

TEST_P(SameMeaning, TheConvertedTreeAdmitsBorrowsAndEvictsAlike) {
  const Read source(kTree);
  const Tree tree = only_tree(source.manifests);
  const Conversion made = convert(tree, GetParam());
  const Read written(write_conversion(made, tree.dialect, GetParam()));
  const Tree back = only_tree(written.manifests);
  EXPECT_EQ(back.dialect, GetParam());
  const std::vector<std::string> expected = played(tree, {});
  EXPECT_TRUE(std::any_of(expected.begin(), expected.end(), [](const std::string& event) { return event.starts_with("evicted"); }));
  EXPECT_EQ(played(back, {{"cpu", Quantity::of(16)}}), expected);
}

INSTANTIATE_TEST_SUITE_P(Trees, SameMeaning, testing::Values(Dialect::kElasticQuotaTree, Dialect::kKoordinator, Dialect::kKueue),
                         [](const auto& param) {
                           std::string name(dialect_name(param.param));
                           std::erase(name, '-');
                           return name;
                         });

bool says(const Conversion& made, std::string_view words) {
  return std::any_of(made.losses.begin(), made.losses.end(), [&](const Loss& loss) { return (loss.quota + ": " + loss.what).find(words) != std::string::npos; });
}

TEST(Convert, SaysWhatSchedulerPluginsCannotKeep) {
  const Read source(kTree);
  const Conversion made = convert(only_tree(source.manifests), Dialect::kSchedulerPlugins);
  EXPECT_EQ(made.objects.size(), 3U) << "one a leaf";
  EXPECT_TRUE(says(made, "research: the branch itself"));
  // A max without memory would count as none at all.
  EXPECT_NE(made.objects.front().find_path({"spec", "max", "memory"}), nullptr);
  EXPECT_EQ(made.objects.front().find_path({"metadata", "namespace"})->text(), "video");
}

TEST(Convert, SaysWhatNobodyIsPromisedAndCannotBeBorrowedAnyMore) {
  const Read source("apiVersion: scheduling.sigs.k8s.io/v1beta1\nkind: ElasticQuotaTree\nmetadata: {name: t, namespace: kube-system}\nspec: {root: {name: root, min: {cpu: 10}, max: {cpu: 10}, children: "
                    "[{name: a, namespaces: [a], min: {cpu: 4}, max: {cpu: 8}}, {name: b, namespaces: [b, c], min: {cpu: 2}, max: {cpu: 8}}]}}\n");
  const Conversion made = convert(only_tree(source.manifests), Dialect::kSchedulerPlugins);
  EXPECT_EQ(made.objects.size(), 1U) << "two namespaces cannot share an ElasticQuota";
  EXPECT_TRUE(says(made, "b: several namespaces share it"));
  EXPECT_TRUE(says(made, ": 6 of cpu that no leaf is promised cannot be borrowed"));
}

TEST(Convert, AResourceQuotaKeepsTheBoundAndLosesThePromise) {
  const Read source("apiVersion: scheduling.sigs.k8s.io/v1beta1\nkind: ElasticQuotaTree\nmetadata: {name: t, namespace: kube-system}\nspec: {root: {name: root, children: "
                    "[{name: a, namespaces: [a], min: {cpu: 4}, max: {cpu: 8, nvidia.com/gpu: 2, kube-queue/max-jobs: 3}}, {name: b, namespaces: [b]}]}}\n");
  const Conversion made = convert(only_tree(source.manifests), Dialect::kResourceQuota);
  ASSERT_EQ(made.objects.size(), 1U);
  const document::Node* hard = made.objects.front().find_path({"spec", "hard"});
  EXPECT_EQ(hard->find("requests.cpu")->text(), "8");
  EXPECT_EQ(hard->find("requests.nvidia.com/gpu")->text(), "2");
  EXPECT_EQ(hard->find("count/rayjobs.ray.io")->text(), "3");
  EXPECT_TRUE(says(made, "a: its promise"));
  EXPECT_TRUE(says(made, "a: one RayJob too many is refused"));
  EXPECT_TRUE(says(made, "b: it has no max"));
}

TEST(Convert, SharesOfResourceQuotasBecomePromises) {
  const Read source("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: a}\nspec: {hard: {requests.cpu: 4, memory: 8Gi, pods: 10, limits.cpu: 8}}\n---\n"
                    "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: r, namespace: a}\nspec: {hard: {requests.cpu: 3}}\n---\n"
                    "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: s, namespace: a}\nspec: {hard: {requests.cpu: 1}, scopes: [BestEffort]}\n");
  const Conversion made = convert(only_tree(source.manifests), Dialect::kElasticQuotaTree);
  const document::Node* leaf = &made.objects.front().find_path({"spec", "root", "children"})->items().front();
  EXPECT_EQ(leaf->find("name")->text(), "a");
  EXPECT_EQ(leaf->find_path({"min", "cpu"})->text(), "3") << "of two quotas of a namespace both count";
  EXPECT_EQ(leaf->find_path({"max", "memory"})->text(), "8Gi");
  EXPECT_EQ(leaf->find_path({"max", "pods"}), nullptr);
  EXPECT_TRUE(says(made, "q: pods bounds something else"));
  EXPECT_TRUE(says(made, "s: it has scopes"));
  EXPECT_TRUE(says(made, "a ResourceQuota bounds without a promise"));
}

TEST(Convert, WhatAKueueQueueKeepsForItselfIsKeptOrSaid) {
  const Read source("apiVersion: kueue.x-k8s.io/v1beta1\nkind: ClusterQueue\nmetadata: {name: a}\nspec: {cohort: all, preemption: {reclaimWithinCohort: LowerPriority}, resourceGroups: [{coveredResources: [cpu], "
                    "flavors: [{name: x, resources: [{name: cpu, nominalQuota: 4, lendingLimit: 0}]}, {name: y, resources: [{name: cpu, nominalQuota: 2, lendingLimit: 0}]}]}]}\n");
  const Tree tree = only_tree(source.manifests);
  EXPECT_EQ(tree.quotas.back().min.at("cpu"), Quantity::of(6)) << "flavors are added up";
  const Conversion made = convert(tree, Dialect::kKoordinator);
  EXPECT_EQ(made.objects.back().find_path({"metadata", "labels", kKoordinatorAllowLent})->text(), "false");
  EXPECT_TRUE(says(made, "a: its flavors are taken together as one"));
  EXPECT_TRUE(says(made, "a: it could take back less"));
  EXPECT_TRUE(says(convert(tree, Dialect::kElasticQuotaTree), "a: what it keeps for itself is lent out"));
}

TEST(Convert, NoNameBecomesAnObjectOfItsOwn) {
  const Read source("apiVersion: scheduling.sigs.k8s.io/v1beta1\nkind: ElasticQuotaTree\nmetadata: {name: t, namespace: kube-system}\nspec: {root: {name: root, children: "
                    "[{name: \"a\\n---\\nkind: Secret\\napiVersion: v1\\nmetadata: {name: x}\", namespaces: [a], min: {cpu: 1}, max: {cpu: 2}}]}}\n");
  const Read back(write_conversion(convert(only_tree(source.manifests), Dialect::kResourceQuota), Dialect::kElasticQuotaTree, Dialect::kResourceQuota));
  EXPECT_TRUE(std::none_of(back.manifests.objects().begin(), back.manifests.objects().end(), [](const kube::Object& object) { return object.kind == "Secret"; }));
}

TEST(Convert, CirclesAndOrphansAreLeftOut) {
  const Read source("apiVersion: scheduling.sigs.k8s.io/v1alpha1\nkind: ElasticQuota\nmetadata: {name: a, labels: {quota.scheduling.koordinator.sh/parent: b}}\n---\n"
                    "apiVersion: scheduling.sigs.k8s.io/v1alpha1\nkind: ElasticQuota\nmetadata: {name: b, labels: {quota.scheduling.koordinator.sh/parent: a}}\n---\n"
                    "apiVersion: kueue.x-k8s.io/v1beta2\nkind: Cohort\nmetadata: {name: c}\nspec: {parentName: d}\n---\n"
                    "apiVersion: kueue.x-k8s.io/v1beta2\nkind: Cohort\nmetadata: {name: d}\nspec: {parentName: c}\n");
  EXPECT_TRUE(read_trees(source.manifests).empty());
}

}  // namespace
}  // namespace raykeep::quota
