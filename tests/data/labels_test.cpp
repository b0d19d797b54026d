#include "arete/data/labels.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "data/test_files.hpp"

namespace arete {
namespace {

using test_files::bytes_of;
using test_files::expect_error;
using test_files::idx;
using test_files::npy;
using testing::ElementsAre;

class LabelFile : public testing::Test {
 protected:
  [[nodiscard]] Labels read(std::string_view bytes) const {
    return read_labels(folder.write("labels", bytes));
  }
  void expect_numbers(std::string_view bytes) const {
    const Labels labels = read(bytes);
    EXPECT_THAT(labels.classes, ElementsAre("2", "10"));
    EXPECT_THAT(labels.indices, ElementsAre(1, 0, 1));
  }
  template <typename T>
  void expect_npy(const std::string& type) const {
    SCOPED_TRACE(type);
    const auto order = type[0] == '>' ? std::endian::big : std::endian::little;
    expect_numbers(npy(type, "(3,)", bytes_of(std::vector<T>{10, 2, 10}, order)));
  }

  test_files::TemporaryFolder folder;
};

TEST_F(LabelFile, IdxOfEveryIntegerType) {
  expect_numbers(idx<std::uint8_t>(0x08, {3}, {10, 2, 10}));
  expect_numbers(idx<std::int8_t>(0x09, {3}, {10, 2, 10}));
  expect_numbers(idx<std::int16_t>(0x0B, {3}, {10, 2, 10}));
  expect_numbers(idx<std::int32_t>(0x0C, {3}, {10, 2, 10}));
  expect_numbers(test_files::gzip_stored(idx<std::uint8_t>(0x08, {3}, {10, 2, 10})));
}

TEST_F(LabelFile, NpyOfEveryType) {
  expect_npy<std::uint8_t>("|u1");
  expect_npy<std::int8_t>("|i1");
  expect_npy<std::uint16_t>("<u2");
  expect_npy<std::int16_t>(">i2");
  expect_npy<std::uint32_t>("<u4");
  expect_npy<std::int32_t>("<i4");
  expect_npy<std::uint64_t>(">u8");
  expect_npy<std::int64_t>("<i8");
  expect_npy<float>("<f4");
  expect_npy<double>(">f8");
  EXPECT_THAT(read(npy("|b1", "(2,)", std::string("\1\0", 2))).classes, ElementsAre("0", "1"));
}

TEST_F(LabelFile, ExtremeIntegersKeepTheirNames) {
  const std::vector<std::uint64_t> most{std::numeric_limits<std::uint64_t>::max(), 9};
  EXPECT_THAT(read(npy("<u8", "(2,)", bytes_of(most))).classes,
              ElementsAre("9", "18446744073709551615"));
  const std::vector<std::int64_t> least{-1, std::numeric_limits<std::int64_t>::min()};
  EXPECT_THAT(read(npy("<i8", "(2,)", bytes_of(least))).classes,
              ElementsAre("-9223372036854775808", "-1"));
}

TEST_F(LabelFile, FloatsHaveToBeWhole) {
  EXPECT_THAT(read(npy("<f8", "(2,)", bytes_of(std::vector{-0.0, -3.0}))).classes,
              ElementsAre("-3", "0"));
  for (const double bad : {0.5, std::numeric_limits<double>::quiet_NaN(), 1e300,
                           -std::numeric_limits<double>::infinity()}) {
    expect_error(ErrorKind::input,
                 [&] {
                   return read(npy("<f8", "(2,)", bytes_of(std::vector{1.0, bad})));
                 },
                 {"row 1", "whole"});
  }
}

TEST_F(LabelFile, TextHasOneNameALine) {
  for (const char* text :
       {"cat\n\xC3\xA9t\xC3\xA9\n7\ncat\n", "cat\r\n\xC3\xA9t\xC3\xA9\r\n7\r\ncat",
        "\xEF\xBB\xBF"
        "cat\n\xC3\xA9t\xC3\xA9\n7\ncat"}) {
    const Labels labels = read(text);
    EXPECT_THAT(labels.classes, ElementsAre("7", "cat", "\xC3\xA9t\xC3\xA9"));
    EXPECT_THAT(labels.indices, ElementsAre(1, 2, 0, 1));
  }
}

TEST_F(LabelFile, BadLinesAreNamed) {
  expect_error(ErrorKind::input, [&] { return read("a\n\nb\n"); }, {"line 2", "empty"});
  expect_error(ErrorKind::input, [&] { return read("\n"); }, {"line 1"});
  expect_error(ErrorKind::input, [&] { return read("a\r\n\r\n"); }, {"line 2"});
  expect_error(ErrorKind::input, [&] { return read("a\nb\n\n"); }, {"line 3"});
  expect_error(ErrorKind::input, [&] { return read("a\nb\xFF\n"); }, {"line 2", "not text"});
  expect_error(ErrorKind::input, [&] { return read(std::string_view("a\0b", 3)); }, {"line 1"});
  expect_error(ErrorKind::input, [&] { return read(""); }, {"no labels"});
}

TEST_F(LabelFile, OtherArraysAreRefused) {
  expect_error(ErrorKind::input,
               [&] {
                 return read(idx<std::uint8_t>(0x08, {2, 1}, {1, 2}));
               },
               {"2 dimensions"});
  expect_error(ErrorKind::input, [&] { return read(npy("|u1", "()", "x")); }, {"0 dimensions"});
  expect_error(ErrorKind::input, [&] { return read(npy("|u1", "(0,)", "")); }, {"no labels"});
  expect_error(ErrorKind::input, [&] { return read(npy("<f2", "(1,)", "xx")); }, {"float16"});
  expect_error(ErrorKind::input, [&] { return read(npy("<U1", "(1,)", "x\0\0\0")); },
               {"text file"});
}

TEST_F(LabelFile, EveryTruncationOfAnArrayIsAnError) {
  const auto read_path = [](const auto& path) { return read_labels(path); };
  const std::string array = idx<std::int16_t>(0x0B, {3}, {10, 2, 10});
  test_files::expect_truncations_fail(folder, array, read_path);
  test_files::expect_truncations_fail(folder, test_files::gzip_stored(array), read_path);
  test_files::expect_truncations_fail(folder, npy("<i4", "(2,)", bytes_of(std::vector{1, 2})),
                                      read_path);
}

TEST_F(LabelFile, OneThatIsNotThereIsNamed) {
  expect_error(ErrorKind::input, [&] { return read_labels(folder.path() / "absent"); }, {"absent"});
}

TEST_F(LabelFile, TheGivenFileComesBeforeTheCustomaryOne) {
  const auto given = folder.write("given", "a\nb\n");
  const std::vector customary{folder.path() / "absent", folder.write("customary", "c\nd\n")};
  EXPECT_THAT(labels_for("rows", 2, given, customary, 0).classes, ElementsAre("a", "b"));
  EXPECT_THAT(labels_for("rows", 2, {}, customary, 0).classes, ElementsAre("c", "d"));
  EXPECT_TRUE(labels_for("rows", 2, {}, {}, 0).classes.empty());
  expect_error(ErrorKind::input, [&] { return labels_for("rows", 3, {}, customary, 0); },
               {"customary", "2 labels", "rows", "3 rows"});
}

}  // namespace
}  // namespace arete
