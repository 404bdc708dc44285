// SPDX-License-Identifier: Apache-2.0
#include "identity/throttle.h"

#include <gtest/gtest.h>

namespace raykeep::identity {
namespace {

TEST(Throttle, OneAddressCannotLockAUserOutElsewhere) {
  Throttle throttle({});
  const auto now = Throttle::Clock::now();
  const IpAddress attacker = *IpAddress::parse("198.51.100.7");
  const IpAddress home = *IpAddress::parse("192.0.2.1");
  throttle.succeeded("alice", home, now);
  for (int i = 0; i < 500; ++i) throttle.failed("alice", attacker, now);
  EXPECT_TRUE(throttle.wait("alice", attacker, now));
  EXPECT_FALSE(throttle.wait("alice", home, now));
  const auto stranger = throttle.wait("alice", *IpAddress::parse("203.0.113.1"), now);
  EXPECT_LE(stranger.value_or(std::chrono::seconds(0)).count(), 2);
}

TEST(Throttle, WaitsLongerWithEachFailureAndForgets) {
  Throttle throttle({});
  const auto now = Throttle::Clock::now();
  const IpAddress from = *IpAddress::parse("192.0.2.1");
  for (int i = 0; i < 4; ++i) throttle.failed("alice", from, now);
  EXPECT_FALSE(throttle.wait("alice", from, now));
  throttle.failed("alice", from, now);
  EXPECT_EQ(throttle.wait("alice", from, now), std::chrono::seconds(2));
  throttle.failed("alice", from, now);
  EXPECT_EQ(throttle.wait("alice", from, now), std::chrono::seconds(4));
  EXPECT_FALSE(throttle.wait("alice", from, now + std::chrono::hours(2)));
}

}  // namespace
}  // namespace raykeep::identity
