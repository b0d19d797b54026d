#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "arete/moments/moments.hpp"
#include "arete/solve/ridge_path.hpp"
#include "reference/reference.hpp"

namespace arete::reference {

/// Every count and every sum is the same number.
inline void expect_identical(const Moments& a, const Moments& b) {
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.exact, b.exact);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.class_counts, b.class_counts);
  EXPECT_EQ(a.column_sums, b.column_sums);
  EXPECT_TRUE(std::ranges::equal(a.class_sums.span(), b.class_sums.span()));
  for (std::size_t i = 0; i < a.features(); ++i) {
    for (std::size_t j = i; j < a.features(); ++j) {
      ASSERT_EQ(a.gram(i, j), b.gram(i, j)) << "at " << i << ", " << j;
    }
  }
}

/// Sums differ by no more than `relative` of what their terms' magnitudes allow.
inline void expect_close(const Moments& a, const Moments& b, double relative) {
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.class_counts, b.class_counts);
  for (std::size_t i = 0; i < a.features(); ++i) {
    const double scale = std::sqrt(b.gram(i, i) * static_cast<double>(b.rows));
    EXPECT_NEAR(a.column_sums[i], b.column_sums[i], relative * scale);
    for (std::size_t j = i; j < a.features(); ++j) {
      const double product = std::sqrt(b.gram(i, i) * b.gram(j, j));
      ASSERT_NEAR(a.gram(i, j), b.gram(i, j), relative * product) << "at " << i << ", " << j;
    }
  }
}

/// The largest difference of weights, relative to the largest weight.
inline double weight_difference(const Matrix<double>& weights, const Solution& expected) {
  long double difference = 0;
  long double largest = 0;
  for (std::size_t k = 0; k < weights.rows(); ++k) {
    for (std::size_t j = 0; j < weights.columns(); ++j) {
      difference = std::max(difference, std::abs(weights(k, j) - expected.weights[k][j]));
      largest = std::max(largest, std::abs(expected.weights[k][j]));
    }
  }
  const bool finite =
      std::ranges::all_of(weights.span(), [](double w) { return std::isfinite(w); });
  return finite ? static_cast<double>(difference / largest) : INFINITY;
}

}  // namespace arete::reference
