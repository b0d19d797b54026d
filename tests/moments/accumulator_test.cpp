#include "arete/moments/accumulator.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/expect_error.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"
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

class IntegerMoments : public ::testing::TestWithParam<std::tuple<Case, IntegerKernel>> {};

TEST_P(IntegerMoments, AreThoseOfTheReferenceToTheBit) {
  const auto [c, kernel] = GetParam();
  if (kernel == IntegerKernel::vnni && !has_int8_products()) {
    GTEST_SKIP() << "this CPU has no AVX-512 VNNI";
  }
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

// Feature counts around the kernel's tile (8) and panel (32), row counts around its groups of 4.
INSTANTIATE_TEST_SUITE_P(
    Shapes, IntegerMoments,
    ::testing::Combine(
        ::testing::Values(Case{ElementType::uint8, 1, 5}, Case{ElementType::uint8, 7, 64},
                          Case{ElementType::uint8, 8, 1}, Case{ElementType::uint8, 31, 130},
                          Case{ElementType::uint8, 32, 2}, Case{ElementType::uint8, 33, 3},
                          Case{ElementType::uint8, 300, 601}, Case{ElementType::int8, 1, 5},
                          Case{ElementType::int8, 33, 131}, Case{ElementType::int8, 100, 602}),
        ::testing::Values(IntegerKernel::vnni, IntegerKernel::float64)));

TEST(Accumulator, SumsInt16Exactly) {
  const DataSet data = reference::random_data(ElementType::int16, 500, 40, 3, 1);
  reference::expect_identical(accumulate(data, IntegerKernel::automatic, 2),
                              reference::moments(data));
}

TEST(Accumulator, ExtremeBytesDoNotOverflowTheInt32Sums) {
  // Both factors at their largest, for more rows than one int32 sum can take.
  for (const ElementType type : {ElementType::uint8, ElementType::int8}) {
    DataSet data{type, 9, {"a", "b"}, {}, {}};
    const double extreme = type == ElementType::uint8 ? 255 : -128;
    data.rows.assign(Int8Gram::most_rows + 500, std::vector<double>(9, extreme));
    data.labels.assign(data.rows.size(), 1);
    const Moments moments = accumulate(data, IntegerKernel::automatic, 2);
    const double rows = static_cast<double>(data.rows.size());
    EXPECT_EQ(moments.gram(0, 8), extreme * extreme * rows);
    EXPECT_EQ(moments.gram(8, 8), extreme * extreme * rows);
    EXPECT_EQ(moments.class_sums(1, 4), extreme * rows);
    EXPECT_EQ(moments.class_sums(0, 4), 0);
  }
}

TEST(Accumulator, PixelsStoredAsFloatsGiveTheBytesOfPixels) {
  for (const ElementType integer : {ElementType::uint8, ElementType::int8, ElementType::int16}) {
    const DataSet data = reference::random_data(integer, 333, 50, 4, 3);
    const Moments expected = accumulate(data, IntegerKernel::automatic, 2);
    for (const ElementType type : {ElementType::float32, ElementType::float64}) {
      for (const IntegerKernel kernel : {IntegerKernel::automatic, IntegerKernel::float64}) {
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

TEST(Accumulator, TheVnniKernelIsRefusedWhereTheCpuLacksIt) {
  if (has_int8_products()) GTEST_SKIP() << "this CPU has AVX-512 VNNI";
  EXPECT_THROW(Accumulator(2, {"a", "b"}, ElementType::uint8, IntegerKernel::vnni), Error);
}

}  // namespace
}  // namespace arete
