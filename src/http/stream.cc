// SPDX-License-Identifier: Apache-2.0
#include "http/stream.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <utility>

#include "http/worker.h"

namespace raykeep::http {
namespace {

constexpr auto kNever = std::chrono::steady_clock::time_point::max();

IoStatus status_of_errno() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return IoStatus::kWantRead;
  return errno == ECONNRESET || errno == EPIPE ? IoStatus::kClosed : IoStatus::kFailed;
}

}  // namespace

Stream::Stream(Worker& worker, Socket socket) : worker_(worker), socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  worker_.add(*this);
}

Stream::~Stream() {
  close();
  worker_.remove(*this);
}

Awaitable<StreamStatus> Stream::wait(Socket::wait_type what, Duration timeout) {
  if (cancelled_) co_return StreamStatus::kCancelled;
  arm(timeout);
  const auto [error] = co_await socket_.async_wait(what, kNoThrow);
  co_return disarm(static_cast<bool>(error));
}

Awaitable<StreamStatus> Stream::accept_tls(const TlsServer& server, Duration timeout) {
  const auto until = worker_.coarse_now() + timeout;
  // Whoever connects and says nothing costs no TLS state.
  const StreamStatus spoken = co_await wait(Socket::wait_read, timeout);
  if (spoken != StreamStatus::kDone) co_return spoken;
  tls_.emplace(server, socket_.native_handle());
  for (;;) {
    const IoStatus status = tls_->handshake();
    if (status == IoStatus::kDone) co_return StreamStatus::kDone;
    if (status == IoStatus::kClosed || status == IoStatus::kFailed) co_return StreamStatus::kFailed;
    const auto what = status == IoStatus::kWantWrite ? Socket::wait_write : Socket::wait_read;
    const StreamStatus waited = co_await wait(what, until - worker_.coarse_now());
    if (waited != StreamStatus::kDone) co_return waited;
  }
}

IoStatus Stream::try_write(std::string_view head, std::string_view body, std::size_t& sent) {
  if (tls_) return tls_->write(head.empty() ? body : head, sent);
  iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = head.empty() ? parts + 1 : parts;
  message.msg_iovlen = head.empty() || body.empty() ? 1 : 2;
  const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
  sent = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (n >= 0) return IoStatus::kDone;
  const IoStatus status = status_of_errno();
  return status == IoStatus::kWantRead ? IoStatus::kWantWrite : status;
}

void Stream::arm(Duration timeout) { deadline_ = timeout == Duration::max() ? kNever : worker_.coarse_now() + timeout; }

StreamStatus Stream::disarm(bool failed) {
  deadline_ = kNever;
  // A wait that timed out says nothing about the next one: an answer may still be sent.
  if (std::exchange(timed_out_, false)) return StreamStatus::kTimeout;
  if (cancelled_) return StreamStatus::kCancelled;
  return failed ? StreamStatus::kFailed : StreamStatus::kDone;
}

// Asio tries the read before it waits and keeps the socket armed between reads, which costs one system call less than
// waiting for readiness first.
Awaitable<ReadResult> Stream::read_plain(char* into, std::size_t size, Duration timeout, bool wait_first) {
  if (wait_first) {
    // What was asked for a moment ago arrives while the others have their turn: then one system call reads it, where a
    // first attempt in vain would cost a second.
    co_await asio::post(worker_.executor(), kNoThrow);
    const ssize_t got = cancelled_ ? -1 : ::recv(socket_.native_handle(), into, size, 0);
    if (got > 0) co_return ReadResult{StreamStatus::kDone, static_cast<std::size_t>(got)};
  }
  if (cancelled_) co_return ReadResult{StreamStatus::kCancelled};
  arm(timeout);
  const auto [error, got] = co_await socket_.async_read_some(asio::buffer(into, size), kNoThrow);
  const StreamStatus status = disarm(static_cast<bool>(error));
  if (error == asio::error::eof) co_return ReadResult{StreamStatus::kClosed};
  // A reset cuts off what was under way: never the end of a body.
  if (error == asio::error::connection_reset) co_return ReadResult{StreamStatus::kFailed};
  co_return ReadResult{status, status == StreamStatus::kDone ? got : 0};
}

