// SPDX-License-Identifier: Apache-2.0
// Blocking TCP sockets on the loopback for tests, with a deadline on everything: a test that waits in vain fails, it does
// not hang.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/file_descriptor.h"

namespace raykeep::testing {

inline constexpr int kDeadlineSeconds = 20;

class RawSocket {
 public:
  // To 127.0.0.1:port, from `source`, an address of the loopback network. Aborts the test program when it cannot.
  static RawSocket connect(std::uint16_t port, const char* source = "127.0.0.1", int receive_buffer = 0);
  explicit RawSocket(FileDescriptor fd);

  // False when the peer has gone.
  bool send(std::string_view bytes);
  // Sends without waiting longer than `milliseconds` for room; how much went out.
  std::size_t send_what_fits(std::string_view bytes, int milliseconds);
  // All bytes up to and with `end`, or what came before the end of the connection or the deadline.
  std::string read_until(std::string_view end);
  std::string read(std::size_t size);
  std::string read_to_end();
  // Counts the bytes to the end and keeps none.
  std::size_t count_to_end();

  enum class End { kOpen, kClosed, kReset };
  // How the connection ended for the last read; kOpen too when the deadline passed.
  End end() const { return end_; }

  void half_close();
  void close();
  void reset();  // RST instead of FIN
  int fd() const { return fd_.get(); }

 private:
  bool fill();
  FileDescriptor fd_;
  std::string buffer_;
  End end_ = End::kOpen;
};

// A listening socket on a free port of the loopback.
class RawListener {
 public:
  RawListener();
  std::uint16_t port() const { return port_; }
  RawSocket accept();
  // Whether somebody is waiting to be accepted.
  bool pending() const;

 private:
  FileDescriptor fd_;
  std::uint16_t port_ = 0;
};

// The resident memory of this process, bytes.
std::size_t resident_memory();

}  // namespace raykeep::testing
