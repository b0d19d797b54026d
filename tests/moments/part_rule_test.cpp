#include "arete/moments/part_rule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/expect_error.hpp"

namespace arete {
namespace {

using test::expect_error;
using Kind = PartRule::Kind;

TEST(RowHash, HasTheStatedValues) {
  EXPECT_EQ(row_hash(0, 0), 0xa706dd2f4d197e6fU);
  EXPECT_EQ(row_hash(0, 1), 0x08b4fda8c892b50eU);
  EXPECT_EQ(row_hash(7, 123456789012U), 0xf040fa6ce1a856beU);
}

TEST(Holdout, TakesTheStatedNumberOfRows) {
  const PartRule rule = holdout_rule(0.2, 0);
  int held_out = 0;
  for (std::uint64_t row = 0; row < 60000; ++row) held_out += part_of(rule, row);
  EXPECT_EQ(held_out, 12069);
}

TEST(Holdout, FollowsTheHashAtTheEndsOfTheInterval) {
  const auto next_to_one = std::nextafter(1.0, 0.0);
  const auto smallest = std::numeric_limits<double>::denorm_min();
  for (std::uint64_t row = 0; row < 1000; ++row) {
    EXPECT_EQ(part_of(holdout_rule(next_to_one, 0), row), 1);
    EXPECT_EQ(part_of(holdout_rule(smallest, 0), row), 0);
  }
}

TEST(HoldoutLast, TakesTheLastRowsToTheNearest) {
  EXPECT_EQ(holdout_last_rule(0.2, {0, 60000}).first_held_out, 48000U);
  EXPECT_EQ(holdout_last_rule(0.2, {100, 113}).first_held_out, 110U);
  const PartRule rule = holdout_last_rule(0.5, {4, 8});
  EXPECT_EQ(part_of(rule, 5), 0);
  EXPECT_EQ(part_of(rule, 6), 1);
}

TEST(HoldoutLast, NeedsRowsOnBothSides) {
  expect_error(ErrorKind::usage, "0 to score and 2 to train on", [] {
    return holdout_last_rule(0.2, {0, 2});
  });
  expect_error(ErrorKind::usage, "1 to score and 0 to train on", [] {
    return holdout_last_rule(0.9, {5, 6});
  });
  expect_error(ErrorKind::usage, "0 rows", [] { return holdout_last_rule(0.5, {5, 5}); });
}

TEST(Folds, AreTheHighBitsOfTheHashTimesTheirNumber) {
  const PartRule rule = folds_rule(5, 3);
  std::vector<int> sizes(5);
  for (std::uint64_t row = 0; row < 10000; ++row) {
    const int part = part_of(rule, row);
    const long double exact = std::floor(row_hash(3, row) * 5.0L / 0x1p64L);
    ASSERT_EQ(part, static_cast<int>(exact));
    ++sizes[static_cast<std::size_t>(part)];
  }
  for (const int size : sizes) EXPECT_NEAR(size, 2000, 200);
}

TEST(PartRule, StatesItsPartsAndWhichAreHeldOut) {
  EXPECT_EQ(part_count({}), 1);
  EXPECT_EQ(part_of({}, 77), 0);
  EXPECT_EQ(held_out_parts({}), std::vector<int>{});
  EXPECT_EQ(part_count(holdout_rule(0.2, 0)), 2);
  EXPECT_EQ(held_out_parts(holdout_rule(0.2, 0)), std::vector<int>{1});
  EXPECT_EQ(held_out_parts(holdout_last_rule(0.2, {0, 10})), std::vector<int>{1});
  EXPECT_EQ(part_count(folds_rule(3, 0)), 3);
  EXPECT_EQ(held_out_parts(folds_rule(3, 0)), (std::vector<int>{0, 1, 2}));
}

TEST(PartRule, IsRefusedOutOfRange) {
  for (const double fraction : {0.0, 1.0, -0.1, 2.0, std::nan(""), HUGE_VAL}) {
    expect_error(ErrorKind::usage, "between 0 and 1", [&] { return holdout_rule(fraction, 0); });
    expect_error(ErrorKind::usage, "between 0 and 1", [&] {
      return holdout_last_rule(fraction, {0, 10});
    });
  }
  expect_error(ErrorKind::usage, "folds is 1", [] { return folds_rule(1, 0); });
  expect_error(ErrorKind::usage, "folds is -3", [] { return folds_rule(-3, 0); });
}

TEST(PartRule, IsValidWithTheValuesOfItsKindOnly) {
  EXPECT_TRUE(is_valid({}));
  EXPECT_TRUE(is_valid(holdout_rule(0.2, 9)));
  EXPECT_TRUE(is_valid(holdout_last_rule(0.2, {0, 10})));
  EXPECT_TRUE(is_valid(folds_rule(2, 9)));
  EXPECT_FALSE(is_valid({.kind = Kind::none, .seed = 1}));
  EXPECT_FALSE(is_valid({.kind = Kind::holdout, .fraction = 1.5}));
  EXPECT_FALSE(is_valid({.kind = Kind::holdout, .fraction = std::nan("")}));
  EXPECT_FALSE(is_valid({.kind = Kind::holdout, .fraction = 0.5, .folds = 2}));
  EXPECT_FALSE(is_valid({.kind = Kind::holdout_last, .seed = 1}));
  EXPECT_FALSE(is_valid({.kind = Kind::folds, .folds = 1}));
  EXPECT_FALSE(is_valid({.kind = static_cast<Kind>(4)}));
}

TEST(PartRule, DescribesItself) {
  EXPECT_EQ(describe(holdout_rule(0.2, 0)), "hold-out of 0.2, seed 0");
  EXPECT_EQ(describe(holdout_last_rule(0.2, {0, 10})), "hold-out from row 8 on");
  EXPECT_EQ(describe(folds_rule(5, 7)), "5 folds, seed 7");
  EXPECT_EQ(describe({}), "one part");
}

}  // namespace
}  // namespace arete
