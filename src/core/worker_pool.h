// SPDX-License-Identifier: Apache-2.0
// A few threads for work that would block an I/O thread: password hashing, files, the state database. The queue is
// bounded; when it is full the caller is told at once and answers "busy" instead of growing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace raykeep {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue_limit);
  // Finishes what is queued, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is stopping; the work is then not taken. Work must not throw.
  [[nodiscard]] bool try_submit(std::function<void()> work);

  std::size_t queued() const;

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::size_t queue_limit_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace raykeep
