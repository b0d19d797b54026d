#include "arete/moments/accumulator.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/expect_error.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"
#include "reference/kernels.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

using reference::DataSet;

/// The groups a session would make of consecutive rows, at most `shard` each.
struct Groups {
  RowBlock block;
  std::vector<RowGroup> groups;

  Groups(const DataSet& data, std::size_t shard) {
    reference::open(data)->read({0, data.rows.size()}, block);
    for (std::size_t i = 0; i < block.rows; ++i) {
      if (i % shard == 0) groups.push_back({block.type, block.features, {}, {}, {}});
      groups.back().rows.push_back(block.row(i));
      groups.back().labels.push_back(block.labels[i]);
      groups.back().numbers.push_back(i);
    }
  }
};

Moments accumulate(const DataSet& data, IntegerKernel kernel, int threads, std::size_t shard = 2048,
                   std::size_t teams = 2) {
  const Groups groups(data, shard);
  Accumulator accumulator(data.features, data.classes, data.type, kernel);
  AccumulatorWorkspace workspace(data.features, data.classes.size(), teams);
  accumulator.add(groups.groups, "memory", workspace, threads);
  return clone(accumulator.moments(threads));
}

struct Case {
  ElementType type;
  std::size_t features;
  std::size_t rows;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.rows << "x" << c.features << " " << name_of(c.type);
}

class IntegerMoments : public ::testing::TestWithParam<std::tuple<Case, IntegerKernel>> {};

TEST_P(IntegerMoments, AreThoseOfTheReferenceToTheBit) {
  const auto [c, kernel] = GetParam();
  if (!reference::has(kernel)) GTEST_SKIP() << "this CPU lacks the instructions";
  const DataSet data = reference::random_data(c.type, c.rows, c.features, 3, 7);
  const Moments expected = reference::moments(data);
  for (const int threads : {1, 2, 3}) {
    for (const std::size_t shard : {std::size_t{2048}, std::size_t{97}, std::size_t{3}}) {
      for (const std::size_t teams : {std::size_t{1}, std::size_t{3}}) {
        reference::expect_identical(accumulate(data, kernel, threads, shard, teams), expected);
      }
    }
  }
}

constexpr IntegerKernel every_kernel[] = {IntegerKernel::amx, IntegerKernel::vnni,
                                          IntegerKernel::avx2, IntegerKernel::float64};

// Feature counts around the kernels' tiles (32, 8, 4), panels (32, 24) and shares of panels (256,
// 240); row counts around their groups (64, 4, 2) and blocks (512, 256).
INSTANTIATE_TEST_SUITE_P(
    Shapes, IntegerMoments,
    ::testing::Combine(
        ::testing::Values(Case{ElementType::uint8, 1, 5}, Case{ElementType::uint8, 7, 64},
                          Case{ElementType::uint8, 8, 1}, Case{ElementType::uint8, 31, 130},
                          Case{ElementType::uint8, 32, 2}, Case{ElementType::uint8, 33, 3},
                          Case{ElementType::uint8, 23, 257}, Case{ElementType::uint8, 24, 255},
                          Case{ElementType::uint8, 25, 4}, Case{ElementType::uint8, 300, 601},
                          Case{ElementType::uint8, 1, 1}, Case{ElementType::int8, 1, 5},
                          Case{ElementType::int8, 24, 1}, Case{ElementType::int8, 33, 131},
                          Case{ElementType::int8, 100, 602}, Case{ElementType::uint8, 65, 63},
                          Case{ElementType::uint8, 40, 1025}, Case{ElementType::int8, 64, 65},
                          Case{ElementType::uint8, 96, 512}, Case{ElementType::int8, 289, 513}),
        ::testing::ValuesIn(every_kernel)));

TEST(Accumulator, SumsInt16Exactly) {
  const DataSet data = reference::random_data(ElementType::int16, 500, 40, 3, 1);
  reference::expect_identical(accumulate(data, IntegerKernel::automatic, 2),
                              reference::moments(data));
}

/// The columns' values alternate; every row is the same.
struct Extreme {
  ElementType type;
  double even;
  double odd;
};

