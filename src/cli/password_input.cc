// SPDX-License-Identifier: Apache-2.0
#include "cli/password_input.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "core/crypto.h"
#include "core/file_descriptor.h"

namespace raykeep::cli {
namespace {

constexpr std::size_t kLongestLine = 4096;

// Turns the terminal's echo off until it dies. Signals that would end the program end the reading instead, so that the
// terminal is put right first. They are let in only while ppoll() waits, so that none is lost between prompt and reading.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_(fd) {
    struct sigaction ignored {};
    ignored.sa_handler = [](int) {};
    sigset_t blocked;
    sigemptyset(&blocked);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], &ignored, &before_signals_[i]);
      sigaddset(&blocked, kSignals[i]);
    }
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before_mask_);
    if (::tcgetattr(fd_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_signals_[i], nullptr);
    ::pthread_sigmask(SIG_SETMASK, &before_mask_, nullptr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  bool works() const { return changed_; }
  // The signals that are blocked while the terminal waits for a line: those from before.
  const sigset_t& waiting_mask() const { return before_mask_; }

 private:
  static constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_signals_{};
  sigset_t before_mask_{};
  int fd_;
  termios before_{};
  bool changed_ = false;
};

// `mask` is what to block while waiting; null to wait in read() itself.
Result<Secret> read_line(int fd, const sigset_t* mask) {
  std::string line;
  char c = 0;
  for (;;) {
    pollfd readable{fd, POLLIN, 0};
    if (mask != nullptr && ::ppoll(&readable, 1, nullptr, mask) < 0) return fail(kPasswordInput, "interrupted");
    const ssize_t n = ::read(fd, &c, 1);
    if (n < 0) return fail(kPasswordInput, errno == EINTR ? "interrupted" : "it cannot be read");
    if (n == 0 || c == '\n') break;
    line += c;
    if (line.size() > kLongestLine) return fail(kPasswordInput, "the line is too long for a password");
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return fail(kPasswordInput, "there was no password");
  return Secret(std::move(line));
}

Result<Secret> prompt(int terminal, const NoEcho& quiet, const std::string& text) {
  [[maybe_unused]] const ssize_t shown = ::write(terminal, text.data(), text.size());
  auto out = read_line(terminal, &quiet.waiting_mask());
  [[maybe_unused]] const ssize_t ended = ::write(terminal, "\n", 1);
  return out;
}

}  // namespace

Result<Secret> ask_password() {
  const FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal.valid()) return fail(kPasswordInput, "there is no terminal to ask at");
  const NoEcho quiet(terminal.get());
  if (!quiet.works()) return fail(kPasswordInput, "the terminal cannot hide what is typed");
  return prompt(terminal.get(), quiet, "Password: ");
}

Result<Secret> ask_new_password() {
  const FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal.valid()) return fail(kPasswordInput, "there is no terminal to ask at");
  const NoEcho quiet(terminal.get());
  if (!quiet.works()) return fail(kPasswordInput, "the terminal cannot hide what is typed");
  RK_TRY(Secret first, prompt(terminal.get(), quiet, "New password: "));
  RK_TRY(Secret second, prompt(terminal.get(), quiet, "Once more: "));
  if (!constant_time_equal(first.reveal(), second.reveal())) return fail(kPasswordInput, "the two were not the same");
  return first;
}

Result<Secret> read_password_line() { return read_line(STDIN_FILENO, nullptr); }

}  // namespace raykeep::cli
