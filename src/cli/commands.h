// SPDX-License-Identifier: Apache-2.0
// The list of commands, in the order the help shows them. A new command is a file, a line here and a line in CMake.
#pragma once

#include <array>

#include "cli/command.h"

namespace raykeep::cli {

extern const Command kGateway;
extern const Command kPasswd;
extern const Command kToken;
extern const Command kAudit;
extern const Command kScan;
extern const Command kFix;
extern const Command kRules;
extern const Command kExpand;
extern const Command kReach;
extern const Command kTenant;
extern const Command kQuota;
extern const Command kDemo;

inline constexpr std::array kCommands{&kGateway, &kPasswd, &kToken, &kAudit, &kScan, &kFix, &kRules, &kExpand, &kReach, &kTenant, &kQuota, &kDemo};

}  // namespace raykeep::cli
