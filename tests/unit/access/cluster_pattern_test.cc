// SPDX-License-Identifier: Apache-2.0
#include "access/cluster_pattern.h"

#include <gtest/gtest.h>

namespace raykeep::access {
namespace {

bool matches(std::string_view pattern, std::string_view kube_namespace, std::string_view cluster) {
  return ClusterPattern::parse(pattern)->matches({kube_namespace, cluster});
}

TEST(ClusterPattern, AStarStaysWithinItsPart) {
  EXPECT_TRUE(matches("*/*", "team-a", "ray"));
  EXPECT_TRUE(matches("team-*/ray", "team-a", "ray"));
  EXPECT_TRUE(matches("team-*/*-prod", "team-a", "x-prod"));
  EXPECT_TRUE(matches("a*b*c/x", "aabbcc", "x"));
  EXPECT_FALSE(matches("team-a/ray", "team-a", "ray2"));
  EXPECT_FALSE(matches("team-a/ray", "team-ab", "ray"));
  EXPECT_FALSE(matches("team-*/ray", "other", "ray"));
  EXPECT_FALSE(matches("*/ray", "", "x"));
}

TEST(ClusterPattern, WhatIsNotAPatternIsAnError) {
  for (const std::string_view text : {"", "*", "a", "a/", "/a", "a/b/c", "A/b", "a/b?", "a /b", "a/[b]", "a/b\n"}) {
    const auto pattern = ClusterPattern::parse(text);
    ASSERT_FALSE(pattern.has_value()) << text;
    EXPECT_EQ(pattern.error().code().id, "bad-cluster-pattern");
  }
}

TEST(Glob, TakesNoExponentialTime) {
  const std::string text(2000, 'a');
  EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

}  // namespace
}  // namespace raykeep::access
