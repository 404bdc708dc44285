// SPDX-License-Identifier: Apache-2.0
#include "core/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>
#include <utility>

namespace raykeep {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

// Long enough to live on the heap, where it would stay readable.
const std::string kLong(200, 's');

TEST(Secret, CannotBePrintedOrTurnedIntoTextByAccident) {
  EXPECT_TRUE(Streamable<std::string>);
  EXPECT_FALSE(Streamable<Secret>);
  EXPECT_FALSE(fmt::is_formattable<Secret>::value);
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
  EXPECT_FALSE((std::is_convertible_v<std::string, Secret>));
}

TEST(Secret, GivesItsTextOnRequest) {
  EXPECT_EQ(Secret("open sesame").reveal(), "open sesame");
  EXPECT_EQ(Secret(std::string("a\0b", 3)).reveal().size(), 3U);
  EXPECT_TRUE(Secret().empty());
  EXPECT_FALSE(Secret("x").empty());
}

TEST(Secret, CopiesStandAlone) {
  Secret first(kLong);
  const Secret copy = first;
  first = Secret("other");
  EXPECT_EQ(copy.reveal(), kLong);
}

TEST(Secret, MovingEmptiesTheSource) {
  for (const std::string& text : {std::string("short"), kLong}) {
    Secret source(text);
    Secret constructed(std::move(source));
    EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): that is what is asked
    Secret assigned("before");
    assigned = std::move(constructed);
    EXPECT_TRUE(constructed.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(assigned.reveal(), text);
  }
}

TEST(Secret, MovingLeavesNoBytesBehind) {
  Secret source(kLong);
  const char* bytes = source.reveal().data();
  const Secret target(std::move(source));
  // The source still owns its memory: moving copies and wipes.
  ASSERT_NE(bytes, target.reveal().data());
  for (std::size_t i = 0; i < kLong.size(); ++i) ASSERT_EQ(bytes[i], '\0') << i;
}

TEST(Secret, SurvivesAssignmentToItself) {
  Secret secret(kLong);
  Secret& alias = secret;
  secret = std::move(alias);
  EXPECT_EQ(secret.reveal(), kLong);
}

TEST(Secret, AssigningACopyWipesWhatWasThere) {
  Secret secret(kLong);
  const char* bytes = secret.reveal().data();
  const Secret shorter("x");
  secret = shorter;
  ASSERT_EQ(secret.reveal(), "x");
  // A string keeps its memory when something shorter is assigned, so this is still its own.
  ASSERT_EQ(secret.reveal().data(), bytes);
  for (std::size_t i = 2; i < kLong.size(); ++i) ASSERT_EQ(bytes[i], '\0') << i;
}

}  // namespace
}  // namespace raykeep
