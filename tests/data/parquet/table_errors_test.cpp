#include <gmock/gmock.h>

#include <limits>

#include "arete/data/open.hpp"
#include "data/image_files.hpp"
#include "data/parquet/small_tables.hpp"
#include "data/test_files.hpp"

namespace arete {
namespace {

namespace st = small_tables;

/// Bad tables end in errors that name the file, the row group, the row and the column.
class TableErrors : public testing::Test {
 protected:
  void expect(ErrorKind kind, const st::Columns& columns, const std::vector<std::string>& parts,
              const OpenOptions& options = {}) {
    const auto path = st::write_parquet(folder_ / "bad.parquet", columns, {.group_rows = 4});
    const auto read = [&] {
      const auto source = open_source(path, options);
      RowBlock block;
      source->read({0, source->info().rows}, block);
      return 0;
    };
    test_files::expect_error(kind, read, parts);
  }
  void expect_bad(const st::Columns& columns, const std::vector<std::string>& parts) {
    expect(ErrorKind::input, columns, parts);
  }

  test_files::TemporaryFolder folder_;
  st::Pixels pixels_ = st::some_pixels(10);
};

TEST_F(TableErrors, NameNulls) {
  arrow::BinaryBuilder bytes;
  for (int i = 0; i < 9; ++i) {
    st::require(i == 6 ? bytes.AppendNull() : bytes.Append("abc"));
  }
  expect_bad({{"features", st::require(bytes.Finish())}},
             {"bad.parquet: row group 1, row 2, column 'features': is null"});

  arrow::Int32Builder values;
  for (int i = 0; i < 9; ++i) st::require(i == 7 ? values.AppendNull() : values.Append(i));
  expect_bad({{"features", st::lists(st::require(values.Finish()), 3)}},
             {"row group 0, row 2, column 'features': feature 1 is null"});

  arrow::Int32Builder labels;
  for (int i = 0; i < 10; ++i) st::require(i == 5 ? labels.AppendNull() : labels.Append(i));
  expect_bad({{"features", st::binary(pixels_)}, {"label", st::require(labels.Finish())}},
             {"row group 1, row 1, column 'label': is null"});
}

TEST_F(TableErrors, NameRaggedRows) {
  const std::vector<std::string> texts{"abcd", "abcd", "abcd", "abcd", "abcd", "abc"};
  expect_bad({{"features", st::array_of<arrow::BinaryBuilder>(texts)}},
             {"row group 1, row 1, column 'features': has 3 features, but the first row has 4"});
  const auto values = st::numbers<arrow::FloatType>(std::vector{1, 2, 3, 4, 5});
  const auto offsets = st::numbers<arrow::Int32Type>(std::vector{0, 2, 4, 5});
  expect_bad({{"features", st::require(arrow::ListArray::FromArrays(*offsets, *values))}},
             {"row group 0, row 2, column 'features': has 1 features, but the first row has 2"});
  expect_bad({{"features", st::array_of<arrow::BinaryBuilder>(std::vector<std::string>{""})}},
             {"has no features"});
}

TEST_F(TableErrors, NameTypesThatAreNotRead) {
  const std::vector<std::string> texts{"a", "b"};
  expect_bad({{"features", st::array_of<arrow::StringBuilder>(texts)}},
             {"row group 0: column 'features' is of type string; what is read"});
  const auto lists = st::lists(st::array_of<arrow::StringBuilder>(texts), 1);
  expect_bad({{"features", lists}}, {"'features' is of type list<"});
  expect_bad({{"features", st::binary(pixels_)},
              {"label", st::numbers<arrow::DoubleType>(std::vector<double>(10, 1.5))}},
             {"row group 0, row 0, column 'label': is 1.5"});
  expect_bad({{"features", st::binary(pixels_)}, {"label", st::binary(pixels_)}},
             {"column 'label': is of type binary; labels are"});
  expect_bad({{"features", st::binary(pixels_)}, {"row", st::binary(pixels_)}},
             {"column 'row': is of type binary; row numbers are"});
  expect_bad({{"features", st::binary(pixels_)},
              {"label", st::array_of<arrow::StringBuilder>(std::vector<std::string>(10, "a\nb"))}},
             {"is no name of a class"});
}

TEST_F(TableErrors, NameNumbersThatCannotBeHeld) {
  const std::vector<std::int64_t> values{1, (std::int64_t{1} << 53U) + 1};
  expect_bad({{"features", st::lists(st::numbers<arrow::Int64Type>(values), 1)}},
             {"row 1", "9007199254740993, which float64 cannot hold"});
  const std::vector<std::uint64_t> large{1, std::numeric_limits<std::uint64_t>::max()};
  expect_bad({{"features", st::lists(st::numbers<arrow::UInt64Type>(large), 1)}}, {"row 1"});
}

TEST_F(TableErrors, NameVectorsThatAreNone) {
  const auto make = [](std::int8_t type, std::vector<std::int32_t> places) {
    const std::vector<double> values(places.size(), 1.0);
    const auto list = [](const st::Array& array) {
      return st::lists(array, static_cast<std::size_t>(array->length()));
    };
    return st::Array(st::require(
        arrow::StructArray::Make(std::vector{st::numbers<arrow::Int8Type>(std::vector{type}),
                                             st::numbers<arrow::Int32Type>(std::vector{3}),
                                             list(st::numbers<arrow::Int32Type>(places)),
                                             list(st::numbers<arrow::DoubleType>(values))},
                                 st::vector_type()->fields())));
  };
  expect_bad({{"features", make(0, {0, 3})}}, {"index 3 of a sparse vector of 3"});
  expect_bad({{"features", make(0, {1, 1})}}, {"index 1 of a sparse vector of 3 follows 1"});
  expect_bad({{"features", make(0, {-1, 1})}}, {"index -1"});
  expect_bad({{"features", make(1, {0, 1})}}, {"has 2 features, but the first row has 3"});
}

TEST_F(TableErrors, NameImagesOfOtherSizes) {
  const auto column = [](const std::vector<std::string>& files) {
    return st::Columns{{"image", st::array_of<arrow::BinaryBuilder>(files)}};
  };
  const auto text = [](const image_files::Bytes& bytes) {
    return std::string(bytes.begin(), bytes.end());
  };
  const std::string small = text(image_files::png(2, 1, {1, 2}));
  const std::string large = text(image_files::png(2, 2, {1, 2, 3, 4}));
  expect_bad(column({small, large}), {"row 1, column 'image'", "2x2", "--image-size"});
  expect_bad(column({small, small.substr(0, 30)}), {"row 1, column 'image'", "PNG"});
}

TEST_F(TableErrors, SayWhichColumnsThereAre) {
  const st::Columns columns{{"data", st::binary(pixels_)},
                            {"digit", st::numbers<arrow::Int32Type>(std::vector<int>(10, 1))}};
  expect_bad(columns, {"--features-column", "data (binary), digit (int32)"});
  OpenOptions options;
  options.table.features = "absent";
  expect(ErrorKind::input, columns, {"no column 'absent'", "data (binary)"}, options);
  options.table = {.features = "data", .label = "absent"};
  expect(ErrorKind::input, columns, {"no column 'absent'", "--label-column"}, options);
  options.table = {.features_pattern = "x*"};
  expect(ErrorKind::input, columns, {"no column matches"}, options);
  options.table = {.features_pattern = "d*"};
  expect(ErrorKind::input, columns, {"column 'data'", "numbers are read"}, options);
  options.table = {.features = "data", .features_pattern = "d*"};
  expect(ErrorKind::usage, columns, {"exclude"}, options);
  options.table = {.features = "data", .unsigned_bytes = true};
  expect(ErrorKind::usage, columns, {"--unsigned", "binary"}, options);
  options.table = {.features = "data"};
  options.preprocessing.grayscale = true;
  expect(ErrorKind::usage, columns, {"--grayscale"}, options);
}

TEST_F(TableErrors, NameFilesThatDiffer) {
  std::filesystem::create_directory(folder_ / "t");
  const auto file = [&](const char* name) { return folder_ / "t" / name; };
  st::write_parquet(file("a.parquet"), {{"features", st::binary(pixels_)}});
  st::write_parquet(file("b.parquet"), {{"pixels", st::binary(pixels_)}});
  test_files::expect_error(ErrorKind::input, [&] { return open_source(folder_ / "t", {}); },
                           {"b.parquet: column 'features' is missing", "a.parquet"});
  st::write_parquet(file("b.parquet"), {{"features", st::fixed_binary(pixels_)}});
  test_files::expect_error(ErrorKind::input, [&] { return open_source(folder_ / "t", {}); },
                           {"b.parquet: column 'features' is of type fixed_size_binary[6]"});
}

TEST_F(TableErrors, SayThatThereAreNoRows) {
  expect_bad({{"features", st::binary({6, {}})}}, {"has no rows"});
}

TEST_F(TableErrors, OfColumnOptionsForOtherData) {
  const auto path = folder_.write("a.npy", test_files::npy("|u1", "(1, 2)", "ab"));
  OpenOptions options;
  options.table.label = "label";
  test_files::expect_error(ErrorKind::usage, [&] { return open_source(path, options); },
                           {"a.npy", "--label-column"});
}

}  // namespace
}  // namespace arete
