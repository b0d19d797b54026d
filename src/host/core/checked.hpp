#pragma once

#include <concepts>
#include <string_view>

#include "arete/core/error.hpp"

namespace arete {

/// a · b; throws Error (input) naming `what` when the product does not fit.
template <std::unsigned_integral T>
[[nodiscard]] T checked_multiply(T a, T b, std::string_view what) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) {
    fail(ErrorKind::input, "{}: {} x {} is more than this machine can count", what, a, b);
  }
  return product;
}

/// a + b; throws Error (input) naming `what` when the sum does not fit.
template <std::unsigned_integral T>
[[nodiscard]] T checked_add(T a, T b, std::string_view what) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) {
    fail(ErrorKind::input, "{}: {} + {} is more than this machine can count", what, a, b);
  }
  return sum;
}

}  // namespace arete
