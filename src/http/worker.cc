// SPDX-License-Identifier: Apache-2.0
#include "http/worker.h"

#include <fmt/chrono.h>

#include <ctime>
#include <utility>

#include "http/stream.h"

namespace raykeep::http {
namespace {

constexpr std::size_t kFreeBuffers = 64;

}  // namespace

Buffer::Buffer(Worker& worker) : worker_(&worker) {
  if (worker.free_buffers_.empty()) {
    data_ = std::make_unique_for_overwrite<char[]>(kSize);
  } else {
    data_ = std::move(worker.free_buffers_.back());
    worker.free_buffers_.pop_back();
  }
}
Buffer::Buffer(Buffer&& other) noexcept : data_(std::move(other.data_)), worker_(other.worker_) {}
Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(worker_, other.worker_);
  return *this;
}
Buffer::~Buffer() {
  if (data_ && worker_->free_buffers_.size() < kFreeBuffers) worker_->free_buffers_.push_back(std::move(data_));
}

Worker::Worker(std::size_t index)
    : index_(index), context_(1), sweep_timer_(context_.get_executor()), coarse_now_() {
  tick();
  free_buffers_.reserve(kFreeBuffers);
}

Worker::~Worker() { stop(); }

void Worker::start() {
  asio::co_spawn(context_, sweep_forever(), asio::detached);
  thread_ = std::jthread([this] { context_.run(); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    stopping_ = true;
    sweep_timer_.cancel();
    for (Stream* stream = streams_; stream != nullptr; stream = stream->next_) stream->cancel();
  });
  thread_.join();
}

Awaitable<void> Worker::sweep_forever() {
  while (!stopping_) {
    sweep_timer_.expires_after(kSweepInterval);
    co_await sweep_timer_.async_wait(kNoThrow);
    tick();
    sweep_streams();
    for (const auto& call : sweep_calls_) call(coarse_now_);
  }
}

void Worker::tick() {
  coarse_now_ = std::chrono::steady_clock::now();
  date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr)));
}

void Worker::sweep_streams() {
  for (Stream* stream = streams_; stream != nullptr; stream = sweep_next_) {
    sweep_next_ = stream->next_;
    stream->sweep(coarse_now_);
  }
  sweep_next_ = nullptr;
}

void Worker::add(Stream& stream) {
  stream.next_ = streams_;
  if (streams_ != nullptr) streams_->previous_ = &stream;
  streams_ = &stream;
  if (stopping_) stream.cancel();
}

void Worker::remove(Stream& stream) {
  if (sweep_next_ == &stream) sweep_next_ = stream.next_;
  if (stream.next_ != nullptr) stream.next_->previous_ = stream.previous_;
  (stream.previous_ == nullptr ? streams_ : stream.previous_->next_) = stream.next_;
}

}  // namespace raykeep::http
