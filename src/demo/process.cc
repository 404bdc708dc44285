// SPDX-License-Identifier: Apache-2.0
#include "demo/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

#include "core/file_descriptor.h"

namespace raykeep::demo {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kPatience{12};

// Set by a signal handler, which can reach nothing else.
std::atomic<bool> interrupt_seen{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void note_interrupt(int) { interrupt_seen.store(true); }

[[noreturn]] void become(const std::vector<std::string>& command, const Environment& environment, int output, StandardError errors) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  if (errors == StandardError::kWithOutput) ::dup2(output, STDERR_FILENO);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_DFL);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

int exit_status(int raw) { return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw); }

// The processes of a session, from /proc/<pid>/stat (proc(5): the session is the fourth field after the name).
std::vector<pid_t> members_of(pid_t session) {
  std::vector<pid_t> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const pid_t pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (pid <= 0) continue;
    std::ifstream in(entry.path() / "stat");
    std::string line;
    std::getline(in, line);
    const std::size_t name_end = line.rfind(')');
    char state = 0;
    int parent = 0;
    int group = 0;
    int found = 0;
    if (name_end == std::string::npos || std::sscanf(line.c_str() + name_end + 1, " %c %d %d %d", &state, &parent, &group, &found) != 4) continue;
    if (found == session && state != 'Z') out.push_back(pid);
  }
  return out;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}
bool interrupted() { return interrupt_seen.load(); }

bool is_installed(const std::string& program) {
  const char* written = std::getenv("PATH");
  std::string_view path = written == nullptr ? std::string_view() : written;
  while (!path.empty()) {
    const std::size_t colon = std::min(path.find(':'), path.size());
    const std::string candidate = std::string(path.substr(0, colon)) + "/" + program;
    if (colon > 0 && ::access(candidate.c_str(), X_OK) == 0) return true;
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  return false;
}

Result<Finished> run(const std::vector<std::string>& command, const Environment& environment, std::chrono::seconds limit, StandardError errors) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(kCannotRun, fmt::format("no pipe: {}", std::strerror(errno)));
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail(kCannotRun, fmt::format("cannot start {}: {}", command[0], std::strerror(errno)));
  if (pid == 0) become(command, environment, writing.get(), errors);
  writing = FileDescriptor();
  Finished out;
  const auto until = std::chrono::steady_clock::now() + limit;
  for (bool open = true; open;) {
    const bool give_up = interrupted() || std::chrono::steady_clock::now() > until;
    if (give_up) ::kill(-pid, SIGKILL);
    pollfd ready{reading.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(kLook.count())) <= 0 && !give_up) continue;
    char block[4096];
    const ssize_t n = ::read(reading.get(), block, sizeof block);
    if (n > 0) out.output.append(block, static_cast<std::size_t>(n));
    open = n > 0 && !give_up;
  }
  int raw = 0;
  while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
  }
  if (interrupted()) return fail(kInterrupted, "interrupted");
  out.status = exit_status(raw);
  if (out.status == 127 && out.output.empty()) return fail(kCannotRun, fmt::format("cannot run {}: is it installed?", command[0]));
  return out;
}

Result<Background> Background::start(const std::vector<std::string>& command, const Environment& environment, const std::string& log) {
  const FileDescriptor output(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!output.valid()) return fail(kCannotRun, fmt::format("cannot write {}: {}", log, std::strerror(errno)));
  const pid_t pid = ::fork();
  if (pid < 0) return fail(kCannotRun, fmt::format("cannot start {}: {}", command[0], std::strerror(errno)));
  if (pid == 0) become(command, environment, output.get(), StandardError::kWithOutput);
  Background out;
  out.pid_ = pid;
  return out;
}

Background::Background(Background&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
Background& Background::operator=(Background&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}

bool Background::running() const { return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }

void Background::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!members_of(pid_).empty() && std::chrono::steady_clock::now() < until) {
    ::waitpid(pid_, nullptr, WNOHANG);
    std::this_thread::sleep_for(kLook);
  }
  for (const pid_t member : members_of(pid_)) ::kill(member, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace raykeep::demo
