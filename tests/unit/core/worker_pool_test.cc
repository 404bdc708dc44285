// SPDX-License-Identifier: Apache-2.0
#include "core/worker_pool.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>

namespace raykeep {
namespace {

TEST(WorkerPool, RunsWhatIsSubmitted) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(3, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.try_submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 500) << "the destructor finishes what is queued";
}

TEST(WorkerPool, AFullQueueSaysSoAtOnceAndTakesNothing) {
  std::atomic<int> done = 0;
  {
    std::promise<void> started;
    std::promise<void> release;
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.try_submit([&] {
      started.set_value();
      release.get_future().wait();
    }));
    started.get_future().wait();
    EXPECT_TRUE(pool.try_submit([&] { ++done; }));
    EXPECT_TRUE(pool.try_submit([&] { ++done; }));
    EXPECT_FALSE(pool.try_submit([&] { done += 100; }));
    EXPECT_EQ(pool.queued(), 2U);
    release.set_value();
  }
  EXPECT_EQ(done, 2);
}

TEST(WorkerPool, WorkRunsOnSeveralThreadsAtOnce) {
  std::promise<void> first;
  std::promise<void> second;
  WorkerPool pool(2, 10);
  // Each waits for the other: one thread alone would never finish.
  ASSERT_TRUE(pool.try_submit([&] {
    first.set_value();
    second.get_future().wait();
  }));
  ASSERT_TRUE(pool.try_submit([&] {
    first.get_future().wait();
    second.set_value();
  }));
}

}  // namespace
}  // namespace raykeep
