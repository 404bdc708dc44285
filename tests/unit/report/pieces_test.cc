// SPDX-License-Identifier: Apache-2.0
#include "report/pieces.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace raykeep::report {
namespace {

TEST(WriteEach, GivesEverythingOnceAndInOrder) {
  for (const std::size_t count : {0U, 1U, 255U, 256U, 257U, 20'000U}) {
    std::string expected, got;
    for (std::size_t i = 0; i < count; ++i) expected += std::to_string(i) + ' ';
    write_each(count, [](std::string& out, std::size_t i) { out += std::to_string(i) + ' '; }, [&](std::string_view piece) { got += piece; });
    EXPECT_EQ(got, expected) << count;
  }
}

TEST(WriteEach, EndsWhenAPieceCannotBeMade) {
  const auto write = [](std::size_t bad) {
    write_each(20'000, [&](std::string& out, std::size_t i) {
      if (i == bad) throw std::runtime_error("no");
      out += 'x';
    }, [](std::string_view) {});
  };
  for (const std::size_t bad : {0U, 300U, 19'999U}) EXPECT_THROW(write(bad), std::runtime_error) << bad;
}

TEST(WriteEach, EndsWhenTheSinkFails) {
  EXPECT_THROW(write_each(20'000, [](std::string& out, std::size_t) { out += 'x'; }, [](std::string_view) { throw std::runtime_error("full"); }), std::runtime_error);
}

}  // namespace
}  // namespace raykeep::report
