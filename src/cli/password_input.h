// SPDX-License-Identifier: Apache-2.0
// Passwords from a person at a terminal, without echo, or from standard input.
#pragma once

#include "core/result.h"
#include "core/secret.h"

namespace raykeep::cli {

inline constexpr ErrorCode kPasswordInput{"password-input", ErrorKind::kInput,
                                          "Run it in a terminal, or give the password on standard input with --stdin."};

// Asks twice and compares.
Result<Secret> ask_new_password();
// Asks once.
Result<Secret> ask_password();
// The first line of standard input.
Result<Secret> read_password_line();

}  // namespace raykeep::cli
