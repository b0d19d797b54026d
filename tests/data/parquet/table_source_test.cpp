#include <arrow/util/compression.h>
#include <gmock/gmock.h>

#include <functional>
#include <numeric>

#include "arete/data/open.hpp"
#include "data/image_files.hpp"
#include "data/parquet/small_tables.hpp"
#include "data/test_files.hpp"

namespace arete {
namespace {

namespace st = small_tables;
using testing::ElementsAre;

constexpr std::size_t rows = 50;

std::vector<int> some_labels() {
  std::vector<int> labels(rows);
  for (std::size_t i = 0; i < rows; ++i) labels[i] = static_cast<int>(i * i % 11);
  return labels;
}

class TableSource : public testing::Test {
 protected:
  std::unique_ptr<RowSource> open(const std::filesystem::path& path, TableOptions table = {},
                                  int threads = 2) const {
    return open_source(path, {.threads = threads, .table = std::move(table)});
  }
  /// Of a file of one column of features.
  std::unique_ptr<RowSource> open_features(const st::Array& features, TableOptions table = {}) {
    return open(
        st::write_parquet(folder_ / "t.parquet", {{"features", features}}, {.group_rows = 17}),
        std::move(table));
  }
  template <typename Value>
  void expect_pixels(const RowSource& source) {
    const std::vector<Value> expected(pixels_.values.begin(), pixels_.values.end());
    EXPECT_EQ(source.info().rows, rows);
    EXPECT_THAT(source.info().shape, ElementsAre(pixels_.features));
    for (const std::uint64_t step : {1, 7, 17, 50}) {
      EXPECT_EQ(test_files::read_all<Value>(source, step), expected) << step;
    }
  }
  [[nodiscard]] std::vector<std::string> label_names(const RowSource& source) const {
    std::vector<std::string> names;
    RowBlock block;
    source.read({0, source.info().rows}, block);
    for (const std::int32_t label : block.labels) {
      names.push_back(source.info().classes[static_cast<std::size_t>(label)]);
    }
    return names;
  }

