// SPDX-License-Identifier: Apache-2.0
#include "audit/summary.h"

#include <gtest/gtest.h>
#include <thread>

namespace raykeep::audit {
namespace {

SummaryKey read_by(std::string_view user, std::string_view operation = "nodes.list") {
  return {.user = user,
          .credential = "s1",
          .method = "session",
          .peer = "192.0.2.1",
          .cluster = "team/ray",
          .operation = operation,
          .reason = "granted",
          .allowed = true,
          .status = 200};
}
SummaryKey denial_of(std::string_view peer) {
  SummaryKey key = read_by("");
  key.peer = peer;
  key.allowed = false;
  key.status = 401;
  key.reason = "not-authenticated";
  return key;
}
Sample at(std::string_view time) {
  return {*parse_time(time), 10, 100, std::chrono::microseconds(50)};
}

TEST(Summary, CountsAlikeReadsAsOne) {
  Summary summary;
  summary.count(read_by("ann"), at("2026-11-23T10:00:00Z"));
  summary.count(read_by("ann"), at("2026-11-23T10:00:04Z"));
  summary.count(read_by("ann", "jobs.list"), at("2026-11-23T10:00:04Z"));
  summary.count(read_by("bob"), at("2026-11-23T10:00:04Z"));
  const auto events = summary.drain();
  ASSERT_EQ(events.size(), 3U);
  const auto first = std::find_if(events.begin(), events.end(), [](const Event& e) { return e.count == 2; });
  ASSERT_NE(first, events.end());
  EXPECT_EQ(first->kind, Kind::kSummary);
  EXPECT_EQ(first->user, "ann");
  EXPECT_EQ(first->operation, "nodes.list");
  EXPECT_EQ(first->bytes_out, 200U);
  EXPECT_EQ(first->latency.count(), 50) << "the mean";
  EXPECT_EQ(format_time(*first->since), "2026-11-23T10:00:00.000Z");
}

TEST(Summary, BeginsAnewAfterADrain) {
  Summary summary;
  summary.count(read_by("ann"), at("2026-11-23T10:00:00Z"));
  EXPECT_EQ(summary.drain().size(), 1U);
  EXPECT_TRUE(summary.drain().empty());
}

TEST(Summary, TheFirstDenialsStandAloneAndAFloodIsCounted) {
  Summary summary(100, 3);
  int alone = 0;
  for (int i = 0; i < 1000; ++i)
    alone += summary.denial_stands_alone(denial_of("192.0.2.66"), at("2026-11-23T10:00:00Z"));
  EXPECT_EQ(alone, 3);
  const auto events = summary.drain();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].count, 997U);
  EXPECT_FALSE(events[0].allowed);
}

TEST(Summary, DenialsThatAllStoodAloneLeaveNoSummary) {
  Summary summary;
  EXPECT_TRUE(summary.denial_stands_alone(denial_of("192.0.2.66"), at("2026-11-23T10:00:00Z")));
  EXPECT_TRUE(summary.drain().empty());
}

TEST(Summary, ManyAddressesCannotGrowItWithoutBound) {
  Summary summary(10, 3);
  for (int i = 0; i < 5000; ++i) {
    const std::string peer = "2001:db8::" + std::to_string(i);
    (void)summary.denial_stands_alone(denial_of(peer), at("2026-11-23T10:00:00Z"));
    summary.count(read_by(peer), at("2026-11-23T10:00:00Z"));
  }
  const auto events = summary.drain();
  EXPECT_LE(events.size(), 12U);
  std::uint64_t counted = 0;
  for (const Event& event : events) counted += event.count;
  EXPECT_EQ(counted, 10000U - 5U) << "ten keys fit, five of them denials that stood alone; nothing else is uncounted";
}

TEST(Summary, DrainingWhileCountingLosesNothing) {
  Summary summary;
  constexpr int kEach = 20000;
  std::uint64_t counted = 0;
  {
    std::jthread counting([&] {
      for (int i = 0; i < kEach; ++i) summary.count(read_by("ann"), at("2026-11-23T10:00:00Z"));
    });
    for (int i = 0; i < 50; ++i) {
      for (const Event& event : summary.drain()) counted += event.count;
    }
  }
  for (const Event& event : summary.drain()) counted += event.count;
  EXPECT_EQ(counted, static_cast<std::uint64_t>(kEach));
}

}  // namespace
}  // namespace raykeep::audit
