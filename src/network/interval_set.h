// SPDX-License-Identifier: Apache-2.0
// A set of ordered values held as ranges: ports, addresses. Ranges are sorted, never touch and never overlap, so equal
// sets are equal values.
#pragma once

#include <algorithm>
#include <compare>
#include <vector>

namespace raykeep::network {

template <typename T>
struct Interval {
  T first{};
  T last{};  // inclusive
  auto operator<=>(const Interval&) const = default;
};

// T is ordered and has next(T) and previous(T), found by the namespace of T or declared before use.
template <typename T>
class IntervalSet {
 public:
  using Range = Interval<T>;

  IntervalSet() = default;
  explicit IntervalSet(Range range) : ranges_{range} {}

  bool empty() const { return ranges_.empty(); }
  const std::vector<Range>& ranges() const { return ranges_; }
  bool operator==(const IntervalSet&) const = default;
  auto operator<=>(const IntervalSet&) const = default;

  bool contains(const T& value) const {
    const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), value, [](const T& v, const Range& range) { return v < range.first; });
    return after != ranges_.begin() && !(std::prev(after)->last < value);
  }

  IntervalSet united(const IntervalSet& other) const {
    std::vector<Range> all;
    all.reserve(ranges_.size() + other.ranges_.size());
    std::merge(ranges_.begin(), ranges_.end(), other.ranges_.begin(), other.ranges_.end(), std::back_inserter(all));
    IntervalSet out;
    for (const Range& range : all) out.append(range);
    return out;
  }

  IntervalSet intersected(const IntervalSet& other) const {
    IntervalSet out;
    auto a = ranges_.begin();
    auto b = other.ranges_.begin();
    while (a != ranges_.end() && b != other.ranges_.end()) {
      const T first = std::max(a->first, b->first);
      const T last = std::min(a->last, b->last);
      if (!(last < first)) out.ranges_.push_back({first, last});
      if (a->last < b->last) {
        ++a;
      } else {
        ++b;
      }
    }
    return out;
  }

  IntervalSet without(const IntervalSet& other) const {
    IntervalSet out;
    auto b = other.ranges_.begin();
    for (Range left : ranges_) {
      while (b != other.ranges_.end() && b->last < left.first) ++b;
      bool used = false;
      for (auto hole = b; hole != other.ranges_.end() && !(left.last < hole->first); ++hole) {
        if (left.first < hole->first) out.ranges_.push_back({left.first, previous(hole->first)});
        if (!(hole->last < left.last)) {
          used = true;
          break;
        }
        left.first = next(hole->last);
      }
      if (!used) out.ranges_.push_back(left);
    }
    return out;
  }

  void add(const Range& range) { *this = united(IntervalSet(range)); }

 private:
  // Precondition: no range so far begins after this one.
  void append(const Range& range) {
    if (ranges_.empty()) {
      ranges_.push_back(range);
      return;
    }
    Range& last = ranges_.back();
    // Either they overlap, or this one begins right behind the last. next() is not asked for the greatest value.
    const bool joins = !(last.last < range.first) || !(next(last.last) < range.first);
    if (!joins) {
      ranges_.push_back(range);
    } else if (last.last < range.last) {
      last.last = range.last;
    }
  }

  std::vector<Range> ranges_;
};

}  // namespace raykeep::network