  test_files::TemporaryFolder folder_;
  st::Pixels pixels_ = st::some_pixels(rows);
};

TEST_F(TableSource, ReadsBytes) {
  for (const st::Array& features :
       {st::binary(pixels_), st::binary<arrow::LargeBinaryBuilder>(pixels_),
        st::fixed_binary(pixels_)}) {
    const auto source = open_features(features);
    EXPECT_EQ(source->info().type, ElementType::uint8);
    expect_pixels<std::uint8_t>(*source);
  }
}

/// Every kind of list of numbers of this type.
template <typename ArrowType>
std::vector<st::Array> all_lists(const st::Pixels& pixels) {
  const auto values = st::numbers<ArrowType>(pixels.values);
  return {st::lists(values, pixels.features), st::large_lists(values, pixels.features),
          st::fixed_lists(values, pixels.features)};
}

TEST_F(TableSource, ReadsListsOfEveryNumber) {
  for (const auto& list : all_lists<arrow::UInt8Type>(pixels_)) {
    expect_pixels<std::uint8_t>(*open_features(list));
  }
  for (const auto& list : all_lists<arrow::Int16Type>(pixels_)) {
    expect_pixels<std::int16_t>(*open_features(list));
  }
  for (const auto& list : all_lists<arrow::FloatType>(pixels_)) {
    expect_pixels<float>(*open_features(list));
  }
  for (const auto& lists :
       {all_lists<arrow::UInt16Type>(pixels_), all_lists<arrow::Int32Type>(pixels_),
        all_lists<arrow::UInt32Type>(pixels_), all_lists<arrow::Int64Type>(pixels_),
        all_lists<arrow::UInt64Type>(pixels_), all_lists<arrow::DoubleType>(pixels_)}) {
    for (const auto& list : lists) expect_pixels<double>(*open_features(list));
  }
}

TEST_F(TableSource, ReadsHalvesAndBooleans) {
  arrow::HalfFloatBuilder halves;
  for (const std::uint16_t half : {0x3C00, 0xC000, 0x3800, 0x0001})
    st::require(halves.Append(half));
  const auto source = open_features(st::lists(st::require(halves.Finish()), 2));
  EXPECT_THAT(test_files::read_all<float>(*source, 2), ElementsAre(1, -2, 0.5, 0x1p-24F));
  const auto booleans = st::array_of<arrow::BooleanBuilder>(std::vector{true, false, true});
  const auto flags = open_features(st::lists(booleans, 3));
  EXPECT_THAT(test_files::read_all<std::uint8_t>(*flags, 1), ElementsAre(1, 0, 1));
}

TEST_F(TableSource, ReadsSignedBytesAsTheyStandUnlessToldOtherwise) {
  const auto list = st::lists(st::numbers<arrow::Int8Type>(pixels_.values), pixels_.features);
  const auto source = open_features(list);
  EXPECT_EQ(source->info().type, ElementType::int8);
  EXPECT_EQ(test_files::read_all<std::int8_t>(*source, 9)[3],
            static_cast<std::int8_t>(pixels_.values[3]));
  TableOptions options;
  options.unsigned_bytes = true;
  expect_pixels<std::uint8_t>(*open_features(list, options));
}

TEST_F(TableSource, ReadsVectorsOfSparkMl) {
  for (std::size_t i = 0; i < pixels_.values.size(); i += 3) pixels_.values[i] = 0;
  const std::vector<std::function<bool(std::size_t)>> kinds{
      [](std::size_t) { return true; }, [](std::size_t) { return false; },
      [](std::size_t row) { return row % 3 == 0; }, [](std::size_t row) { return row % 3 != 0; }};
  for (const auto& is_dense : kinds) {
    expect_pixels<double>(*open_features(st::vectors(pixels_, is_dense)));
  }
}

TEST_F(TableSource, ReadsManyColumns) {
  st::Columns bytes = st::pixel_columns(pixels_, {0, 1, 2, 3, 4, 5});
  st::Columns mixed = bytes;
  for (std::size_t j = 1; j < pixels_.features; j += 2) {
    mixed[j].second = st::numbers<arrow::FloatType>(st::column_of(pixels_, j));
  }
  bytes.insert(bytes.begin(), {"label", st::numbers<arrow::Int32Type>(some_labels())});
  TableOptions options;
  options.features_pattern = "*";  // the label is none, wherever labels come from
  const auto path = st::write_parquet(folder_ / "b.parquet", bytes);
  expect_pixels<std::uint8_t>(*open(path, options));
  std::string text;
  for (std::size_t i = 0; i < rows; ++i) text += i % 2 == 0 ? "b\n" : "a\n";
  expect_pixels<std::uint8_t>(*open_source(
      path, {.labels = folder_.write("labels.txt", text), .threads = 2, .table = options}));
  options.features_pattern = "p*";
  expect_pixels<double>(*open(st::write_parquet(folder_ / "m.parquet", mixed), options));
}

TEST_F(TableSource, ReadsImages) {
  arrow::BinaryBuilder files;
  for (int i = 0; i < 3; ++i) {
    const auto level = static_cast<std::uint8_t>(i);
    const image_files::Bytes png = image_files::png(2, 2, {level, 1, 2, 3});
    st::require(files.Append(png.data(), static_cast<std::int32_t>(png.size())));
  }
  const auto bytes = st::require(files.Finish());
  const auto images = st::require(arrow::StructArray::Make(
      std::vector{bytes, st::array_of<arrow::StringBuilder>(std::vector<std::string>(3, "x.png"))},
      std::vector<std::string>{"bytes", "path"}));
  for (const st::Array& column : {bytes, st::Array(images)}) {
    const auto source = open(st::write_parquet(folder_ / "i.parquet", {{"image", column}}));
    EXPECT_THAT(source->info().shape, ElementsAre(2, 2));
    EXPECT_THAT(test_files::read_all<std::uint8_t>(*source, 2),
                ElementsAre(0, 1, 2, 3, 1, 1, 2, 3, 2, 1, 2, 3));
    OpenOptions options;
    options.preprocessing.binarise = 1;
    const auto binary = open_source(folder_ / "i.parquet", options);
    EXPECT_THAT(test_files::read_all<std::uint8_t>(*binary, 3),
                ElementsAre(0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1));
  }
}

TEST_F(TableSource, ReadsFilesOfOtherProgramsAndCodecs) {
  for (const auto codec :
       {arrow::Compression::UNCOMPRESSED, arrow::Compression::SNAPPY, arrow::Compression::GZIP,
        arrow::Compression::ZSTD, arrow::Compression::LZ4_HADOOP, arrow::Compression::LZ4}) {
    ASSERT_TRUE(arrow::util::Codec::IsAvailable(codec));
    const auto lists = st::lists(st::numbers<arrow::Int64Type>(pixels_.values), pixels_.features);
    const auto path = st::write_parquet(folder_ / "c.parquet", {{"features", lists}},
                                        {.group_rows = 20, .codec = codec, .arrow_schema = false});
    expect_pixels<double>(*open(path));
  }
}

TEST_F(TableSource, ReadsArrowFiles) {
  const st::Columns columns{{"pixels", st::binary(pixels_)},
                            {"label", st::numbers<arrow::Int32Type>(some_labels())}};
  const auto source = open(st::write_arrow(folder_ / "t.arrow", columns, 13));
  expect_pixels<std::uint8_t>(*source);
  EXPECT_EQ(source->info().classes.size(), 6U);
}

TEST_F(TableSource, ReadsLabelsOfEveryKind) {
  const std::vector<int> values = some_labels();
  std::vector<std::string> expected;
  for (const int value : values) expected.push_back(std::to_string(value));
  const auto texts = st::array_of<arrow::StringBuilder>(expected);
  const auto encoded = st::require(arrow::DictionaryArray::FromArrays(
      st::numbers<arrow::Int8Type>(values),
      st::array_of<arrow::StringBuilder>(
          std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"})));
  for (const st::Array& labels :
       {st::numbers<arrow::Int8Type>(values), st::numbers<arrow::UInt64Type>(values),
        st::numbers<arrow::DoubleType>(values), st::numbers<arrow::FloatType>(values), texts,
        st::array_of<arrow::LargeStringBuilder>(expected), encoded}) {
    const auto path = st::write_parquet(folder_ / "l.parquet",
                                        {{"features", st::binary(pixels_)}, {"label", labels}},
                                        {.group_rows = 11});
    const auto source = open(path);
    EXPECT_EQ(label_names(*source), expected) << labels->type()->ToString();
    EXPECT_THAT(source->info().classes, ElementsAre("0", "1", "3", "4", "5", "9"));
  }
}

TEST_F(TableSource, ReadsBooleanLabels) {
  const auto labels = st::array_of<arrow::BooleanBuilder>(std::vector{true, false, true});
  const auto path = st::write_parquet(
      folder_ / "l.parquet", {{"features", st::binary(st::some_pixels(3))}, {"label", labels}});
  EXPECT_THAT(label_names(*open(path)), ElementsAre("true", "false", "true"));
}

TEST_F(TableSource, TakesLabelsFromFolders) {
  const auto part = [&](const std::string& folder, std::size_t count) {
    std::filesystem::create_directories(folder_ / folder);
    st::write_parquet(folder_ / folder / "part-0.parquet",
                      {{"features", st::binary(st::some_pixels(count))}});
  };
  part("t/kind=b/", 3);
  part("t/kind=a/", 2);
  folder_.write("t/_SUCCESS", "");
  TableOptions options;
  options.label = "kind";
  const auto source = open(folder_ / "t", options);
  EXPECT_EQ(label_names(*source), (std::vector<std::string>{"a", "a", "b", "b", "b"}));
  EXPECT_TRUE(open(folder_ / "t")->info().classes.empty());

  std::filesystem::create_directories(folder_ / "both/label=1");
  st::write_parquet(folder_ / "both/label=1/part-0.parquet",
                    {{"features", st::binary(st::some_pixels(2))},
                     {"label", st::numbers<arrow::Int32Type>(std::vector<int>{1, 1})}});
  EXPECT_EQ(label_names(*open(folder_ / "both")), (std::vector<std::string>{"1", "1"}));
  std::filesystem::rename(folder_ / "both/label=1", folder_ / "both/label=2");
  test_files::expect_error(ErrorKind::input, [&] { return open(folder_ / "both"); });
}

TEST_F(TableSource, TakesLabelsFromAFile) {
  const auto path = st::write_parquet(folder_ / "t.parquet", {{"features", st::binary(pixels_)}});
  OpenOptions options;
  options.labels = folder_.write("labels.txt", "b\na\n" + std::string(48 * 2, '\n'));
  test_files::expect_error(ErrorKind::input, [&] { return open_source(path, options); });
  std::string text;
  for (std::size_t i = 0; i < rows; ++i) text += i % 2 == 0 ? "b\n" : "a\n";
  options.labels = folder_.write("labels.txt", text);
  EXPECT_EQ(label_names(*open_source(path, options))[2], "b");
}

/// A table whose column `row` has these numbers.
st::Columns numbered(const st::Pixels& pixels, const std::vector<std::int64_t>& numbers) {
  return {{"features", st::binary(pixels)}, {"row", st::numbers<arrow::Int64Type>(numbers)}};
}

TEST_F(TableSource, TakesNumbersFromAColumn) {
  std::vector<std::int64_t> numbers(rows);
  std::iota(numbers.begin(), numbers.end(), 0);
  EXPECT_FALSE(open(st::write_parquet(folder_ / "a.parquet", numbered(pixels_, numbers)))
                   ->info()
                   .is_numbered);
  std::ranges::reverse(numbers);
  const auto path = st::write_parquet(folder_ / "b.parquet", numbered(pixels_, numbers));
  const auto source = open(path);
  ASSERT_TRUE(source->info().is_numbered);
  EXPECT_EQ(source->number(3), 46U);
  RowBlock block;
  source->read({2, 5}, block);
  EXPECT_EQ(block.first_row, 2U);
  EXPECT_THAT(block.numbers, ElementsAre(47, 46, 45));
  EXPECT_EQ(block.number(1), 46U);
}

TEST_F(TableSource, NumbersRowsByTheirOrderWhereAskedTo) {
  const auto path = st::write_parquet(folder_ / "a.parquet",
                                      numbered(pixels_, std::vector<std::int64_t>(rows, 3)));
  TableOptions options;
  options.row = "-";
  EXPECT_FALSE(open(path, options)->info().is_numbered);
}

TEST_F(TableSource, RefusesNumbersThatAreNone) {
  const std::vector<std::int64_t> base(rows, 0);
  const auto expect = [&](std::vector<std::int64_t> numbers, const std::string& text) {
    const auto path = st::write_parquet(folder_ / "r.parquet", numbered(pixels_, numbers));
    test_files::expect_error(ErrorKind::input, [&] { return open(path); }, {path.string(), text});
  };
  std::vector<std::int64_t> numbers(rows);
  std::iota(numbers.begin(), numbers.end(), 5);
  numbers[7] = 9;
  expect(numbers, "two rows have the number 9");
  numbers[7] = -1;
  expect(numbers, "row 7, column 'row': is -1");
}

TEST_F(TableSource, ReadsFilesOfAFolderInTheirOrder) {
  std::filesystem::create_directory(folder_ / "t");
  for (const int part : {10, 2, 0}) {
    const st::Pixels one{6, std::vector<std::uint8_t>(12, static_cast<std::uint8_t>(part))};
    st::write_parquet(folder_ / "t" / ("part-" + std::to_string(part) + ".parquet"),
                      {{"features", st::binary(one)}});
  }
  st::write_parquet(folder_ / "t" / "part-1.parquet", {{"features", st::binary({6, {}})}});
  const auto source = open(folder_ / "t");
  EXPECT_EQ(source->info().warnings.size(), 1U);
  const auto values = test_files::read_all<std::uint8_t>(*source, 5);
  ASSERT_EQ(values.size(), 36U);
  EXPECT_EQ(values[11], 0);
  EXPECT_EQ(values[12], 2);
  EXPECT_EQ(values[24], 10);
}

TEST_F(TableSource, IsReadByManyThreadsAtOnce) {
  const auto path = st::write_parquet(folder_ / "t.parquet", {{"features", st::binary(pixels_)}},
                                      {.group_rows = 10});
  const auto source = open(path);
  RowBlock expected;
  source->read({0, rows}, expected);
  std::vector<int> wrong(4, 0);
#pragma omp parallel for num_threads(4)
  for (int thread = 0; thread < 4; ++thread) {
    RowBlock block;
    for (std::uint64_t first = 0; first < rows; first += 3) {
      const std::uint64_t last = std::min<std::uint64_t>(rows, first + 3);
      source->read({first, last}, block);
      const bool same =
          std::equal(block.data, block.data + (last - first) * 6, expected.row(first));
      wrong[static_cast<std::size_t>(thread)] += same ? 0 : 1;
    }
  }
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace arete
