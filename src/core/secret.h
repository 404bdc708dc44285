// SPDX-License-Identifier: Apache-2.0
// A string that must never be printed: no stream or fmt operator, wiped when it dies.
#pragma once

#include <string>
#include <string_view>

namespace raykeep {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  // The only way to the text; each use is a place to review.
  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace raykeep
