// SPDX-License-Identifier: Apache-2.0
#include "core/parallel.h"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

namespace raykeep {
namespace {

TEST(ParallelFor, CallsEachOnce) {
  std::vector<std::atomic<int>> calls(10'000);
  parallel_for(calls.size(), [&](std::size_t i) { ++calls[i]; });
  for (const auto& count : calls) ASSERT_EQ(count, 1);
}

TEST(ParallelFor, NothingToDoIsDone) {
  parallel_for(0, [](std::size_t) { FAIL() << "there is nothing to call it for"; });
}

TEST(ParallelFor, AnExceptionComesOutAndTheRestIsNotBegun) {
  std::atomic<int> calls = 0;
  const auto work = [&](std::size_t) {
    ++calls;
    throw std::runtime_error("no");
  };
  EXPECT_THROW(parallel_for(1'000'000, work), std::runtime_error);
  EXPECT_LT(calls, 1'000'000);
}

}  // namespace
}  // namespace raykeep
