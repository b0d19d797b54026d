#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

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
  feed.sum(block, std::ref(visits));
  EXPECT_EQ(visits.rows, (std::vector<std::pair<std::uint64_t, std::size_t>>{
                             {13, 3}, {16, 8}, {24, 8}, {32, 1}}));
  EXPECT_EQ(feed.kept_bytes(), 0U);
}

/// The rows of part 1 that were visited, each with its label, in any order.
struct HeldOut {
  device::Device& device;
  std::multiset<std::string> rows;

  void operator()(const Slice& slice) {
    device.synchronise(device::Device::main_lane);
    for (std::size_t r = 0; r < slice.layout.rows(1); ++r) {
      const std::uint32_t row = slice.order_of(1)[r];
      const std::uint8_t* const features = slice.raw.uint8 + row * slice.raw.features;
      rows.insert(std::string(features, features + slice.raw.features) +
                  std::to_string(slice.labels[row]));
    }
  }
};

class KeptRows : public ::testing::Test {
 protected:
  void SetUp() override {
    tuning_.slice_bytes = 80;  // 8 rows
    reference::open(data_)->read({0, 32}, block_);
  }
  [[nodiscard]] device::RowFeed feed(std::size_t keep_bytes) const {
    return {*device_, options_, tuning_, keep_bytes};
  }
  HeldOut score(device::RowFeed& feed, const RowBlock& block) const {
    HeldOut visits{*device_, {}};
    feed.score(block, std::ref(visits));
    return visits;
  }
  static void sum(device::RowFeed& feed, const RowBlock& block) {
    feed.sum(block, [](const Slice&) {});
  }
  [[nodiscard]] RowBlock picked() const {
    return pick_rows(block_, [&](std::uint64_t row) { return part_of(options_.rule, row) == 1; });
  }

  std::unique_ptr<device::Device> device_ = test::host_device();
  DataSet data_ = reference::random_data(ElementType::uint8, 32, 10, 2, 1);
  SessionOptions options_ = test::options_for(data_, holdout_rule(0.4, 1));
  device::Tuning tuning_ = test::small_tuning();
  RowBlock block_;
};

TEST_F(KeptRows, AreScoredWithoutTheirData) {
  device::RowFeed travelling = feed(0);
  const HeldOut expected = score(travelling, block_);
  ASSERT_GT(expected.rows.size(), 5U);
  device::RowFeed keeping = feed(std::size_t{1} << 20);
  sum(keeping, block_);
  RowBlock some = picked();
  RowBlock whole = labelled_rows(0, block_.labels);
  for (RowBlock* const block : {&some, &whole}) {
    block->data = nullptr;
    EXPECT_EQ(score(keeping, *block).rows, expected.rows);
  }
}

TEST_F(KeptRows, TakeTheMemoryThatTheyMay) {
  device::RowFeed none = feed(0);
  sum(none, block_);
  EXPECT_EQ(none.kept_bytes(), 0U);
  device::RowFeed all = feed(std::size_t{1} << 20);
  sum(all, block_);
  const std::size_t bytes = all.kept_bytes();
  sum(all, block_);  // takes the place of the same rows
  EXPECT_EQ(all.kept_bytes(), bytes);
  device::RowFeed some = feed(bytes - 1);
  sum(some, block_);
  EXPECT_GT(some.kept_bytes(), 0U);
  EXPECT_LT(some.kept_bytes(), bytes);
  device::RowFeed travelling = feed(0);
  EXPECT_EQ(score(some, block_).rows, score(travelling, block_).rows);
  EXPECT_EQ(score(some, picked()).rows, score(travelling, block_).rows);
  all.forget();
  EXPECT_EQ(all.kept_bytes(), 0U);
  EXPECT_EQ(score(all, block_).rows, score(travelling, block_).rows);
}

TEST_F(KeptRows, AreNotTakenForOthers) {
  device::RowFeed keeping = feed(std::size_t{1} << 20);
  sum(keeping, block_);
  RowBlock numbered;  // rows that have the numbers of others
  reference::open(reference::random_data(ElementType::uint8, 32, 10, 2, 9))
      ->read({0, 32}, numbered);
  for (std::uint64_t row = 32; row-- > 0;) numbered.numbers.push_back(row);
  device::RowFeed travelling = feed(0);
  EXPECT_EQ(score(keeping, numbered).rows, score(travelling, numbered).rows);
  device::RowFeed other = feed(std::size_t{1} << 20);
  sum(other, numbered);
  EXPECT_EQ(other.kept_bytes(), 0U);
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
