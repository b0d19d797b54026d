#include "arete/data/block_reader.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "core/expect_error.hpp"
#include "reference/data_set.hpp"

namespace arete {
namespace {

struct Seen {
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint64_t> starts;
  std::vector<std::byte> bytes;
};

Seen visit(BlockReader& reader) {
  Seen seen;
  reader.for_each([&](const RowBlock& block) {
    seen.starts.push_back(block.first_row);
    EXPECT_EQ(block.labels.size(), block.rows);
    for (std::size_t i = 0; i < block.rows; ++i) {
      seen.numbers.push_back(block.number(i));
      seen.bytes.insert(seen.bytes.end(), block.row(i), block.row(i) + block.features);
    }
  });
  return seen;
}

bool always(std::uint64_t /*number*/) { return true; }

TEST(BlockReader, GivesEveryRowOnceAndInOrderOnEveryPass) {
  const auto data = reference::random_data(ElementType::uint8, 103, 10, 2, 1);
  for (const bool resident : {false, true}) {
    const auto source = reference::open(data, resident);
    for (const std::size_t memory : {std::size_t{400}, std::size_t{1} << 20}) {  // re-read, kept
      BlockReader reader(*source, {3, 100}, {1000, 8, memory, 1, 0, always});
      const Seen first = visit(reader);
      ASSERT_EQ(first.numbers.size(), 97U);
      EXPECT_EQ(first.numbers.front(), 1003U);
      EXPECT_EQ(first.numbers.back(), 1099U);
      for (std::size_t b = 1; b < first.starts.size(); ++b) EXPECT_EQ(first.starts[b] % 8, 0U);
      for (std::size_t i = 0; i < 97; ++i) {
        ASSERT_EQ(static_cast<double>(first.bytes[i * 10 + 4]), data.rows[i + 3][4]);
      }
      const Seen second = visit(reader);
      EXPECT_EQ(first.bytes, second.bytes);
      EXPECT_EQ(first.numbers, second.numbers);
    }
  }
}

TEST(BlockReader, LeavesRoomForWhatIsMadeOfItsRows) {
  constexpr std::size_t overhead = 1'000'000;
  const auto data = reference::random_data(ElementType::uint8, 103, 10, 2, 1);
  for (const bool resident : {false, true}) {
    const auto source = reference::open(data, resident);
    BlockReader::Options options;
    options.memory = 16 * overhead;
    options.row_overhead = overhead;
    EXPECT_LE(BlockReader(*source, {0, 103}, options).block_rows(), 8U);
    EXPECT_GE(BlockReader(*source, {0, 103}, options).block_rows(), 7U);
    options.row_overhead = 100 * overhead;
    EXPECT_EQ(BlockReader(*source, {0, 103}, options).block_rows(), 1U);
  }
}

TEST(BlockReader, KeepsTheRowsThatLaterPassesWant) {
  const auto data = reference::random_data(ElementType::uint8, 103, 10, 3, 1);
  const auto is_third = [](std::uint64_t number) { return number % 3 == 0; };
  const auto source = reference::open(data, false);
  // All rows in use and the wanted ones fit; or nothing but two blocks.
  for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{4000}, std::size_t{400}}) {
    BlockReader reader(*source, {3, 100}, {1000, 8, memory, 1, 0, is_third});
    const Seen first = visit(reader);
    ASSERT_EQ(first.numbers.size(), 97U);
    const bool kept = memory > 4000;
    for (int pass = 2; pass < 4; ++pass) {
      const Seen later = visit(reader);
      if (!kept) {
        EXPECT_EQ(later.numbers, first.numbers);
        continue;
      }
      ASSERT_EQ(later.numbers.size(), 32U);
      for (std::size_t i = 0; i < 32; ++i) {
        EXPECT_EQ(later.numbers[i], 1005 + 3 * i);
        const auto& row = data.rows[later.numbers[i] - 1000];
        for (std::size_t j = 0; j < 10; ++j) {
          ASSERT_EQ(static_cast<double>(later.bytes[i * 10 + j]), row[j]);
        }
      }
    }
  }
}

TEST(BlockReader, PicksRowsWithTheirLabels) {
  const auto data = reference::random_data(ElementType::int16, 50, 3, 4, 1);
  RowBlock block;
  reference::open(data)->read({10, 40}, block);
  const auto is_chosen = [](std::uint64_t number) { return number == 11 || number >= 38; };
  const RowBlock picked = pick_rows(pick_rows(block, is_chosen), is_chosen);
  EXPECT_EQ(picked.numbers, (std::vector<std::uint64_t>{11, 38, 39}));
  EXPECT_EQ(picked.first_row, 11U);
  ASSERT_EQ(picked.rows, 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(picked.labels[i], block.labels[picked.numbers[i] - 10]);
    EXPECT_EQ(std::memcmp(picked.row(i), block.row(picked.numbers[i] - 10), 6), 0);
  }
  EXPECT_EQ(pick_rows(block, [](std::uint64_t) { return false; }).rows, 0U);
}

TEST(BlockReader, KeepsNothingUnlessAsked) {
  const auto data = reference::random_data(ElementType::uint8, 30, 10, 2, 1);
  const auto source = reference::open(data, false);
  for (const bool keep : {false, true}) {
    BlockReader::Options options;
    options.memory = 1 << 20;
    options.row_overhead = 1 << 16;  // several blocks
    if (keep) options.is_wanted_later = always;
    BlockReader reader(*source, {0, 30}, options);
    std::vector<const std::byte*> places;
    reader.for_each([&](const RowBlock& block) { places.push_back(block.data); });
    ASSERT_GE(places.size(), 3U);
    EXPECT_EQ(places[0] == places[2], !keep);
  }
}

TEST(BlockReader, SaysWhatItNeedsWhenTheBudgetIsTooSmall) {
  const auto source = reference::open(reference::random_data(ElementType::uint8, 50, 100, 2, 1));
  test::expect_error(ErrorKind::resource, "3200 bytes", [&] {
    const BlockReader reader(*source, {0, 50}, {0, 16, 1000, 1});
  });
}

}  // namespace
}  // namespace arete
