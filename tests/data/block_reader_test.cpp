#include "arete/data/block_reader.hpp"

#include <gtest/gtest.h>

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
    for (std::size_t i = 0; i < block.rows; ++i) {
      seen.numbers.push_back(block.first_row + i);
      seen.bytes.insert(seen.bytes.end(), block.row(i), block.row(i) + block.features);
    }
  });
  return seen;
}

TEST(BlockReader, GivesEveryRowOnceAndInOrderOnEveryPass) {
  const auto data = reference::random_data(ElementType::uint8, 103, 10, 2, 1);
  for (const bool resident : {false, true}) {
    const auto source = reference::open(data, resident);
    for (const std::size_t memory : {std::size_t{400}, std::size_t{1} << 20}) {  // re-read, kept
      BlockReader reader(*source, {3, 100}, {1000, 8, memory, 1});
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

TEST(BlockReader, KeepsNothingUnlessAsked) {
  const auto data = reference::random_data(ElementType::uint8, 30, 10, 2, 1);
  const auto source = reference::open(data, false);
  for (const bool keep : {false, true}) {
    BlockReader::Options options;
    options.memory = 1 << 20;
    options.row_overhead = 1 << 16;  // several blocks
    options.keep = keep;
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
