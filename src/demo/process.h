// SPDX-License-Identifier: Apache-2.0
// Programs that commands run: some to their end, some in the background in a session of their own. No shell reads the words.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.h"

namespace raykeep::demo {

inline constexpr ErrorCode kCannotRun{"cannot-run", ErrorKind::kEnvironment, ""};
inline constexpr ErrorCode kInterrupted{"interrupted", ErrorKind::kEnvironment, ""};

using Environment = std::map<std::string, std::string>;  // added to this process's own

// Where a program's standard error goes: with its output, or to this process's own.
enum class StandardError : std::uint8_t { kWithOutput, kInherited };

// Whether there is such a program on the PATH.
bool is_installed(const std::string& program);

struct Finished {
  int status = 0;      // exit status; 128 + signal when it was killed
  std::string output;  // standard output, and standard error where it goes there
};
// Waits for the end, at most `limit`; then it is killed. kCannotRun when there is no such program.
Result<Finished> run(const std::vector<std::string>& command, const Environment& environment, std::chrono::seconds limit,
                     StandardError errors = StandardError::kWithOutput);

// A program in a session of its own, so that it and everything it starts can be ended together.
class Background {
 public:
  Background() = default;
  static Result<Background> start(const std::vector<std::string>& command, const Environment& environment, const std::string& log);
  Background(Background&& other) noexcept;
  Background& operator=(Background&& other) noexcept;
  ~Background() { stop(); }

  bool running() const;
  // SIGTERM, some patience, then SIGKILL to what is left of the session.
  void stop();

 private:
  pid_t pid_ = -1;
};

// Ctrl-C and SIGTERM end waits with kInterrupted from now on.
void catch_interrupts();
bool interrupted();

}  // namespace raykeep::demo
