// SPDX-License-Identifier: Apache-2.0
// The settings of scan and fix from a command line.
#pragma once

#include <string>
#include <vector>

#include "checks/settings.h"
#include "cli/command.h"

namespace raykeep::cli {

struct ScanOptions {
  std::vector<std::string> paths;
  std::string config;
  std::string profile;
  std::string pod_security;  // "restricted@1.31"
};

void declare_scan_options(CLI::App& app, ScanOptions& options);

// All that is wrong with a configuration is printed. Nothing after an error; `status` is then the exit status.
std::optional<checks::Settings> read_scan_settings(const ScanOptions& options, int& status);

// `raykeep scan` as a command or subcommand, with this profile where no other is given; empty for the configuration's.
void declare_scan(CLI::App& app, Action& action, std::string_view profile);

}  // namespace raykeep::cli
