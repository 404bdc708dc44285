// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. No exception crosses a folder.
#pragma once

#include <tl/expected.hpp>

#include "core/error.h"

namespace raykeep {

template <typename T>
using Result = tl::expected<T, Error>;

// RK_TRY(auto x, f()) gives x the value of f() or returns its error. RK_TRY_VOID(f()) is the same for Result<void>.
#define RK_CONCAT_INNER(a, b) a##b
#define RK_CONCAT(a, b) RK_CONCAT_INNER(a, b)
#define RK_TRY_IMPL(result, declaration, expression)            \
  auto result = (expression);                                   \
  if (!result) return tl::make_unexpected(std::move(result).error()); \
  declaration = std::move(*result)
#define RK_TRY(declaration, ...) RK_TRY_IMPL(RK_CONCAT(rk_result_, __LINE__), declaration, (__VA_ARGS__))
#define RK_TRY_VOID(...)                                                  \
  do {                                                                    \
    auto rk_result = (__VA_ARGS__);                                       \
    if (!rk_result) return tl::make_unexpected(std::move(rk_result).error()); \
  } while (false)

inline tl::unexpected<Error> fail(const ErrorCode& code, std::string message) {
  return tl::make_unexpected(Error(code, std::move(message)));
}
inline tl::unexpected<Error> fail(const ErrorCode& code, std::string message, SourcePosition at) {
  return tl::make_unexpected(Error(code, std::move(message), std::move(at)));
}

}  // namespace raykeep
