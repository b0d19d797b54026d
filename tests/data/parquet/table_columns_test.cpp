// Features that are many columns of a table: they are known by their names.
#include <gmock/gmock.h>

#include "arete/data/open.hpp"
#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"
#include "data/parquet/small_tables.hpp"
#include "data/test_files.hpp"

namespace arete {
namespace {

namespace st = small_tables;
using run::bytes_of;
using testing::ElementsAre;
using Order = std::vector<std::size_t>;
using Strings = std::vector<std::string>;

const Order straight{0, 1, 2, 3, 4, 5};
const Order mixed{3, 0, 5, 4, 1, 2};
const Strings names_straight{"p0", "p1", "p2", "p3", "p4", "p5"};

/// The columns of a model, taken from tables.
class KnownColumns : public testing::Test {
 protected:
  std::string write(const st::Columns& columns) {
    return st::write_parquet(folder_ / "t.parquet", columns, {.group_rows = 4});
  }

  static OpenOptions known(TableOptions table = {}) {
    OpenOptions options;
    options.table = std::move(table);
    options.column_names = names_straight;
    return options;
  }

  void expect_pixels(const std::string& path, const OpenOptions& options) {
    const auto source = open_source(path, options);
    EXPECT_EQ(source->info().column_names, names_straight);
    EXPECT_EQ(test_files::read_all<std::uint8_t>(*source, pixels_.rows()), pixels_.values);
  }

  void expect_error(ErrorKind kind, const st::Columns& columns, const Strings& texts,
                    const OpenOptions& options) {
    const std::string path = write(columns);
    test_files::expect_error(
        kind, [&] { return open_source(path, options); }, texts);
  }

