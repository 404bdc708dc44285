// SPDX-License-Identifier: Apache-2.0
// Times and durations as people and machines write them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace raykeep {

using Time = std::chrono::system_clock::time_point;

// RFC 3339 in UTC with milliseconds: "2026-11-23T20:45:31.042Z".
std::string format_time(Time time);
// RFC 3339 with "Z" or a numeric offset, with or without a fraction. Nothing when malformed or out of range.
std::optional<Time> parse_time(std::string_view text);

// "30s", "15m", "12h", "7d", "250ms"; one whole number and one unit. Nothing when malformed or negative.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// The same form with the largest unit that loses nothing.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace raykeep
