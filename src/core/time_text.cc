// SPDX-License-Identifier: Apache-2.0
#include "core/time_text.h"

#include <fmt/chrono.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace raykeep {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits{{{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t kLongestDuration = 36500LL * 86400000;  // a hundred years: far from any overflow

// A number of exactly `width` digits at the start of text, which is then shortened. -1 when there is none.
int take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return -1;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::milliseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return std::chrono::milliseconds{0};
  int value = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
    if (digits < 3) value = value * 10 + (text.front() - '0');
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 3; ++digits) value *= 10;
  return std::chrono::milliseconds{value};
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return std::chrono::minutes{0};
  const bool west = take(text, '-');
  if (!west && !take(text, '+')) return std::nullopt;
  const int hours = take_digits(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ':')) return std::nullopt;
  const int minutes = take_digits(text, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return west ? -offset : offset;
}

}  // namespace

std::string format_time(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds).count();
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), milliseconds);
}

std::optional<Time> parse_time(std::string_view text) {
  const int year = take_digits(text, 4);
  if (!take(text, '-')) return std::nullopt;
  const int month = take_digits(text, 2);
  if (!take(text, '-')) return std::nullopt;
  const int day = take_digits(text, 2);
  if (!take(text, 'T')) return std::nullopt;
  const int hour = take_digits(text, 2);
  if (!take(text, ':')) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (!take(text, ':')) return std::nullopt;
  const int second = take_digits(text, 2);
  const auto fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (year < 0 || month < 0 || day < 0 || !fraction || !offset || !text.empty()) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || year < 1970 || year > 2200) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + *fraction - *offset;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : kUnits) {
    if (suffix != unit.suffix) continue;
    if (count > kLongestDuration / unit.milliseconds) return std::nullopt;
    return std::chrono::milliseconds{count * unit.milliseconds};
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() != 0 && duration.count() % unit.milliseconds == 0) {
      return fmt::format("{}{}", duration.count() / unit.milliseconds, unit.suffix);
    }
  }
  return "0s";
}

}  // namespace raykeep
