#include <gtest/gtest.h>

#include <algorithm>

#include "core/expect_error.hpp"
#include "device/moments/part_sums.hpp"
#include "device/moments/row_feed.hpp"
#include "device/small_session.hpp"

namespace arete {
namespace {

using device::Slice;
using device::SliceLayout;
using reference::DataSet;

RowBlock labelled_rows(std::uint64_t first_row, const std::vector<std::int32_t>& labels) {
  RowBlock block;
  block.first_row = first_row;
  block.rows = labels.size();
  block.labels = labels;
  return block;
}

TEST(SliceLayout, SortsByPartThenClassThenNumber) {
  const DataSet data = reference::random_data(ElementType::uint8, 500, 1, 7, 3);
  const PartRule rule = folds_rule(4, 9);
  const SliceLayout layout = device::lay_out(labelled_rows(1000, data.labels), 0, 500, rule, 7);
  ASSERT_EQ(layout.order.size(), 500U);
  std::size_t position = 0;
  for (int part = 0; part < 4; ++part) {
    EXPECT_EQ(layout.begin(part), position);
    for (std::size_t k = 0; k < 7; ++k) {
      std::vector<std::uint32_t> expected;
      for (std::uint32_t r = 0; r < 500; ++r) {
        if (part_of(rule, 1000 + r) == part && data.labels[r] == static_cast<std::int32_t>(k)) {
          expected.push_back(r);
        }
      }
      ASSERT_EQ(layout.rows(part, k), expected.size());
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                             layout.order.begin() + static_cast<std::ptrdiff_t>(position)));
      position += expected.size();
    }
    EXPECT_EQ(layout.end(part), position);
  }
}

TEST(SliceLayout, RefusesLabelsThatAreNoClass) {
  for (const std::int32_t label : {-1, 3}) {
    const RowBlock block = labelled_rows(7, {0, label});
    test::expect_error(ErrorKind::internal, "row 8 has the label",
                       [&] { return device::lay_out(block, 0, 2, {}, 3); });
  }
}

/// Slices as they were visited.
struct Visits {
  std::vector<std::pair<std::uint64_t, std::size_t>> rows;
  std::vector<const std::uint8_t*> memory;

  void operator()(const Slice& slice) {
    rows.emplace_back(slice.first_row, slice.rows);
    memory.push_back(slice.raw.uint8);
  }
};

TEST(RowFeed, CutsSlicesByGlobalNumbers) {
  const auto device = test::host_device();
  const SessionOptions options =
      test::options_for(reference::random_data(ElementType::uint8, 2, 10, 2, 1));
  device::Tuning tuning = test::small_tuning();
  tuning.slice_bytes = 80;  // 8 rows
  device::RowFeed feed(*device, options, tuning, 0);
  RowBlock block;
  reference::open(reference::random_data(ElementType::uint8, 20, 10, 2, 1))->read({0, 20}, block);
  block.first_row = 13;
  Visits visits;
  feed.for_each(block, true, std::ref(visits));
  EXPECT_EQ(visits.rows, (std::vector<std::pair<std::uint64_t, std::size_t>>{
                             {13, 3}, {16, 8}, {24, 8}, {32, 1}}));
  EXPECT_EQ(feed.kept_bytes(), 0U);
}

TEST(RowFeed, KeepsSlicesWhereThereIsRoom) {
  const auto device = test::host_device();
  const DataSet data = reference::random_data(ElementType::uint8, 32, 10, 2, 1);
  const SessionOptions options = test::options_for(data);
  device::Tuning tuning = test::small_tuning();
  tuning.slice_bytes = 80;
  const std::size_t slot = device::RowFeed::slot_bytes(options, tuning);
  device::RowFeed feed(*device, options, tuning, 3 * slot);
  RowBlock block;
  reference::open(data)->read({0, 32}, block);
  Visits first;
  feed.for_each(block, true, std::ref(first));
  EXPECT_EQ(feed.kept_bytes(), 3 * slot);
  Visits second;
  feed.for_each(block, false, std::ref(second));
  EXPECT_EQ(second.rows, first.rows);
  for (int s = 0; s < 3; ++s) EXPECT_EQ(second.memory[s], first.memory[s]) << s;
  feed.forget();
  EXPECT_EQ(feed.kept_bytes(), 0U);
  Visits third;
  feed.for_each(block, false, std::ref(third));
  EXPECT_EQ(third.rows, first.rows);
}

TEST(SumsPlan, ShortensThePanelsWhereMemoryIsShort) {
  const DataSet data = reference::random_data(ElementType::uint8, 2, 100, 3, 1);
  const SessionOptions options = test::options_for(data, folds_rule(5, 1));
  device::Tuning tuning;
  tuning.slice_bytes = 1000;
  const auto plan = [&](std::size_t free) { return device::plan_sums(options, tuning, free); };
  EXPECT_EQ(plan(std::size_t{1} << 33).panel_rows, device::Int8Product::most_rows);
  EXPECT_EQ(plan(std::size_t{1} << 33).panel_columns, 112U);
  const std::size_t free = std::size_t{100} << 20;
  const device::SumsPlan shorter = plan(free);
  EXPECT_LT(shorter.panel_rows, device::Int8Product::most_rows);
  EXPECT_EQ(shorter.panel_rows % 16, 0U);
  EXPECT_LE(5 * shorter.panel_bytes(), free / 8);
  EXPECT_LE(shorter.total_bytes(), free);
  EXPECT_THROW(plan(100'000), Error);
}

TEST(SumsPlan, RefusesSizesThatCannotBeCounted) {
  SessionOptions options;
  options.features = std::size_t{1} << 40;
  options.classes = {"a", "b"};
  test::expect_error(ErrorKind::input, "more than this machine can count", [&] {
    return device::plan_sums(options, device::Tuning{}, std::size_t{1} << 60);
  });
}

TEST(SumsPlan, MultipliesNothingInInt8WhereFloat64WasAskedFor) {
  SessionOptions options =
      test::options_for(reference::random_data(ElementType::uint8, 2, 10, 2, 1));
  options.kernel = IntegerKernel::float64;
  EXPECT_EQ(device::plan_sums(options, device::Tuning{}, std::size_t{1} << 33).panel_rows, 0U);
}

}  // namespace
}  // namespace arete
