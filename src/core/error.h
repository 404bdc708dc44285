// SPDX-License-Identifier: Apache-2.0
// What goes wrong, as a value: a stable code with its remedy, a sentence, and the place in the input if there is one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace raykeep {

// Who has to act; decides the exit status of a command (docs/architecture.md, "Exit status").
enum class ErrorKind {
  kInput,        // the user gave something wrong: exit status 2
  kRefused,      // it was understood and refused by a rule: exit status 1
  kEnvironment,  // a file, network, permission or program failed: exit status 3
};

// One kind of failure. Each folder declares its own as `inline constexpr ErrorCode kSomething{...}`, once.
struct ErrorCode {
  std::string_view id;      // plain and never changed: "users-file-line"
  ErrorKind kind;
  std::string_view remedy;  // what the user can do, a sentence; empty when the message says it all
};

// A place in a file. Lines and columns count from 1; 0 means unknown. Columns count bytes.
struct SourcePosition {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
};

class Error {
 public:
  Error(const ErrorCode& code, std::string message) : code_(&code), message_(std::move(message)) {}
  Error(const ErrorCode& code, std::string message, SourcePosition at)
      : code_(&code), message_(std::move(message)), at_(std::move(at)) {}

  const ErrorCode& code() const { return *code_; }
  const std::string& message() const { return message_; }
  const std::optional<SourcePosition>& at() const { return at_; }

  // The same error seen from further out: "reading the users file: <message>".
  Error in(std::string_view what) && {
    message_ = std::string(what) + ": " + message_;
    return std::move(*this);
  }

  // "users.txt:3:1: message [users-file-line]. Remedy." on one line, ready for a person.
  std::string text() const;

 private:
  const ErrorCode* code_;
  std::string message_;
  std::optional<SourcePosition> at_;
};

}  // namespace raykeep
