// SPDX-License-Identifier: Apache-2.0
#include "core/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace raykeep {
namespace {

constexpr ErrorCode kOdd{"odd-number", ErrorKind::kInput, "Give an even number."};
constexpr ErrorCode kPlain{"plain", ErrorKind::kRefused, ""};

Result<int> half(int number) {
  if (number % 2 != 0) return fail(kOdd, "3 is odd", {"numbers.txt", 4, 2});
  return number / 2;
}
Result<int> quarter(int number) {
  RK_TRY(const int once, half(number));
  RK_TRY(const int twice, half(once));
  return twice;
}
Result<void> must_be_even(int number, int& reached) {
  RK_TRY_VOID(half(number).map([](int) {}));
  ++reached;
  return {};
}
Result<std::unique_ptr<int>> owned(int number) {
  RK_TRY(const int value, half(number));
  return std::make_unique<int>(value);
}
Result<int> through_move(int number) {
  RK_TRY(auto pointer, owned(number));
  return *pointer;
}

TEST(Result, GoesOnWithTheValue) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(through_move(8).value(), 4);
  int reached = 0;
  EXPECT_TRUE(must_be_even(8, reached));
  EXPECT_EQ(reached, 1);
}

TEST(Result, ReturnsTheFirstErrorWhole) {
  int reached = 0;
  for (const Error& error : {quarter(3).error(), quarter(6).error(), through_move(3).error(), must_be_even(3, reached).error()}) {
    EXPECT_EQ(&error.code(), &kOdd);
    EXPECT_EQ(error.message(), "3 is odd");
    ASSERT_TRUE(error.at());
    EXPECT_EQ(error.at()->line, 4U);
  }
  EXPECT_EQ(reached, 0);
}

struct TextCase {
  Error error;
  std::string_view text;
};

TEST(ErrorText, SaysWhereWhatWhichAndWhatToDo) {
  const TextCase cases[] = {
      {Error(kOdd, "3 is odd", {"n.txt", 4, 2}), "n.txt:4:2: 3 is odd [odd-number]\n  Give an even number."},
      {Error(kOdd, "3 is odd", {"n.txt", 4, 0}), "n.txt:4: 3 is odd [odd-number]\n  Give an even number."},
      {Error(kOdd, "3 is odd", {"n.txt", 0, 0}), "n.txt: 3 is odd [odd-number]\n  Give an even number."},
      // A column without a line says nothing.
      {Error(kOdd, "3 is odd", {"n.txt", 0, 7}), "n.txt: 3 is odd [odd-number]\n  Give an even number."},
      {Error(kOdd, "3 is odd"), "3 is odd [odd-number]\n  Give an even number."},
      {Error(kPlain, "no"), "no [plain]"},
  };
  for (const TextCase& c : cases) EXPECT_EQ(c.error.text(), c.text);
}

TEST(ErrorText, CanBeSeenFromFurtherOut) {
  const Error error = Error(kPlain, "no", {"n.txt", 1, 1}).in("reading the numbers").in("starting");
  EXPECT_EQ(error.text(), "n.txt:1:1: starting: reading the numbers: no [plain]");
  EXPECT_EQ(&error.code(), &kPlain);
}

}  // namespace
}  // namespace raykeep
