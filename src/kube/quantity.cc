// SPDX-License-Identifier: Apache-2.0
#include "kube/quantity.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace raykeep::kube {
namespace {

using Nano = Quantity::Nano;

constexpr Nano kLargest = static_cast<Nano>(INT64_MAX) * 1'000'000'000;
constexpr int kNanoDigits = 9;

struct Suffix {
  std::string_view text;
  int decimal;  // power of ten
  int binary;   // power of two
};
constexpr std::array kSuffixes{
    Suffix{"", 0, 0},   Suffix{"n", -9, 0}, Suffix{"u", -6, 0}, Suffix{"m", -3, 0},  Suffix{"k", 3, 0},
    Suffix{"M", 6, 0},  Suffix{"G", 9, 0},  Suffix{"T", 12, 0}, Suffix{"P", 15, 0},  Suffix{"E", 18, 0},
    Suffix{"Ki", 0, 10}, Suffix{"Mi", 0, 20}, Suffix{"Gi", 0, 30}, Suffix{"Ti", 0, 40}, Suffix{"Pi", 0, 50},
    Suffix{"Ei", 0, 60},
};

std::optional<Suffix> read_suffix(std::string_view text) {
  for (const Suffix& known : kSuffixes) {
    if (known.text == text) return known;
  }
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (problem != std::errc() || end != text.data() + text.size() || exponent < -18 || exponent > 18) return std::nullopt;
  return Suffix{"e", exponent, 0};
}

// value * 10^power, rounded away from zero below a billionth; nothing beyond the largest.
std::optional<Nano> scale_decimal(Nano value, int power) {
  for (; power > 0; --power) {
    value *= 10;
    if (value > kLargest) return std::nullopt;
  }
  bool rest = false;
  for (; power < 0; ++power) {
    rest = rest || value % 10 != 0;
    value /= 10;
  }
  return value + (rest ? 1 : 0);
}

}  // namespace

std::optional<Quantity> Quantity::parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::size_t i = 0;
  Nano digits = 0;
  int fraction = 0;
  bool point = false;
  std::size_t count = 0;
  for (; i < text.size() && (std::isdigit(static_cast<unsigned char>(text[i])) != 0 || (text[i] == '.' && !point)); ++i) {
    if (text[i] == '.') {
      point = true;
      continue;
    }
    ++count;
    if (fraction >= 2 * kNanoDigits) continue;
    digits = digits * 10 + (text[i] - '0');
    if (point) ++fraction;
    if (digits > kLargest) return std::nullopt;
  }
  const auto suffix = read_suffix(text.substr(i));
  if (count == 0 || !suffix) return std::nullopt;
  if (digits > kLargest >> suffix->binary) return std::nullopt;
  const auto nano = scale_decimal(digits << suffix->binary, suffix->decimal - fraction + kNanoDigits);
  if (!nano || *nano > kLargest) return std::nullopt;
  return Quantity(negative ? -*nano : *nano);
}

std::optional<Quantity> Quantity::from(const document::Node& node) {
  return node.is_string() || node.is_number() ? parse(node.text()) : std::nullopt;
}

long long Quantity::units_rounded_up() const {
  const Nano whole = nano_ / kBillion;
  return static_cast<long long>(nano_ > whole * kBillion ? whole + 1 : whole);
}

std::string Quantity::text(bool binary) const {
  const Nano whole = nano_ / kBillion;
  if (whole * kBillion != nano_) {
    const Nano milli = nano_ / 1'000'000;
    if (milli * 1'000'000 == nano_) return std::to_string(static_cast<long long>(milli)) + "m";
    return std::to_string(static_cast<long long>(nano_)) + "n";
  }
  auto value = static_cast<long long>(whole);
  if (!binary || value == 0) return std::to_string(value);
  static constexpr std::array<std::string_view, 6> kBinary{"", "Ki", "Mi", "Gi", "Ti", "Pi"};
  std::size_t power = 0;
  while (value % 1024 == 0 && power + 1 < kBinary.size()) {
    value /= 1024;
    ++power;
  }
  return std::to_string(value) + std::string(kBinary[power]);
}

}  // namespace raykeep::kube
