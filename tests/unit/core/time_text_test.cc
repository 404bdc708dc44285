// SPDX-License-Identifier: Apache-2.0
#include "core/time_text.h"

#include <gtest/gtest.h>

namespace raykeep {
namespace {

using namespace std::chrono_literals;

TEST(TimeText, RoundTrips) {
  for (const std::string_view text :
       {"2026-11-23T20:45:31.042Z", "1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"}) {
    EXPECT_EQ(format_time(*parse_time(text)), text);
  }
}

TEST(TimeText, ReadsOffsetsAndFractionsOfAnyLength) {
  EXPECT_EQ(parse_time("2026-11-23T22:45:31+02:00"), parse_time("2026-11-23T20:45:31Z"));
  EXPECT_EQ(parse_time("2026-11-23T15:15:31-05:30"), parse_time("2026-11-23T20:45:31Z"));
  EXPECT_EQ(parse_time("2026-11-23T20:45:31.5Z"), parse_time("2026-11-23T20:45:31.500Z"));
  EXPECT_EQ(parse_time("2026-11-23T20:45:31.123456789Z"), parse_time("2026-11-23T20:45:31.123Z"));
}

TEST(TimeText, RefusesWhatIsNotATime) {
  for (const std::string_view text :
       {"", "2026-11-23", "2026-11-23T20:45:31", "2026-11-23 20:45:31Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T20:60:00Z", "2026-11-23T20:45:60Z", "2026-11-23T20:45:31.Z",
        "2026-11-23T20:45:31Zx", "26-11-23T20:45:31Z", "1969-12-31T23:59:59Z", "2026-11-23T20:45:31+24:00",
        "2026-11-23T20:45:31+0200", "-026-11-23T20:45:31Z", "2026-1-23T20:45:31Z"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

TEST(Duration, ReadsOneNumberAndOneUnit) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("15m"), 15min);
  EXPECT_EQ(parse_duration("12h"), 12h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, RefusesTheRest) {
  for (const std::string_view text :
       {"", "5", "s", "-1s", "+1s", "1.5s", "1 s", "1h30m", "1w", "1S", "99999999999999999999s", "40000d"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(Duration, PrintsWithTheLargestUnitThatLosesNothing) {
  for (const std::string_view text : {"250ms", "30s", "15m", "12h", "7d", "0s"})
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(60s), "1m");
}

}  // namespace
}  // namespace raykeep
