// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <unistd.h>

#include <chrono>

#include "core/encoding.h"
#include "core/time_text.h"

namespace raykeep {
namespace {

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "error";
}

}  // namespace

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if (level < least_) return;
  const std::string now = format_time(std::chrono::system_clock::now());
  std::string line;
  if (format_ == LogFormat::kJson) {
    line = "{\"time\":" + json_quote(now) + ",\"level\":\"" + std::string(name(level)) + "\",\"message\":" + json_quote(message);
    for (const auto& [key, value] : fields) line += "," + json_quote(key) + ":" + json_quote(value);
    line += "}\n";
  } else {
    const std::string quoted = json_quote(message);
    line = now + " " + std::string(name(level)) + " " + quoted.substr(1, quoted.size() - 2);
    for (const auto& [key, value] : fields) line += " " + std::string(key) + "=" + json_quote(value);
    line += "\n";
  }
  // One write a line keeps lines of several threads whole; a log that cannot be written is not worth dying for.
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

void Log::debug(std::string_view m, std::initializer_list<LogField> f) const { write(LogLevel::kDebug, m, f); }
void Log::info(std::string_view m, std::initializer_list<LogField> f) const { write(LogLevel::kInfo, m, f); }
void Log::warning(std::string_view m, std::initializer_list<LogField> f) const { write(LogLevel::kWarning, m, f); }
void Log::error(std::string_view m, std::initializer_list<LogField> f) const { write(LogLevel::kError, m, f); }

}  // namespace raykeep
