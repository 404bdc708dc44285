// SPDX-License-Identifier: Apache-2.0
// Whole files, read with a limit and written so that a crash leaves the old one or the new one, never half of it.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace raykeep {

inline constexpr ErrorCode kFileUnreadable{"file-unreadable", ErrorKind::kInput,
                                           "Check the path and that this user may read it."};
inline constexpr ErrorCode kFileTooLarge{"file-too-large", ErrorKind::kInput, ""};
inline constexpr ErrorCode kFileUnwritable{"file-unwritable", ErrorKind::kEnvironment,
                                           "Check that the directory exists, is writable and has free space."};

// The contents of a regular file or pipe of at most `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit);

// Replaces `path` with `contents` in one step: temporary file beside it, fsync, rename, fsync of the directory.
// The mode and, where permitted, the owner of an existing file are kept; a new one gets `mode`. A symbolic link is followed, not replaced.
Result<void> write_file(const std::string& path, std::string_view contents, unsigned mode = 0600);

}  // namespace raykeep
