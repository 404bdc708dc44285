// SPDX-License-Identifier: Apache-2.0
// The program's own log: one line an event on standard error. The audit record is elsewhere (audit/); a failing log never
// stops the service. Values are escaped, so a client cannot forge a line.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace raykeep {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

using LogField = std::pair<std::string_view, std::string>;

class Log {
 public:
  Log(LogLevel least, LogFormat format) : least_(least), format_(format) {}
  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const;

 private:
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const;
  LogLevel least_;
  LogFormat format_;
};

}  // namespace raykeep