Awaitable<ReadResult> Stream::read_some(char* into, std::size_t size, Duration timeout, bool wait_first) {
  return tls_ ? read_tls(into, size, timeout, wait_first) : read_plain(into, size, timeout, wait_first);
}

Awaitable<StreamStatus> Stream::wait_readable(Duration timeout) { return wait(Socket::wait_read, timeout); }

Awaitable<ReadResult> Stream::read_tls(char* into, std::size_t size, Duration timeout, bool wait_first) {
  auto what = Socket::wait_read;
  bool wait_now = wait_first && !tls_->has_pending();
  for (;;) {
    if (wait_now) {
      const StreamStatus waited = co_await wait(what, timeout);
      if (waited != StreamStatus::kDone) co_return ReadResult{waited};
    }
    if (cancelled_) co_return ReadResult{StreamStatus::kCancelled};
    std::size_t got = 0;
    const IoStatus status = tls_->read(into, size, got);
    if (status == IoStatus::kDone) co_return ReadResult{StreamStatus::kDone, got};
    if (status == IoStatus::kClosed) co_return ReadResult{StreamStatus::kClosed};
    if (status == IoStatus::kFailed) co_return ReadResult{StreamStatus::kFailed};
    what = status == IoStatus::kWantWrite ? Socket::wait_write : Socket::wait_read;
    wait_now = true;
  }
}

bool Stream::write_now(std::string_view& head, std::string_view& body) {
  if (cancelled_) return false;
  std::size_t sent = 0;
  if (try_write(head, body, sent) != IoStatus::kDone) return false;
  const std::size_t of_head = std::min(sent, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(sent - of_head);
  return head.empty() && body.empty();
}

Awaitable<StreamStatus> Stream::write_all(std::string_view head, std::string_view body, Duration timeout) {
  while (!head.empty() || !body.empty()) {
    if (cancelled_) co_return StreamStatus::kCancelled;
    std::size_t sent = 0;
    const IoStatus status = try_write(head, body, sent);
    if (status == IoStatus::kClosed) co_return StreamStatus::kClosed;
    if (status == IoStatus::kFailed) co_return StreamStatus::kFailed;
    if (status == IoStatus::kDone) {
      const std::size_t of_head = std::min(sent, head.size());
      head.remove_prefix(of_head);
      body.remove_prefix(sent - of_head);
      continue;
    }
    const auto what = status == IoStatus::kWantRead ? Socket::wait_read : Socket::wait_write;
    const StreamStatus waited = co_await wait(what, timeout);
    if (waited != StreamStatus::kDone) co_return waited;
  }
  co_return StreamStatus::kDone;
}

void Stream::cancel() {
  cancelled_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Stream::interrupt() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

bool Stream::peer_is_gone() const {
  pollfd probe{const_cast<Socket&>(socket_).native_handle(), POLLRDHUP, 0};
  return ::poll(&probe, 1, 0) > 0 && (probe.revents & (POLLRDHUP | POLLERR | POLLHUP)) != 0;
}

bool Stream::is_quiet() const {
  pollfd probe{const_cast<Socket&>(socket_).native_handle(), POLLIN | POLLRDHUP, 0};
  return ::poll(&probe, 1, 0) == 0;
}

void Stream::sweep(std::chrono::steady_clock::time_point now) {
  if (deadline_ < now) {
    timed_out_ = true;
    deadline_ = kNever;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  } else if (idle_ && worker_.closing_idle_.load(std::memory_order_relaxed)) {
    cancel();
  } else if (watched_ != nullptr && !cancelled_ && watched_->peer_is_gone()) {
    cancel();
  }
}

void Stream::finish_sending() {
  if (tls_ && !cancelled_) tls_->close();
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

void Stream::reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

void Stream::close() {
  if (!socket_.is_open()) return;
  if (tls_ && !cancelled_) tls_->close();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace raykeep::http
