#include "arete/moments/gram_int8.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "reference/data_set.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

using reference::DataSet;

// Instructions in plain C++, shifted as those of AVX-512 VNNI: what Int8Gram does with a shift is
// tested on every CPU. Small numbers make many panels, blocks and flushes of few rows.
constexpr std::size_t panel_columns = 6;
constexpr std::size_t tile_columns = 2;
constexpr std::size_t group_rows = 3;
constexpr std::size_t group_bytes = panel_columns * group_rows;

template <bool is_signed>
void pack(std::span<const std::byte* const> rows, std::size_t offset, std::size_t width,
          std::byte* first, std::byte* second) {
  const std::size_t groups = (rows.size() + group_rows - 1) / group_rows;
  for (std::size_t row = 0; row < groups * group_rows; ++row) {
    for (std::size_t j = 0; j < panel_columns; ++j) {
      const bool there = row < rows.size() && j < width;
      const std::byte missing{is_signed ? std::uint8_t{128} : std::uint8_t{0}};
      const std::byte value = there ? rows[row][offset + j] : missing;
      const std::byte shifted = value ^ std::byte{128};
      const std::size_t at = row / group_rows * group_bytes + j * group_rows + row % group_rows;
      first[at] = is_signed ? shifted : value;
      second[at] = is_signed ? value : shifted;
    }
  }
}

thread_local bool has_begun = false;

void begin() {
  EXPECT_FALSE(has_begun);
  has_begun = true;
}

void end() {
  EXPECT_TRUE(has_begun);
  has_begun = false;
}

void multiply(const std::byte* panel, const std::byte* tile, std::size_t groups,
              std::int32_t* sums) {
  EXPECT_TRUE(has_begun);
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t i = 0; i < tile_columns; ++i) {
      for (std::size_t j = 0; j < panel_columns; ++j) {
        for (std::size_t r = 0; r < group_rows; ++r) {
          const auto unsigned_factor =
              static_cast<std::uint8_t>(panel[g * group_bytes + j * group_rows + r]);
          const auto signed_factor =
              static_cast<std::int8_t>(tile[g * group_bytes + i * group_rows + r]);
          sums[i * panel_columns + j] += unsigned_factor * signed_factor;
        }
      }
    }
  }
}

void sum_rows(const std::byte* panel, std::size_t first, std::size_t last, std::int32_t* sums) {
  for (std::size_t row = first; row < last; ++row) {
    for (std::size_t j = 0; j < panel_columns; ++j) {
      sums[j] += static_cast<std::uint8_t>(
          panel[row / group_rows * group_bytes + j * group_rows + row % group_rows]);
    }
  }
}

constexpr Int8Instructions plain = {
    .pack_unsigned = pack<false>,
    .pack_signed = pack<true>,
    .multiply = multiply,
    .sum_rows = sum_rows,
    .begin = begin,
    .end = end,
    .panel_columns = panel_columns,
    .tile_columns = tile_columns,
    .group_rows = group_rows,
    .value_bytes = 1,
    .block_groups = 5,
    .unit_columns = 2 * panel_columns,
    .most_rows = 100,
    .shift = 128,
    .rate = 1e9,
};

/// Adds all rows, and flushes whenever nothing more may be added.
void add_all(const DataSet& data, std::size_t teams, int threads, Moments& moments) {
  RowBlock block;
  reference::open(data)->read({0, data.rows.size()}, block);
  std::vector<const std::byte*> rows;
  for (std::size_t i = 0; i < block.rows; ++i) rows.push_back(block.row(i));
  Int8Gram gram(plain, data.features, data.classes.size(), data.type == ElementType::int8, teams);
  std::vector<Int8Panels> panels;
  while (panels.size() < teams) panels.emplace_back(plain, data.features);
  for (std::size_t first = 0; first < rows.size();) {
    const std::size_t count = std::min(rows.size() - first, gram.free_rows());
    gram.add(std::span(rows).subspan(first, count), std::span(block.labels).subspan(first, count),
             panels, threads);
    if (gram.free_rows() == 0) gram.flush(moments.gram, moments.class_sums, threads);
    first += count;
  }
  gram.flush(moments.gram, moments.class_sums, threads);
}

TEST(Int8Gram, UndoesTheShiftOfItsInstructions) {
  for (const ElementType type : {ElementType::uint8, ElementType::int8}) {
    for (const std::size_t features : {1, 5, 6, 7, 25}) {
      for (const std::size_t rows : {1, 2, 100, 731}) {
        const DataSet data = reference::random_data(type, rows, features, 3, 5);
        const Moments expected = reference::moments(data);
        for (const std::size_t teams : {1, 3}) {
          Moments sums = empty_moments(features, data.classes);
          add_all(data, teams, 3, sums);
          EXPECT_FALSE(has_begun);
          for (std::size_t i = 0; i < features; ++i) {
            for (std::size_t j = i; j < features; ++j) {
              ASSERT_EQ(sums.gram(i, j), expected.gram(i, j)) << i << ", " << j;
            }
            for (std::size_t k = 0; k < data.classes.size(); ++k) {
              ASSERT_EQ(sums.class_sums(k, i), expected.class_sums(k, i)) << k << ", " << i;
            }
          }
        }
      }
    }
  }
}

TEST(Int8Gram, PanelsArePackedTwiceOnlyWhereThereIsAShift) {
  Int8Instructions unshifted = plain;
  unshifted.shift = 0;
  EXPECT_EQ(2 * Int8Panels::size(unshifted, 50), Int8Panels::size(plain, 50));
  EXPECT_EQ(Int8Panels(plain, 50).second.size(), Int8Panels(plain, 50).first.size());
  EXPECT_TRUE(Int8Panels(unshifted, 50).second.empty());
}

}  // namespace
}  // namespace arete
