#include "arete/moments/moments_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"
#include "data/test_files.hpp"
#include "moments/small_moments.hpp"

namespace arete {
namespace {

using test::byte_set;
using test::expect_error;
using test::read_bytes;
using test::TemporaryFolder;
using test::values_of;
using test::write_bytes;
using test_files::crc32;

constexpr std::size_t features = 6;
const PartRule rule = holdout_rule(0.3, 5);

MomentsSet small_set() {
  MomentsSet set = byte_set({100, 120}, rule, features);
  set.shape = {2, 3};
  set.preprocessing = {.image_size = Preprocessing::ImageSize{3, 2},
                       .grayscale = true,
                       .binarise = std::uint8_t{128}};
  return set;
}

template <typename T>
void put(std::string& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

template <typename T>
T get(const std::string& bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

/// Gives the sections of a file with one feature list and parts of equal size their right CRCs.
void seal(std::string& bytes, std::size_t parts) {
  const std::size_t header = 16 + get<std::uint32_t>(bytes, 12);
  put(bytes, header, crc32(std::string_view(bytes).substr(0, header)));
  const std::size_t size = (bytes.size() - header - 4) / parts;
  for (std::size_t p = 0; p < parts; ++p) {
    const std::size_t begin = header + 4 + p * size;
    put(bytes, begin + size - 4, crc32(std::string_view(bytes).substr(begin, size - 4)));
  }
}

TEST(MomentsFile, KeepsEverything) {
  const TemporaryFolder folder;
  const MomentsSet set = small_set();
  write_moments(set, folder / "a.moments", false);
  const MomentsSet found = read_moments(folder / "a.moments");
  EXPECT_EQ(found.rule, set.rule);
  EXPECT_EQ(found.rows, set.rows);
  EXPECT_EQ(found.type, set.type);
  EXPECT_EQ(found.shape, set.shape);
  EXPECT_EQ(found.preprocessing, set.preprocessing);
  ASSERT_EQ(found.parts.size(), set.parts.size());
  for (std::size_t p = 0; p < set.parts.size(); ++p) {
    EXPECT_EQ(found.parts[p].classes, set.parts[p].classes);
    EXPECT_EQ(values_of(found.parts[p]), values_of(set.parts[p]));
  }
  write_moments(found, folder / "b.moments", false);
  EXPECT_EQ(read_bytes(folder / "a.moments"), read_bytes(folder / "b.moments"));
}

/// Names of columns, one of them not ASCII.
MomentsSet named_set() {
  MomentsSet set = small_set();
  set.column_names = {"z", "a", "é", "\"", "5", "p 2"};
  return set;
}

TEST(MomentsFile, KeepsNamesOfColumnsAtTheEndOfItsHeader) {
  const TemporaryFolder folder;
  write_moments(small_set(), folder / "without", false);
  write_moments(named_set(), folder / "with", false);
  EXPECT_EQ(read_moments(folder / "without").column_names, std::vector<std::string>{});
  EXPECT_EQ(read_moments(folder / "with").column_names, named_set().column_names);
  // Else nothing differs, so that files without names are what they were before there were names.
  const std::string names(
      "\6\0\0\0"
      "\1\0\0\0z"
      "\1\0\0\0a"
      "\2\0\0\0\xC3\xA9"
      "\1\0\0\0\""
      "\1\0\0\0"
      "5"
      "\3\0\0\0p 2",
      37);
  std::string expected = read_bytes(folder / "without");
  const std::size_t fields = get<std::uint32_t>(expected, 12);
  expected.insert(16 + fields, names);
  put(expected, 12, static_cast<std::uint32_t>(fields + names.size()));
  seal(expected, 2);
  EXPECT_EQ(read_bytes(folder / "with"), expected);
}

TEST(MomentsFile, KeepsEveryRuleAndSumsThatAreNotExact) {
  const TemporaryFolder folder;
  for (const PartRule& each :
       {PartRule{}, holdout_last_rule(0.5, {100, 120}), folds_rule(3, ~std::uint64_t{0})}) {
    MomentsSet set = byte_set({100, 120}, each, features);
    set.type = ElementType::float64;
    for (Moments& part : set.parts) {
      part.exact = false;
      part.gram(0, 1) = -0.1;
    }
    write_moments(set, folder / "x.moments", true);
    const MomentsSet found = read_moments(folder / "x.moments");
    EXPECT_EQ(found.rule, each);
    for (std::size_t p = 0; p < set.parts.size(); ++p) {
      EXPECT_EQ(values_of(found.parts[p]), values_of(set.parts[p]));
    }
  }
}

TEST(MomentsFile, KeepsASetOfNoRows) {
  const TemporaryFolder folder;
  write_moments(byte_set({0, 0}, rule, features), folder / "x.moments", false);
  const MomentsSet found = read_moments(folder / "x.moments");
  EXPECT_TRUE(found.rows.empty());
  EXPECT_EQ(found.parts[1].rows, 0U);
}

TEST(MomentsFile, HasTheDocumentedLength) {
  const TemporaryFolder folder;
  write_moments(small_set(), folder / "x.moments", false);
  const std::string bytes = read_bytes(folder / "x.moments");
  const std::size_t header = get<std::uint32_t>(bytes, 12);
  const std::size_t words = 2 + 3 + 6 + 3 * 6 + 6 * 7 / 2;
  EXPECT_EQ(bytes.size(), 16 + header + 4 + 2 * (8 * words + 4));
}

TEST(MomentsFile, IsRecognised) {
  const TemporaryFolder folder;
  write_moments(small_set(), folder / "x.moments", false);
  write_bytes(folder / "y", "ARETE");
  EXPECT_TRUE(is_moments_file(folder / "x.moments"));
  EXPECT_FALSE(is_moments_file(folder / "y"));
  EXPECT_FALSE(is_moments_file(folder.path()));
  expect_error(ErrorKind::input, "y: ends at byte 5", [&] { return read_moments(folder / "y"); });
}

TEST(MomentsFile, IsReplacedOnlyWhenAllowed) {
  const TemporaryFolder folder;
  write_moments(small_set(), folder / "x.moments", false);
  expect_error(ErrorKind::usage, "exists already",
               [&] { write_moments(small_set(), folder / "x.moments", false); });
  write_moments(small_set(), folder / "x.moments", true);
}

TEST(MomentsFile, OnAFullDeviceIsAnError) {
  expect_error(ErrorKind::resource, "/dev/full",
               [] { write_moments(small_set(), "/dev/full", false); });
}

TEST(MomentsFile, WithAnyDamageIsRefused) {
  const TemporaryFolder folder;
  const auto read = [](const auto& path) { return read_moments(path); };
  write_moments(small_set(), folder / "x.moments", false);
  test::for_each_damaged_byte(folder / "x.moments",
                              [&](const auto& path) { test::expect_refused(path, read); });
  test::expect_other_lengths_refused(folder / "x.moments", read);
  write_moments(named_set(), folder / "x.moments", true);
  test::for_each_damaged_byte(folder / "x.moments",
                              [&](const auto& path) { test::expect_refused(path, read); });
}

TEST(MomentsFile, NamesTheDamagedSection) {
  const TemporaryFolder folder;
  write_moments(small_set(), folder / "x.moments", false);
  std::string bytes = read_bytes(folder / "x.moments");
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 1);
  write_bytes(folder / "x.moments", bytes);
  expect_error(ErrorKind::input, fmt::format("to {}) is damaged", bytes.size() - 1),
               [&] { return read_moments(folder / "x.moments"); });
  expect_error(ErrorKind::input, "part 1 (bytes ",
               [&] { return read_moments(folder / "x.moments"); });
}

/// Writes `set`, which contradicts itself, and reads it back.
void expect_refused(const std::string& text, const MomentsSet& set) {
  SCOPED_TRACE(text);
  const TemporaryFolder folder;
  write_moments(set, folder / "x.moments", false);
  expect_error(ErrorKind::input, text, [&] { return read_moments(folder / "x.moments"); });
}

template <typename Change>
MomentsSet changed(Change change) {
  MomentsSet set = small_set();
  change(set);
  return set;
}

TEST(MomentsFile, WithSumsThatCannotBeIsRefused) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr std::string_view not_integer = "exact sums are integers below 2^53";
  expect_refused("column sums hold nan",
                 changed([](auto& s) { s.parts[0].column_sums[3] = std::nan(""); }));
  expect_refused("class sums hold inf",
                 changed([](auto& s) { s.parts[1].class_sums(2, 5) = infinity; }));
  expect_refused("sums of products hold -inf",
                 changed([](auto& s) { s.parts[1].gram(2, 5) = -infinity; }));
  expect_refused(std::string(not_integer), changed([](auto& s) { s.parts[1].gram(2, 2) += 0.5; }));
  expect_refused(std::string(not_integer),
                 changed([](auto& s) { s.parts[0].column_sums[0] = exact_limit; }));
  expect_refused("feature 1 is -1, below zero",
                 changed([](auto& s) { s.parts[0].gram(1, 1) = -1; }));
  expect_refused("sums of uint8 elements must be exact",
                 changed([](auto& s) { s.parts[0].exact = false; }));
}

TEST(MomentsFile, WithExactSumsBeyondTheirBoundsIsRefused) {
  expect_refused("which its sums by class do not add up to",
                 changed([](auto& s) { s.parts[0].column_sums[3] += 1; }));
  expect_refused("more than its sum of squares",
                 changed([](auto& s) { s.parts[0].class_sums(1, 3) = s.parts[0].gram(3, 3) + 1; }));
  expect_refused("more than both their sums of squares", changed([](auto& s) {
                   Moments& part = s.parts[0];
                   part.gram(2, 4) = -std::max(part.gram(2, 2), part.gram(4, 4)) - 1;
                 }));
  expect_refused("too large for", changed([](auto& s) {
                   Moments& part = s.parts[0];
                   part.gram(2, 2) =
                       part.column_sums[2] * part.column_sums[2] / static_cast<double>(part.rows) -
                       1;
                   part.gram(2, 2) = std::floor(part.gram(2, 2));
                 }));
}

TEST(MomentsFile, WithCountsThatDisagreeIsRefused) {
  expect_refused("but its classes have", changed([](auto& s) { ++s.parts[0].class_counts[0]; }));
  expect_refused("more than this machine can count",
                 changed([](auto& s) { s.parts[0].class_counts[0] = ~std::uint64_t{0}; }));
  expect_refused("its row ranges cover 19", changed([](auto& s) { ++s.rows[0].first; }));
  expect_refused("sorted, not empty, and apart", changed([](auto& s) {
                   s.rows = {{110, 120}, {100, 110}};
                 }));
  expect_refused("sorted, not empty, and apart", changed([](auto& s) {
                   s.rows = {{100, 112}, {108, 116}};
                 }));
  expect_refused("sorted, not empty, and apart", changed([](auto& s) {
                   s.rows = {{100, 110}, {110, 120}};
                 }));
  expect_refused("sorted, not empty, and apart", changed([](auto& s) {
                   s.rows = {{100, 120}, {130, 130}};
                 }));
}

TEST(MomentsFile, WithAHeaderThatContradictsItselfIsRefused) {
  const auto set_classes = [](MomentsSet& set, const ClassList& classes) {
    for (Moments& part : set.parts) part.classes = classes;
  };
  expect_refused("must be sorted", changed([&](auto& s) { set_classes(s, {"0", "10", "5"}); }));
  expect_refused("must be sorted", changed([&](auto& s) { set_classes(s, {"0", "0", "5"}); }));
  expect_refused("the name of class 2", changed([&](auto& s) {
                   set_classes(s, {"0", "5", "\xff"});
                 }));
  expect_refused("rows of shape [2, 4] cannot have 6 features", changed([](auto& s) {
                   s.shape = {2, 4};
                 }));
  expect_refused("cannot have 6 features", changed([](auto& s) { s.shape = {}; }));
  expect_refused("more than this machine can count", changed([](auto& s) {
                   s.shape = {std::size_t{1} << 40, std::size_t{1} << 40};
                 }));
  expect_refused("images of 3 x 3 pixels",
                 changed([](auto& s) { s.preprocessing.image_size->height = 3; }));
  expect_refused("5 names of columns for 6 features", changed([](auto& s) {
                   s.column_names = {"a", "b", "c", "d", "e"};
                 }));
  expect_refused("several columns are called 'e'",
                 changed([](auto& s) { s.column_names = {"e", "b", "c", "d", "e", "f"}; }));
  expect_refused("the name of column 3",
                 changed([](auto& s) { s.column_names = {"a", "b", "c", "\xff", "e", "f"}; }));
  expect_refused("part rule", changed([](auto& s) { s.rule.fraction = 1.5; }));
  expect_refused("part rule", changed([](auto& s) { s.rule.first_held_out = 1; }));
}

/// The file of `set` with `change` applied to its bytes, and CRCs that fit.
template <typename Change>
void expect_bytes_refused(const std::string& text, Change change,
                          const MomentsSet& set = small_set()) {
  SCOPED_TRACE(text);
  const TemporaryFolder folder;
  write_moments(set, folder / "x.moments", false);
  std::string bytes = read_bytes(folder / "x.moments");
  change(bytes);
  seal(bytes, 2);
  write_bytes(folder / "x.moments", bytes);
  expect_error(ErrorKind::input, text, [&] { return read_moments(folder / "x.moments"); });
}

TEST(MomentsFile, WithFieldsOutOfRangeIsRefused) {
  constexpr std::size_t rule_at = 16;
  constexpr std::size_t folds_at = rule_at + 4 + 3 * 8;
  constexpr std::size_t type_at = folds_at + 4;
  constexpr std::size_t images_at = type_at + 4 + 5;
  constexpr std::size_t features_at = images_at + 1 + 8 + 1 + 2;
  constexpr std::size_t dimensions_at = features_at + 8;
  constexpr std::size_t classes_at = dimensions_at + 4 + 2 * 8;
  constexpr std::size_t rows_at = classes_at + 4 + (4 + 1) + (4 + 2) + (4 + 1);
  const auto with = [](std::size_t offset, auto value) {
    return [=](std::string& bytes) { put(bytes, offset, value); };
  };
  constexpr auto most = ~std::uint32_t{0};
  expect_bytes_refused("format version 2", with(8, std::uint32_t{2}));
  expect_bytes_refused("part rule (kind 258", with(rule_at, std::uint32_t{258}));
  expect_bytes_refused("part rule", with(folds_at, std::uint32_t{3}));
  expect_bytes_refused("part rule", with(folds_at, most));
  expect_bytes_refused("ends within the element type", with(type_at, most));
  expect_bytes_refused("\"xint8\" is not known", with(type_at + 4, 'x'));
  expect_bytes_refused("must be 0 or 1", with(images_at, std::uint8_t{2}));
  expect_bytes_refused("cannot have", with(features_at, std::uint64_t{7}));
  expect_bytes_refused("entries of shape do not fit", with(dimensions_at, most));
  expect_bytes_refused("entries of classes do not fit", with(classes_at, most));
  expect_bytes_refused("ends within the classes", with(classes_at + 4, most));
  expect_bytes_refused("entries of row ranges do not fit", with(rows_at, std::uint32_t{2}));
  expect_bytes_refused("100 entries of names of columns do not fit",
                       with(rows_at, std::uint32_t{0}));
  constexpr std::size_t names_at = rows_at + 4 + 2 * 8;
  const MomentsSet named = named_set();
  expect_bytes_refused("entries of names of columns do not fit", with(names_at, most), named);
  expect_bytes_refused("5 names of columns for 6", with(names_at, std::uint32_t{5}), named);
  expect_bytes_refused("0 names of columns for 6", with(names_at, std::uint32_t{0}), named);
  expect_bytes_refused("ends within the names of columns", with(names_at + 4, most), named);
  expect_bytes_refused("1 bytes more than its fields", with(names_at + 30, std::uint32_t{2}),
                       named);
}

TEST(MomentsFile, ThatStatesHugeSizesIsRefusedBeforeAllocation) {
  const TemporaryFolder folder;
  MomentsSet set = small_set();
  set.preprocessing = {};
  write_moments(set, folder / "x.moments", false);
  const std::string whole = read_bytes(folder / "x.moments");
  const std::size_t features_at = 16 + 4 + 3 * 8 + 4 + 4 + 5 + 12;
  for (const std::uint64_t side : {std::uint64_t{1} << 20, std::uint64_t{1} << 31}) {
    std::string bytes = whole;
    put(bytes, features_at, side * side);
    put(bytes, features_at + 12, side);
    put(bytes, features_at + 20, side);
    seal(bytes, 2);
    write_bytes(folder / "x.moments", bytes);
    expect_error(ErrorKind::input,
                 "x.moments: ", [&] { return read_moments(folder / "x.moments"); });
  }
}

}  // namespace
}  // namespace arete
