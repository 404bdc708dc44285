// SPDX-License-Identifier: Apache-2.0
#include "core/suggest.h"

#include <array>
#include <gtest/gtest.h>

namespace raykeep {
namespace {

constexpr std::array<std::string_view, 4> kKnown{"listen", "clusters", "sessions", "log"};

TEST(Suggest, FindsWhatWasMeant) {
  EXPECT_EQ(suggest("listen", kKnown), "listen");
  EXPECT_EQ(suggest("litsen", kKnown), "listen") << "two neighbours swapped";
  EXPECT_EQ(suggest("cluster", kKnown), "clusters");
  EXPECT_EQ(suggest("SESSIONS", kKnown), "sessions");
  EXPECT_EQ(suggest("lag", kKnown), "log");
}

TEST(Suggest, StaysSilentWhenNothingIsClose) {
  EXPECT_EQ(suggest("password", kKnown), std::nullopt);
  EXPECT_EQ(suggest("", kKnown), std::nullopt);
  EXPECT_EQ(suggest("x", kKnown), std::nullopt);
  EXPECT_EQ(suggest("listen", {}), std::nullopt);
}

TEST(Suggest, IsNotMadeToCompareVeryLongWords) {
  EXPECT_EQ(suggest(std::string(65, 'a'), kKnown), std::nullopt);
}

}  // namespace
}  // namespace raykeep
