// SPDX-License-Identifier: Apache-2.0
#include "support/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace raykeep::testing {
namespace {

sockaddr_in loopback(const char* address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &out.sin_addr);
  return out;
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::abort();
}

}  // namespace

RawSocket::RawSocket(FileDescriptor fd) : fd_(std::move(fd)) {
  const timeval limit{kDeadlineSeconds, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

RawSocket RawSocket::connect(std::uint16_t port, const char* source, int receive_buffer) {
  FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const sockaddr_in from = loopback(source, 0);
  require(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0, "bind");
  const sockaddr_in to = loopback("127.0.0.1", port);
  require(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "connect");
  return RawSocket(std::move(fd));
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::size_t RawSocket::send_what_fits(std::string_view bytes, int milliseconds) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    pollfd room{fd_.get(), POLLOUT, 0};
    if (::poll(&room, 1, milliseconds) != 1) break;
    const ssize_t n = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  return sent;
}

bool RawSocket::fill() {
  char block[65536];
  const ssize_t n = ::recv(fd_.get(), block, sizeof block, 0);
  if (n > 0) buffer_.append(block, static_cast<std::size_t>(n));
  if (n == 0) end_ = End::kClosed;
  if (n < 0 && errno == ECONNRESET) end_ = End::kReset;
  return n > 0;
}

std::string RawSocket::read_until(std::string_view end) {
  std::size_t found = buffer_.find(end);
  while (found == std::string::npos && fill()) found = buffer_.find(end);
  const std::size_t take = found == std::string::npos ? buffer_.size() : found + end.size();
  std::string out = buffer_.substr(0, take);
  buffer_.erase(0, take);
  return out;
}

std::string RawSocket::read(std::size_t size) {
  while (buffer_.size() < size && fill()) {
  }
  std::string out = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return out;
}

std::string RawSocket::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::size_t RawSocket::count_to_end() {
  std::size_t count = std::exchange(buffer_, {}).size();
  while (fill()) {
    count += buffer_.size();
    buffer_.clear();
  }
  return count;
}

void RawSocket::half_close() { ::shutdown(fd_.get(), SHUT_WR); }
void RawSocket::close() { fd_ = FileDescriptor(); }
void RawSocket::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

RawListener::RawListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in any = loopback("127.0.0.1", 0);
  require(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0, "bind");
  require(::listen(fd_.get(), 64) == 0, "listen");
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = ntohs(bound.sin_port);
}

RawSocket RawListener::accept() {
  pollfd waiting{fd_.get(), POLLIN, 0};
  require(::poll(&waiting, 1, kDeadlineSeconds * 1000) == 1, "nobody connects");
  return RawSocket(FileDescriptor(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

bool RawListener::pending() const {
  pollfd waiting{fd_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

std::size_t resident_memory() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace raykeep::testing
