// SPDX-License-Identifier: Apache-2.0
// One thread, one event loop, and the streams that live on it. Workers share nothing but immutable snapshots.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/asio.h"

namespace raykeep::http {

class Stream;
class Worker;

// A block of bytes for reading, returned to its worker when it dies, so that idle connections hold none.
class Buffer {
 public:
  static constexpr std::size_t kSize = 16 * 1024;
  Buffer() = default;
  explicit Buffer(Worker& worker);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();
  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  bool empty() const { return data_ == nullptr; }

 private:
  std::unique_ptr<char[]> data_;
  Worker* worker_ = nullptr;
};

class Worker {
 public:
  explicit Worker(std::size_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();  // the thread begins to run the loop
  void stop();   // cancels every stream, lets the loop run dry and joins; callable from any other thread

  std::size_t index() const { return index_; }
  Executor executor() { return context_.get_executor(); }
  asio::io_context& context() { return context_; }

  // The time as of the last sweep or so: at most kSweepInterval old, and free.
  std::chrono::steady_clock::time_point coarse_now() const { return coarse_now_; }
  static constexpr std::chrono::milliseconds kSweepInterval{100};

  // The Date field for responses of this second, RFC 9110 5.6.7.
  std::string_view date() const { return date_; }

  // From now on streams marked idle are closed by the sweep. Callable from any thread.
  void close_idle() { closing_idle_.store(true, std::memory_order_relaxed); }

  // Called on this worker at every sweep, for housekeeping of others (upstream pools, summaries).
  void on_sweep(std::function<void(std::chrono::steady_clock::time_point)> call) { sweep_calls_.push_back(std::move(call)); }

 private:
  friend class Stream;
  friend class Buffer;
  void add(Stream& stream);
  void remove(Stream& stream);
  Awaitable<void> sweep_forever();
  void tick();
  void sweep_streams();

  std::size_t index_;
  asio::io_context context_;
  Timer sweep_timer_;
  std::chrono::steady_clock::time_point coarse_now_;
  Stream* streams_ = nullptr;
  Stream* sweep_next_ = nullptr;  // where a running sweep goes on, kept right while streams disappear
  std::vector<std::function<void(std::chrono::steady_clock::time_point)>> sweep_calls_;
  std::vector<std::unique_ptr<char[]>> free_buffers_;
  std::string date_;
  std::atomic<bool> closing_idle_{false};
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace raykeep::http