  test_files::TemporaryFolder folder_;
  st::Pixels pixels_ = st::some_pixels(10);
  st::Array numbers_ = st::numbers<arrow::Int64Type>(std::vector{9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
};

TEST_F(KnownColumns, AreThoseThatATableWasOpenedBy) {
  OpenOptions options;
  options.table.features_pattern = "p*";
  EXPECT_THAT(open_source(write(st::pixel_columns(pixels_, mixed)), options)->info().column_names,
              ElementsAre("p3", "p0", "p5", "p4", "p1", "p2"));
  EXPECT_THAT(open_source(write({{"features", st::binary(pixels_)}}), {})->info().column_names,
              ElementsAre());
}

TEST_F(KnownColumns, AreTakenByNameFromAnyOrder) {
  st::Columns columns = st::pixel_columns(pixels_, mixed);
  expect_pixels(write(columns), known());
  expect_pixels(write(columns), known({.features_pattern = "p*"}));
  columns.insert(columns.begin() + 2, {"q", numbers_});
  columns.emplace_back("features", st::binary(pixels_));
  expect_pixels(write(columns), known());
  expect_pixels(st::write_arrow(folder_ / "t.arrow", columns, 3), known());
}

TEST_F(KnownColumns, AreTakenFromEveryFileOfATable) {
  std::filesystem::create_directory(folder_ / "t");
  const auto half = [&](const char* name, const Order& order, std::size_t first) {
    const auto begin = pixels_.values.begin() + static_cast<std::ptrdiff_t>(first * 6);
    st::write_parquet(folder_ / "t" / name, st::pixel_columns({6, {begin, begin + 5 * 6}}, order));
  };
  half("a.parquet", mixed, 0);
  half("b.parquet", {5, 4, 3, 2, 1, 0}, 5);
  expect_pixels(folder_ / "t", known());
}

TEST_F(KnownColumns, MayBeOneColumnOfAsMany) {
  const auto path = write({{"features", st::binary(pixels_)}, {"data", st::binary(pixels_)}});
  for (const OpenOptions& options : {known(), known({.features = "data"})}) {
    const auto source = open_source(path, options);
    EXPECT_THAT(source->info().column_names, ElementsAre());
    EXPECT_EQ(test_files::read_all<std::uint8_t>(*source, pixels_.rows()), pixels_.values);
  }
}

TEST_F(KnownColumns, AreNamedWhereTheyAreMissing) {
  const Strings texts{
      "t.parquet: has no column 'p2', a feature of the training rows (6 columns, "
      "'p0' to 'p5'); its columns are p0 (uint8), p1 (uint8), p3"};
  st::Columns columns = st::pixel_columns(pixels_, {0, 1, 3, 4, 5});
  expect_error(ErrorKind::input, columns, texts, known());
  expect_error(ErrorKind::input, columns, texts, known({.features_pattern = "p*"}));
  columns.emplace_back("features", st::binary(pixels_));
  expect_error(ErrorKind::input, columns, {"has no column 'p2'"}, known());
  expect_error(ErrorKind::input, {{"q0", numbers_}}, {"has no column 'p0'"}, known());
  expect_error(ErrorKind::input, {{"q0", numbers_}}, {"has no column 'p0'"},
               known({.features_pattern = "q*"}));
}

TEST_F(KnownColumns, MustBeJustThoseThatAPatternMatches) {
  st::Columns columns = st::pixel_columns(pixels_, mixed);
  columns.emplace_back("price", numbers_);
  expect_pixels(write(columns), known());
  expect_error(ErrorKind::usage, columns,
               {"--features-columns 'p*' takes 'price', which the training rows lack", "6 columns",
                "or be left out"},
               known({.features_pattern = "p*"}));
  expect_error(ErrorKind::usage, columns,
               {"--features-columns 'p[0-4]' leaves out 'p5', which the training rows have"},
               known({.features_pattern = "p[0-4]"}));
  expect_error(ErrorKind::usage, columns, {"--features-columns 'x*' leaves out 'p0'"},
               known({.features_pattern = "x*"}));
}

TEST_F(KnownColumns, AreNoLabelsWhateverTheirName) {
  OpenOptions options;
  options.column_names = {"row", "p1", "label"};
  const st::Columns columns{{"label", st::numbers<arrow::Int64Type>(std::vector{1, 2})},
                            {"p1", st::numbers<arrow::Int64Type>(std::vector{3, 4})},
                            {"row", st::numbers<arrow::Int64Type>(std::vector{5, 6})},
                            {"y", st::numbers<arrow::Int64Type>(std::vector{7, 8})}};
  const auto plain = open_source(write(columns), options);
  EXPECT_THAT(plain->info().classes, ElementsAre());
  EXPECT_FALSE(plain->info().is_numbered);
  EXPECT_THAT(test_files::read_all<double>(*plain, 2), ElementsAre(5, 3, 1, 6, 4, 2));
  options.table.label = "y";
  EXPECT_THAT(open_source(write(columns), options)->info().classes, ElementsAre("7", "8"));
  options.table.label = "p1";
  expect_error(ErrorKind::usage, columns,
               {"--label-column names 'p1', which is a feature of the training rows"}, options);
  options.table = {.row = "row"};
  expect_error(ErrorKind::usage, columns, {"--row-column names 'row'"}, options);
}

TEST_F(KnownColumns, MustBeNumbersAndEachOnce) {
  st::Columns columns = st::pixel_columns(pixels_, mixed);
  columns[4].second = st::binary(pixels_);
  expect_error(ErrorKind::input, columns,
               {"column 'p1' is taken for a feature", "numbers are read"}, known());
  columns = st::pixel_columns(pixels_, mixed);
  columns.push_back(columns.front());
  expect_error(ErrorKind::input, columns, {"has several columns 'p3'"}, known());
  OpenOptions unknown;
  unknown.table.features_pattern = "p*";
  expect_error(ErrorKind::input, columns, {"several columns are called 'p3'"}, unknown);
  columns.back().first = "p\xff";
  expect_error(ErrorKind::input, columns, {"the name of column 6 is empty, or no UTF-8"}, unknown);
}

/// The command, from tables whose columns are in another order.
class ColumnNames : public testing::Test {
 protected:
  void SetUp() override {
    train_ = write("train.parquet", straight);
    mixed_ = write("mixed.parquet", mixed);
    model_ = folder_ / "model";
    static_cast<void>(run::json_of(fit(train_, {"--features-columns", "p*", "--out", model_})));
  }

  /// Rows first..last-1, with labels in "label".
  std::string write(const std::string& name, const Order& order, std::uint32_t first = 0,
                    std::uint32_t last = rows) {
    st::Columns columns =
        st::pixel_columns({sample::features, sample::pixels(last - first, first)}, order);
    columns.emplace_back("label",
                         st::numbers<arrow::UInt8Type>(sample::labels(last - first, first)));
    return st::write_parquet(folder_ / name, columns);
  }

  static Strings fit(const std::string& data, const Strings& more) {
    Strings words{"fit", data, "--lambdas", "1,10,1e3"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  std::string moments(const std::string& data, const std::string& first_row) {
    const std::string out = data + ".moments";
    static_cast<void>(run::json_of(
        {"moments", data, "--features-columns", "p*", "--first-row", first_row, "-o", out}));
    return out;
  }

  static constexpr std::uint32_t rows = 300;
  test_files::TemporaryFolder folder_;
  std::string train_;
  std::string mixed_;
  std::string model_;
};

TEST_F(ColumnNames, OfAModelFindItsColumns) {
  const run::Json expected = run::json_of({"eval", model_, train_});
  EXPECT_GT(expected["accuracy"], 0.9);
  EXPECT_EQ(run::json_of({"eval", model_, mixed_}), expected);
  EXPECT_EQ(run::json_of({"eval", model_, mixed_, "--features-columns", "p*"}), expected);
  const auto predictions = [&](const std::string& data) {
    static_cast<void>(
        run::json_of({"predict", model_, data, "--scores", "--force", "-o", folder_ / "p.csv"}));
    return bytes_of(folder_ / "p.csv");
  };
  EXPECT_EQ(predictions(mixed_), predictions(train_));
  const auto page = [&](const std::string& data) {
    const run::Result result =
        run::arete({"report", model_, data, "--force", "-o", folder_ / "page.html"});
    EXPECT_EQ(result.exit, 0) << result.err;
    return bytes_of(folder_ / "page.html");
  };
  const std::string train_page = page(train_);
  std::filesystem::rename(mixed_, train_);
  EXPECT_EQ(page(train_), train_page);
}

TEST_F(ColumnNames, ThatDifferAreRefused) {
  const std::string fewer = write("fewer.parquet", {0, 1, 2, 3, 4});
  run::expect_failure({"eval", model_, fewer}, 3, "has no column 'p5'");
  run::expect_failure({"predict", model_, fewer}, 3, "has no column 'p5'");
  run::expect_failure({"eval", model_, mixed_, "--features-columns", "p[1-9]"}, 2, "'p0'");
  run::expect_failure(fit(train_, {"--features-columns", "p*", "--test", fewer}), 3, "'p5'");
}

TEST_F(ColumnNames, FindTheColumnsOfATestSet) {
  const auto tested = [&](const std::string& data, const Strings& more) {
    return run::json_of(fit(data, more))["test"].dump();
  };
  const std::string expected = tested(train_, {"--features-columns", "p*", "--test", train_});
  EXPECT_EQ(tested(train_, {"--features-columns", "p*", "--test", mixed_}), expected);
  const std::string sums = moments(train_, "0");
  EXPECT_EQ(tested(sums, {"--test", train_}), tested(sums, {"--test", mixed_}));
}

TEST_F(ColumnNames, AreNotAskedOfOtherData) {
  const std::string rows_npy = sample::write_npy(folder_, "rows", rows);
  const run::Json expected = run::json_of({"eval", model_, train_});
  EXPECT_EQ(run::json_of({"eval", model_, rows_npy, "--labels", folder_ / "rows-labels.npy"}),
            expected);
  const st::Pixels pixels{sample::features, sample::pixels(rows)};
  const std::string list = st::write_parquet(
      folder_ / "list.parquet", {{"features", st::binary(pixels)},
                                 {"label", st::numbers<arrow::UInt8Type>(sample::labels(rows))}});
  EXPECT_EQ(run::json_of({"eval", model_, list}), expected);

  // A model without names takes columns as they come.
  const std::string plain = folder_ / "plain";
  static_cast<void>(run::json_of(fit(list, {"--out", plain})));
  EXPECT_EQ(run::json_of({"eval", plain, train_, "--features-columns", "p*"}), expected);
  EXPECT_NE(run::json_of({"eval", plain, mixed_, "--features-columns", "p*"}), expected);
}

TEST_F(ColumnNames, MustAgreeForSumsToBeAdded) {
  const std::string whole = moments(train_, "0");
  const std::string first = moments(write("first.parquet", straight, 0, 100), "0");
  const std::string second = moments(write("second.parquet", straight, 100, 300), "100");
  const std::string other = moments(write("other.parquet", mixed, 100, 300), "100");
  const std::string merged = folder_ / "merged";
  run::expect_failure({"merge", first, other, "-o", merged}, 3,
                      "other.parquet.moments: feature 0 is column 'p3', but that of what it is "
                      "merged with is 'p0'");
  const std::string flat = sample::write_npy(folder_, "flat", 200, 100);
  static_cast<void>(run::json_of({"moments", flat, "--labels", folder_ / "flat-labels.npy",
                                  "--first-row", "100", "-o", folder_ / "flat.moments"}));
  run::expect_failure({"merge", first, folder_ / "flat.moments", "-o", merged}, 3,
                      "numbers without names");
  static_cast<void>(run::json_of({"merge", second, first, "-o", merged}));
  EXPECT_TRUE(bytes_of(merged) == bytes_of(whole));

  // The names go on with the sums.
  static_cast<void>(run::json_of(fit(merged, {"--out", folder_ / "from-sums"})));
  EXPECT_EQ(run::json_of({"eval", folder_ / "from-sums", mixed_}),
            run::json_of({"eval", folder_ / "from-sums", train_}));
}

TEST_F(ColumnNames, OfAStreamAreKept) {
  std::vector<std::int32_t> indices;
  for (const std::uint8_t label : sample::labels(rows)) indices.push_back(label);
  st::Columns columns = st::pixel_columns({sample::features, sample::pixels(rows)}, mixed);
  columns.emplace_back("label", st::require(arrow::DictionaryArray::FromArrays(
                                    st::numbers<arrow::Int32Type>(indices),
                                    st::numbers<arrow::Int64Type>(std::vector{0, 1, 2}))));
  run::Options options;
  options.input = st::write_arrow(folder_ / "stream", columns, 64, st::Ipc::stream);
  const run::Result result =
      run::arete({"moments", "-", "--features-columns", "p*", "-o", "-"}, options);
  ASSERT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(result.out == bytes_of(moments(mixed_, "0")));
}

TEST_F(ColumnNames, AreShown) {
  EXPECT_EQ(run::json_of({"inspect", model_})["columns"], run::Json(names_straight));
  EXPECT_EQ(run::json_of({"inspect", moments(train_, "0")})["columns"], run::Json(names_straight));
  EXPECT_EQ(run::json_of({"inspect", mixed_, "--features-columns", "p*"})["columns"].dump(),
            R"(["p3","p0","p5","p4","p1","p2"])");
  EXPECT_TRUE(run::json_of({"inspect", sample::write_npy(folder_, "r", 9)})["columns"].is_null());
}

}  // namespace
}  // namespace arete