void PrintTo(const Extreme& extreme, std::ostream* out) {
  *out << name_of(extreme.type) << " " << extreme.even << " and " << extreme.odd;
}

class ExtremeBytes : public ::testing::TestWithParam<std::tuple<Extreme, IntegerKernel>> {};

TEST_P(ExtremeBytes, DoNotOverflowTheInt32Sums) {
  const auto [extreme, kernel] = GetParam();
  if (!reference::has(kernel)) GTEST_SKIP() << "this CPU lacks the instructions";
  constexpr std::size_t rows = 66'101;  // more than one int32 sum can take, and odd
  DataSet data{extreme.type, 9, {"a", "b"}, {}, {}};
  std::vector<double> row;
  for (std::size_t j = 0; j < data.features; ++j) {
    row.push_back(j % 2 == 0 ? extreme.even : extreme.odd);
  }
  data.rows.assign(rows, row);
  data.labels.assign(rows, 1);
  for (const std::size_t teams : {std::size_t{1}, std::size_t{2}}) {
    const Moments moments = accumulate(data, kernel, 2, 2048, teams);
    for (std::size_t i = 0; i < data.features; ++i) {
      EXPECT_EQ(moments.class_sums(0, i), 0);
      EXPECT_EQ(moments.class_sums(1, i), row[i] * rows);
      for (std::size_t j = i; j < data.features; ++j) {
        EXPECT_EQ(moments.gram(i, j), row[i] * row[j] * rows) << i << ", " << j;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Values, ExtremeBytes,
                         ::testing::Combine(::testing::Values(Extreme{ElementType::uint8, 255, 255},
                                                              Extreme{ElementType::uint8, 255, 0},
                                                              Extreme{ElementType::uint8, 0, 0},
                                                              Extreme{ElementType::int8, -128,
                                                                      -128},
                                                              Extreme{ElementType::int8, 127, 127},
                                                              Extreme{ElementType::int8, -128, 127},
                                                              Extreme{ElementType::int8, 127, 0}),
                                            ::testing::ValuesIn(every_kernel)));

TEST(Accumulator, RowsInManyTurnsGiveTheSumsOfAllAtOnce) {
  // Sums are flushed between turns, and the last turn of each flush has few rows.
  const DataSet data = reference::random_data(ElementType::uint8, 1999, 5, 2, 4);
  const Groups groups(data, 2048);
  for (const IntegerKernel kernel : reference::kernels()) {
    Accumulator accumulator(data.features, data.classes, data.type, kernel);
    AccumulatorWorkspace workspace(data.features, data.classes.size(), 2);
    for (int turn = 0; turn < 40; ++turn) accumulator.add(groups.groups, "memory", workspace, 2);
    const Moments expected = reference::moments(data);
    const Moments& moments = accumulator.moments(2);
    EXPECT_EQ(moments.rows, 40 * expected.rows);
    for (std::size_t i = 0; i < data.features; ++i) {
      for (std::size_t j = i; j < data.features; ++j) {
        EXPECT_EQ(moments.gram(i, j), 40 * expected.gram(i, j));
      }
    }
  }
}

TEST(Accumulator, PixelsStoredAsFloatsGiveTheBytesOfPixels) {
  for (const ElementType integer : {ElementType::uint8, ElementType::int8, ElementType::int16}) {
    const DataSet data = reference::random_data(integer, 333, 50, 4, 3);
    const Moments expected = accumulate(data, IntegerKernel::automatic, 2);
    for (const ElementType type : {ElementType::float32, ElementType::float64}) {
      for (const IntegerKernel kernel : reference::kernels()) {
        reference::expect_identical(accumulate(reference::as_type(data, type), kernel, 2),
                                    expected);
      }
    }
  }
}

TEST(Accumulator, FloatSumsAreCloseToTheReference) {
  for (const ElementType type : {ElementType::float32, ElementType::float64}) {
    const DataSet data = reference::random_data(type, 700, 30, 3, 5);
    const Moments moments = accumulate(data, IntegerKernel::automatic, 2, 128);
    EXPECT_FALSE(moments.exact);
    reference::expect_close(moments, reference::moments(data), 1e-14);
  }
}

TEST(Accumulator, ThreadsDoNotChangeABitOfFloatSums) {
  // Below and above the size from which threads share each group.
  for (const std::size_t features : {std::size_t{70}, Float64Gram::most_shared_features + 30}) {
    const DataSet data = reference::random_data(ElementType::float32, 300, features, 2, 11);
    const Moments expected = accumulate(data, IntegerKernel::automatic, 1, 64);
    for (const int threads : {2, 3, 5}) {
      reference::expect_identical(accumulate(data, IntegerKernel::automatic, threads, 64),
                                  expected);
    }
  }
}

TEST(Accumulator, StripsGiveTheSumsOfTheReference) {
  const std::size_t features = Float64Gram::most_shared_features + 3;
  const DataSet data = reference::random_data(ElementType::int16, 9, features, 2, 2);
  reference::expect_identical(accumulate(data, IntegerKernel::automatic, 2),
                              reference::moments(data));
}

TEST(Accumulator, NamesTheFirstValueThatIsNotFinite) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    for (const ElementType type : {ElementType::float32, ElementType::float64}) {
      DataSet data = reference::random_data(type, 50, 20, 2, 1);
      data.rows[31][17] = bad;
      data.rows[40][3] = bad;
      test::expect_error(ErrorKind::input, "memory: row 31, column 17",
                         [&] { return accumulate(data, IntegerKernel::automatic, 2, 8); });
      // Once the sums are rounded, values are looked at only when the sums show a bad one.
      data.rows[2][5] = 0.5;
      const Groups groups(data, 8);
      Accumulator accumulator(data.features, data.classes, type, IntegerKernel::automatic);
      AccumulatorWorkspace workspace(data.features, data.classes.size(), 2);
      accumulator.add(std::span(groups.groups).first(1), "memory", workspace, 2);
      EXPECT_FALSE(accumulator.moments(2).exact);
      test::expect_error(ErrorKind::input, "memory: row 31, column 17", [&] {
        accumulator.add(std::span(groups.groups).subspan(1), "memory", workspace, 2);
      });
    }
  }
}

TEST(Accumulator, IntegersBeyondTheExactLimitAreRefused) {
  DataSet data{ElementType::int16, 2, {"a", "b"}, {{1, 2}, {3, 4}}, {0, 1}};
  Accumulator accumulator(2, data.classes, data.type, IntegerKernel::automatic);
  Moments huge = empty_moments(2, data.classes);
  huge.rows = 1;
  huge.class_counts = {1, 0};
  huge.gram(0, 0) = exact_limit - 1;
  accumulator.add(huge, 1);
  const Groups groups(data, 8);
  AccumulatorWorkspace workspace(2, 2, 1);
  EXPECT_THROW(accumulator.add(groups.groups, "memory", workspace, 1), Error);
}

TEST(Accumulator, FloatsThatAreIntegersLeaveTheExactPathBeyondTheLimit) {
  DataSet data{ElementType::float64, 2, {"a", "b"}, {{1000, 2}, {3, 4}}, {0, 1}};
  Accumulator accumulator(2, data.classes, data.type, IntegerKernel::automatic);
  Moments huge = empty_moments(2, data.classes);
  huge.gram(0, 0) = exact_limit - 1;
  accumulator.add(huge, 1);
  EXPECT_TRUE(accumulator.moments(1).exact);
  const Groups groups(data, 8);
  AccumulatorWorkspace workspace(2, 2, 1);
  accumulator.add(groups.groups, "memory", workspace, 1);
  EXPECT_FALSE(accumulator.moments(1).exact);
}

TEST(Accumulator, AKernelThatTheCpuLacksIsRefused) {
  for (const IntegerKernel kernel : every_kernel) {
    if (reference::has(kernel)) continue;
    test::expect_error(ErrorKind::unavailable, "kernel was asked for", [&] {
      return Accumulator(2, {"a", "b"}, ElementType::uint8, kernel);
    });
  }
}

}  // namespace
}  // namespace arete
