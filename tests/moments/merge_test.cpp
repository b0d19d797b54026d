#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "arete/moments/moments_file.hpp"
#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"
#include "moments/small_moments.hpp"

namespace arete {
namespace {

using test::byte_set;
using test::expect_error;

constexpr std::size_t features = 5;

std::string bytes_of(const MomentsSet& set) {
  const test::TemporaryFolder folder;
  write_moments(set, folder / "set", false);
  return test::read_bytes(folder / "set");
}

/// Ranges 0..c1, c1..c2, ... of random lengths, some of them of one row.
std::vector<RowRange> random_cut(std::uint64_t rows, std::mt19937& random) {
  std::vector<RowRange> ranges;
  for (std::uint64_t first = 0; first < rows;) {
    const std::uint64_t last = std::min<std::uint64_t>(rows, first + 1 + random() % 9);
    ranges.push_back({first, last});
    first = last;
  }
  std::ranges::shuffle(ranges, random);
  return ranges;
}

TEST(Merge, GivesTheSameBytesForAnyCutAndOrder) {
  std::mt19937 random(1);
  for (const PartRule& rule : {PartRule{}, holdout_rule(0.3, 5), folds_rule(4, 2)}) {
    const std::string expected = bytes_of(byte_set({0, 40}, rule, features));
    for (int repetition = 0; repetition < 20; ++repetition) {
      const std::vector<RowRange> ranges = random_cut(40, random);
      MomentsSet merged = byte_set(ranges[0], rule, features);
      for (std::size_t i = 1; i < ranges.size(); ++i) {
        merge(merged, byte_set(ranges[i], rule, features), "other");
      }
      ASSERT_EQ(merged.rows, (std::vector<RowRange>{{0, 40}}));
      ASSERT_EQ(bytes_of(merged), expected);
    }
  }
}

TEST(Merge, WithNoRowsChangesNothing) {
  MomentsSet set = byte_set({3, 20}, {}, features);
  merge(set, byte_set({0, 0}, {}, features), "empty");
  EXPECT_EQ(bytes_of(set), bytes_of(byte_set({3, 20}, {}, features)));
}

TEST(Merge, CoalescesTheRanges) {
  MomentsSet set = byte_set({0, 10}, {}, features);
  merge(set, byte_set({20, 30}, {}, features), "b");
  EXPECT_EQ(set.rows, (std::vector<RowRange>{{0, 10}, {20, 30}}));
  merge(set, byte_set({10, 15}, {}, features), "c");
  EXPECT_EQ(set.rows, (std::vector<RowRange>{{0, 15}, {20, 30}}));
  merge(set, byte_set({15, 20}, {}, features), "d");
  EXPECT_EQ(set.rows, (std::vector<RowRange>{{0, 30}}));
}

TEST(Merge, RefusesRowsItHas) {
  MomentsSet set = byte_set({10, 20}, {}, features);
  const std::string before = bytes_of(set);
  for (const RowRange range : {RowRange{19, 25}, {5, 11}, {12, 15}, {5, 25}, {10, 20}}) {
    expect_error(ErrorKind::input, "other.moments: ", [&] {
      merge(set, byte_set(range, {}, features), "other.moments");
    });
  }
  expect_error(ErrorKind::input, "holds rows 18 to 19", [&] {
    merge(set, byte_set({18, 25}, {}, features), "other.moments");
  });
  expect_error(ErrorKind::input, "holds rows 10 to 12", [&] {
    merge(set, byte_set({5, 13}, {}, features), "other.moments");
  });
  EXPECT_EQ(bytes_of(set), before);
}

TEST(Merge, RefusesWhatDiffers) {
  MomentsSet set = byte_set({0, 10}, {}, features);
  const std::string before = bytes_of(set);
  const auto expect_refused = [&](const std::string& text, const MomentsSet& other) {
    expect_error(ErrorKind::input, text, [&] { merge(set, other, "other"); });
  };
  expect_refused("other: has features 4", [] {
    auto s = byte_set({10, 20}, {}, 4);
    s.shape = {5};
    return s;
  }());
  expect_refused("rows of shape 4", byte_set({10, 20}, {}, 4));
  expect_refused("hold-out of 0.2, seed 1", byte_set({10, 20}, holdout_rule(0.2, 1), features));
  MomentsSet other = byte_set({10, 20}, {}, features);
  other.type = ElementType::float32;
  expect_refused("the element type float32, but what it is merged with has uint8", other);
  other = byte_set({10, 20}, {}, features);
  other.preprocessing.binarise = 7;
  expect_refused("binarised at 7", other);
  other = byte_set({10, 20}, {}, features);
  other.column_names = {"a", "b", "c", "d", "e"};
  expect_refused(
      "other: its features are 5 columns, 'a' to 'e', but those of what it is merged "
      "with are numbers without names",
      other);
  EXPECT_EQ(bytes_of(set), before);
}

TEST(Merge, NeedsTheSameColumnsInTheSameOrder) {
  const auto named = [](RowRange rows, const std::vector<std::string>& names) {
    MomentsSet set = byte_set(rows, {}, features);
    set.column_names = names;
    return set;
  };
  MomentsSet set = named({0, 10}, {"a", "b", "c", "d", "e"});
  const std::string before = bytes_of(set);
  const auto expect_refused = [&](const std::string& text, const std::vector<std::string>& names) {
    expect_error(ErrorKind::input, text, [&] { merge(set, named({10, 20}, names), "other"); });
  };
  expect_refused("other: feature 2 is column 'd', but that of what it is merged with is 'c'",
                 {"a", "b", "d", "c", "e"});
  expect_refused("other: feature 4 is column 'x'", {"a", "b", "c", "d", "x"});
  expect_refused(
      "other: its features are numbers without names, but those of what it is merged "
      "with are 5 columns, 'a' to 'e'",
      {});
  EXPECT_EQ(bytes_of(set), before);
  merge(set, named({10, 20}, {"a", "b", "c", "d", "e"}), "other");
  EXPECT_EQ(bytes_of(set), bytes_of(named({0, 20}, {"a", "b", "c", "d", "e"})));
}

TEST(Merge, OfIntegersThatReachTheLimitIsRefused) {
  const MomentsSet other = byte_set({10, 20}, {}, features);
  MomentsSet set = byte_set({0, 10}, {}, features);
  set.parts[0].gram(2, 2) = exact_limit - other.parts[0].gram(2, 2);
  const std::string before = bytes_of(set);
  expect_error(ErrorKind::input, "other: with its rows, at feature 2,",
               [&] { merge(set, other, "other"); });
  EXPECT_EQ(bytes_of(set), before);
  set.parts[0].gram(2, 2) -= 1;
  merge(set, other, "other");
  EXPECT_TRUE(set.parts[0].exact);
}

TEST(Merge, OfFloatsThatOutgrowTheirExactnessSaysSo) {
  MomentsSet set = byte_set({0, 10}, {}, features);
  MomentsSet other = byte_set({10, 20}, {}, features);
  set.type = other.type = ElementType::float32;
  set.parts[0].gram(2, 2) = exact_limit - 1;
  merge(set, other, "other");
  EXPECT_FALSE(set.parts[0].exact);
}

}  // namespace
}  // namespace arete
