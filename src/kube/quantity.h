// SPDX-License-Identifier: Apache-2.0
// Resource quantities (apimachinery api/resource): "500m", "1.5Gi", "2e3", 4.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "document/node.h"

namespace raykeep::kube {

// An exact amount; the smallest is a billionth, which is also what Kubernetes keeps.
class Quantity {
 public:
  __extension__ using Nano = __int128;
  constexpr Quantity() = default;
  static constexpr Quantity of(long long units) { return Quantity(static_cast<Nano>(units) * kBillion); }
  // Nothing when it is no quantity or larger than 2^63.
  static std::optional<Quantity> parse(std::string_view text);
  static std::optional<Quantity> from(const document::Node& node);

  bool is_zero() const { return nano_ == 0; }
  bool is_negative() const { return nano_ < 0; }
  // Whole units, rounded up, as Quantity.Value() of Kubernetes.
  long long units_rounded_up() const;
  double as_double() const { return static_cast<double>(nano_) / static_cast<double>(kBillion); }
  Quantity operator+(const Quantity& other) const { return Quantity(nano_ + other.nano_); }
  Quantity operator-(const Quantity& other) const { return Quantity(nano_ - other.nano_); }
  Quantity operator*(long long factor) const { return Quantity(nano_ * factor); }
  Quantity& operator+=(const Quantity& other) { return *this = *this + other; }
  auto operator<=>(const Quantity&) const = default;
  // For people: "500m", "3", "1536Mi". Binary suffixes for whole numbers of Ki and more when `binary`.
  std::string text(bool binary = false) const;

 private:
  static constexpr Nano kBillion = 1'000'000'000;
  constexpr explicit Quantity(Nano nano) : nano_(nano) {}
  Nano nano_ = 0;
};

}  // namespace raykeep::kube
