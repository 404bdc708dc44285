// SPDX-License-Identifier: Apache-2.0
// One command = one file = one Command. Help, the command list and docs/commands.md derive from the declaration.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string_view>

#include "core/error.h"

namespace raykeep::cli {

// Exit statuses, the same for every command.
inline constexpr int kExitOk = 0;           // nothing to report
inline constexpr int kExitFindings = 1;     // findings, or a refusal
inline constexpr int kExitUsage = 2;        // wrong usage or unreadable input
inline constexpr int kExitEnvironment = 3;  // a file, network, program or permission failed

// What a parsed command line will do; returns the exit status.
using Action = std::function<int()>;

struct Command {
  std::string_view name;
  std::string_view summary;  // one line, for the list
  std::string_view details;  // what it does, and at least one real example
  // Declares options and subcommands on `app`; their callbacks set `action`. Values live in shared state owned by the
  // callbacks, since parsing ends before the action runs.
  void (*declare)(CLI::App& app, Action& action);
};

// Prints the error on standard error as "raykeep: <text>" and gives the exit status of its kind.
int report(const Error& error);

}  // namespace raykeep::cli
