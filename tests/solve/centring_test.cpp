#include "arete/solve/centring.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "arete/core/error.hpp"
#include "reference/data_set.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

constexpr auto every_row = [](std::size_t) { return true; };

double largest(const reference::Rows& rows) {
  long double result = 0;
  for (const auto& row : rows) {
    for (const auto value : row) result = std::max(result, std::abs(value));
  }
  return static_cast<double>(result);
}

void expect_close(const CentredSystem& system, const reference::System& expected, double relative) {
  const double gram_scale = largest(expected.gram);
  const double right_scale = largest(expected.right_hand_side);
  for (std::size_t i = 0; i < system.gram.rows(); ++i) {
    for (std::size_t j = i; j < system.gram.columns(); ++j) {
      ASSERT_NEAR(system.gram(i, j), static_cast<double>(expected.gram[i][j]),
                  relative * gram_scale);
    }
  }
  for (std::size_t k = 0; k < system.right_hand_side.rows(); ++k) {
    for (std::size_t j = 0; j < system.gram.columns(); ++j) {
      ASSERT_NEAR(system.right_hand_side(k, j), static_cast<double>(expected.right_hand_side[k][j]),
                  relative * right_scale);
    }
  }
}

TEST(Centring, AgreesWithCentringTheRows) {
  for (const ElementType type : {ElementType::uint8, ElementType::int16, ElementType::float64}) {
    const auto data = reference::random_data(type, 120, 17, 3, 4);
    expect_close(centre(reference::moments(data), 2),
                 reference::centre(data, Centring::standard, every_row), 1e-14);
  }
}

TEST(Centring, OnTheMeanOfAllRowsAgreesWithThePublishedProtocol) {
  for (const ElementType type : {ElementType::uint8, ElementType::float64}) {
    const auto data = reference::random_data(type, 150, 12, 4, 9);
    const auto first = [](std::size_t row) { return row < 110; };
    ColumnTotals totals;
    add(totals, reference::moments(data));
    expect_close(centre_on(reference::moments(data, first), totals, 2),
                 reference::centre(data, Centring::odyssey, first), 1e-14);
  }
}

TEST(Centring, IsRoundedTwiceAtMost) {
  // n C_ij in 128-bit integers, beyond what 64 bits hold, then one conversion and one division.
  Moments moments = empty_moments(2, {"a", "b"});
  moments.rows = 4'000'000'007;
  moments.class_counts = {4'000'000'006, 1};
  moments.gram(0, 0) = 9'007'199'254'740'991;
  moments.gram(0, 1) = 9'007'199'254'740'881;
  moments.gram(1, 1) = 9'007'199'254'740'989;
  moments.column_sums = {6'000'000'000'001, 5'999'999'999'993};
  __extension__ using Int128 = __int128;
  const Int128 numerator = static_cast<Int128>(moments.rows) * 9'007'199'254'740'881 -
                           static_cast<Int128>(6'000'000'000'001) * 5'999'999'999'993;
  const CentredSystem system = centre(moments, 1);
  EXPECT_EQ(system.gram(0, 1), static_cast<double>(numerator) / 4'000'000'007.0);
}

TEST(Centring, AConstantIntegerColumnIsExactlyZero) {
  auto data = reference::random_data(ElementType::uint8, 91, 6, 3, 2);
  for (auto& row : data.rows) row[2] = 201;
  const CentredSystem system = centre(reference::moments(data), 1);
  for (std::size_t i = 0; i <= 2; ++i) EXPECT_EQ(system.gram(i, 2), 0);
  for (std::size_t j = 2; j < 6; ++j) EXPECT_EQ(system.gram(2, j), 0);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(system.right_hand_side(k, 2), 0);
}

TEST(Centring, DiagonalIsThatOfTheSystem) {
  for (const bool exact : {true, false}) {
    Moments moments = reference::moments(reference::random_data(ElementType::uint8, 64, 9, 2, 8));
    moments.exact = exact;
    ColumnTotals totals;
    add(totals, moments);
    const CentredSystem system = centre(moments, 1);
    const auto diagonal = centred_diagonal(totals);
    for (std::size_t i = 0; i < 9; ++i) EXPECT_DOUBLE_EQ(diagonal[i], system.gram(i, i));
  }
}

TEST(Centring, OfNoRowsIsRefused) {
  EXPECT_THROW(static_cast<void>(centre(empty_moments(3, {"a", "b"}), 1)), Error);
}

}  // namespace
}  // namespace arete
