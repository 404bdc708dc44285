// SPDX-License-Identifier: Apache-2.0
#include "kube/manifests.h"

#include <gtest/gtest.h>

namespace raykeep::kube {
namespace {

std::string reading(std::string text) {
  Manifests manifests;
  manifests.add("f.yaml", std::move(text));
  std::string out;
  for (const Object& object : manifests.objects()) out += object.title() + "\n";
  for (const Error& error : manifests.errors()) out += error.text() + "\n";
  return out;
}

TEST(Manifests, ReadsEveryObjectOfAFile) {
  EXPECT_EQ(reading("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: team}\n---\n# nothing\n---\napiVersion: apps/v1\nkind: "
                    "Deployment\nmetadata: {generateName: b-}\n"),
            "Pod team/a\nDeployment (no name)\n");
}

TEST(Manifests, TakesListsApart) {
  EXPECT_EQ(reading("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- apiVersion: v1\n  kind: "
                    "PodList\n  items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}]\n"),
            "Pod a\nPod b\n");
}

TEST(Manifests, TellsWhatCannotBeReadAndReadsTheRest) {
  const std::string all = reading("kind: Pod\n---\na: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
  EXPECT_TRUE(all.starts_with("Pod a\n")) << all;
  EXPECT_NE(all.find("f.yaml:1:1: this object has a kind but no apiVersion"), std::string::npos) << all;
  EXPECT_NE(all.find("f.yaml:4:1: YAML"), std::string::npos) << all;
}

TEST(Manifests, CountsDocumentsThatAreNoObjects) {
  Manifests manifests;
  manifests.add("values.yaml", "replicas: 2\n---\n- 1\n");
  EXPECT_EQ(manifests.others(), 2U);
  EXPECT_TRUE(manifests.errors().empty());
}

TEST(Manifests, KnowsWhoseKeyStandsTwice) {
  Manifests manifests;
  manifests.add("f", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {x: 1, x: 2}\n");
  ASSERT_EQ(manifests.duplicates().size(), 1U);
  EXPECT_EQ(manifests.duplicates()[0].object->name, "a");
  EXPECT_EQ(manifests.duplicates()[0].key.span().line, 4U);
}

TEST(Object, KnowsItsGroupVersionAndNamespace) {
  Object object{"ray.io/v1", "RayCluster", "a", "", nullptr, nullptr};
  EXPECT_TRUE(object.is("ray.io", "RayCluster"));
  EXPECT_EQ(object.version(), "v1");
  EXPECT_EQ(object.effective_namespace(), "default");
  const Object role{"rbac.authorization.k8s.io/v1", "ClusterRole", "a", "", nullptr, nullptr};
  EXPECT_EQ(role.effective_namespace(), "");
}

}  // namespace
}  // namespace raykeep::kube
