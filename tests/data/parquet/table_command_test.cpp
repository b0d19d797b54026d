// The command on tables: the same files as from IDX, whatever holds the pixels.
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"
#include "data/parquet/small_tables.hpp"

namespace arete {
namespace {

namespace st = small_tables;
using run::bytes_of;
using Strings = std::vector<std::string>;

constexpr std::uint32_t rows = 400;

class TableCommand : public testing::Test {
 protected:
  void SetUp() override { idx_ = sample::write_mnist(folder_, "train", rows); }

  /// The bytes of the model of some data.
  std::string model_of(const std::string& data, const Strings& more = {}) {
    const std::string model = folder_ / "model.safetensors";
    Strings words{"fit", data,    "--lambdas", "1,10,1e3", "--shape",
                  "2x3", "--out", model,       "--force"};
    words.insert(words.end(), more.begin(), more.end());
    static_cast<void>(run::json_of(words));
    return bytes_of(model);
  }

  [[nodiscard]] st::Columns columns(const st::Array& features) const {
    return {{"features", features}, {"label", st::numbers<arrow::UInt8Type>(labels_)}};
  }

  /// The rows in `parts` files, shuffled, with their numbers.
  std::string write_shuffled(std::size_t parts) {
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::mt19937(7));  // NOLINT(cert-msc*): seeded
    const std::filesystem::path folder = folder_ / ("shuffled-" + std::to_string(parts));
    std::filesystem::create_directory(folder);
    std::ofstream(folder / "_SUCCESS").close();
    for (std::size_t part = 0; part < parts; ++part) {
      st::Pixels pixels{sample::features, {}};
      std::vector<std::uint8_t> labels;
      std::vector<std::int64_t> numbers;
      for (std::size_t i = part; i < rows; i += parts) {
        const auto first = pixels_.values.begin() + order[i] * sample::features;
        pixels.values.insert(pixels.values.end(), first, first + sample::features);
        labels.push_back(labels_[order[i]]);
        numbers.push_back(order[i]);
      }
      st::write_parquet(folder / ("part-" + std::to_string(part) + ".parquet"),
                        {{"features", st::binary(pixels)},
                         {"label", st::numbers<arrow::UInt8Type>(labels)},
                         {"row", st::numbers<arrow::Int64Type>(numbers)}},
                        {.group_rows = 50});
    }
    return folder;
  }

  /// A stream of rows first..last-1, whose dictionary is in no order; `old`: as before Arrow 0.15.
  std::filesystem::path write_stream(std::size_t first, std::size_t last, bool old = false) {
    const auto pixels = columns(st::binary(pixels_));
    std::vector<std::int64_t> numbers(rows);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<std::int32_t> indices;
    for (const std::uint8_t label : labels_) indices.push_back((label + 1) % 3);
    const st::Array labels = st::require(
        arrow::DictionaryArray::FromArrays(st::numbers<arrow::Int32Type>(indices),
                                           st::numbers<arrow::Int64Type>(std::vector{2, 0, 1})));
    const st::Columns all{{"features", st::binary(pixels_)},
                          {"label", labels},
                          {"row", st::numbers<arrow::Int64Type>(numbers)}};
    st::Columns some;
    for (const auto& [name, array] : all) {
      some.emplace_back(name, array->Slice(static_cast<std::int64_t>(first),
                                           static_cast<std::int64_t>(last - first)));
    }
    return st::write_arrow(folder_ / (old ? "old stream" : "stream"), some, 13,
                           old ? st::Ipc::old_stream : st::Ipc::stream);
  }

  test_files::TemporaryFolder folder_;
  std::string idx_;
  st::Pixels pixels_{sample::features, sample::pixels(rows)};
  std::vector<std::uint8_t> labels_ = sample::labels(rows);
};

TEST_F(TableCommand, TrainsTheModelOfIdxFromEveryType) {
  const std::string expected = model_of(idx_);
  const auto expect_same = [&](const st::Array& features, const Strings& more = {}) {
    const auto path =
        st::write_parquet(folder_ / "t.parquet", columns(features), {.group_rows = 90});
    EXPECT_TRUE(model_of(path, more) == expected) << features->type()->ToString();
  };
  const auto lists = [&]<typename ArrowType>(const ArrowType&) {
    return st::lists(st::numbers<ArrowType>(pixels_.values), sample::features);
  };
  expect_same(st::binary(pixels_));
  expect_same(lists(arrow::UInt8Type()));
  expect_same(lists(arrow::Int8Type()), {"--unsigned"});
  expect_same(lists(arrow::Int16Type()));
  expect_same(lists(arrow::UInt16Type()));
  expect_same(lists(arrow::Int32Type()));
  expect_same(lists(arrow::UInt32Type()));
  expect_same(lists(arrow::Int64Type()));
  expect_same(lists(arrow::UInt64Type()));
  expect_same(lists(arrow::FloatType()));
  expect_same(lists(arrow::DoubleType()));
  expect_same(st::vectors(pixels_, [](std::size_t) { return true; }));
  expect_same(st::vectors(pixels_, [](std::size_t row) { return row % 2 == 0; }));
}

TEST_F(TableCommand, TrainsTheModelOfIdxFromAnyPartition) {
  const std::string expected = model_of(idx_);
  const std::string by_folds = model_of(idx_, {"--folds", "3", "--select", "mse"});
  for (const std::size_t parts : {1, 4, 37}) {
    const std::string data = write_shuffled(parts);
    EXPECT_TRUE(model_of(data) == expected) << parts;
    EXPECT_TRUE(model_of(data, {"--threads", "3"}) == expected) << parts;
    EXPECT_TRUE(model_of(data, {"--folds", "3", "--select", "mse"}) == by_folds) << parts;
  }
  EXPECT_TRUE(model_of(write_shuffled(2), {"--holdout-last", "0.25"}) ==
              model_of(idx_, {"--holdout-last", "0.25"}));
}

TEST_F(TableCommand, MakesTheMomentsOfIdxFromStreams) {
  const std::string expected = folder_ / "expected.moments";
  // As flat rows, which is what a table has.
  const std::string flat = sample::write_npy(folder_, "rows", rows);
  static_cast<void>(run::json_of(
      {"moments", flat, "--labels", folder_ / "rows-labels.npy", "-o", expected, "--folds", "3"}));
  Strings merge{"merge"};
  for (const auto& [first, last] : {std::pair{250, 400}, {0, 100}, {100, 250}}) {
    run::Options options;
    options.input = write_stream(static_cast<std::size_t>(first), static_cast<std::size_t>(last));
    const run::Result result = run::arete({"moments", "-", "-o", "-", "--folds", "3"}, options);
    ASSERT_EQ(result.exit, 0) << result.err;
    EXPECT_EQ(result.err, "");
    merge.push_back(folder_.write("part-" + std::to_string(first), result.out));
  }
  merge.insert(merge.end(), {"-o", folder_ / "merged.moments"});
  static_cast<void>(run::json_of(merge));
  EXPECT_TRUE(bytes_of(folder_ / "merged.moments") == bytes_of(expected));
}

TEST_F(TableCommand, RefusesStreamsThatAreNone) {
  const auto expect = [&](const std::filesystem::path& input, int exit, const std::string& text,
                          const Strings& more = {}) {
    run::Options options;
    options.input = input;
    Strings words{"moments", "-", "-o", "-"};
    words.insert(words.end(), more.begin(), more.end());
    run::expect_failure(words, exit, text, options);
  };
  const std::filesystem::path whole = write_stream(0, 50);
  expect("/dev/null", 3, "standard input");
  const std::string bytes = bytes_of(whole);
  constexpr std::size_t mark = 8;  // of the end
  expect(folder_.write("no end", bytes.substr(0, bytes.size() - mark)), 3, "no mark of its end");
  expect(folder_.write("two", bytes + bytes), 3, "goes on after the end");
  expect(folder_.write("cut", bytes_of(whole).substr(0, 2000)), 3, "standard input");
  expect(write_stream(0, 0), 3, "has no rows");
  expect(st::write_arrow(folder_ / "plain", columns(st::binary(pixels_)), 50, st::Ipc::stream), 3,
         "dictionary-encoded");
  expect(
      st::write_arrow(folder_ / "none", {{"features", st::binary(pixels_)}}, 50, st::Ipc::stream),
      3, "no column 'label'");
  expect(whole, 2, "--rows", {"--rows", "5"});
  run::Options terminal;
  terminal.output = run::Output::terminal;
  EXPECT_EQ(run::arete({"moments", idx_, "-o", "-"}, terminal).exit, 2);
}

TEST_F(TableCommand, ReplacesNoFileThatIsRead) {
  const auto write = [&](const std::string& name) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    return st::write_parquet(folder_ / name, columns(st::binary(pixels_)));
  };
  const std::string file = write("deep/a/x.parquet");
  write("deep/b/x.parquet");
  const std::string store = write("store/x.parquet");
  std::filesystem::create_directory(folder_ / "linked");
  std::filesystem::create_symlink(store, folder_ / "linked/x.parquet");
  const std::string bytes = bytes_of(file);
  const auto expect = [&](const std::string& data, const std::string& out) {
    run::expect_failure({"fit", folder_ / data, "--lambdas", "1", "--out", out, "--force"}, 2,
                        "--out");
  };
  expect("deep/*/x.parquet", file);
  expect("deep/?/*", file);
  expect("linked", store);
  expect("linked", folder_ / "linked/x.parquet");
  // Nor is a file laid where it would be taken for one of the table.
  expect("store", folder_ / "store/model");
  EXPECT_EQ(bytes_of(file), bytes);
  EXPECT_EQ(bytes_of(store), bytes);
  static_cast<void>(run::json_of(
      {"fit", folder_ / "store", "--lambdas", "1", "--out", folder_ / "store/_model"}));
  static_cast<void>(run::json_of(
      {"fit", folder_ / "deep/*/x.parquet", "--lambdas", "1", "--out", folder_ / "deep/a/model"}));
}

TEST_F(TableCommand, TakesStreamsOfOldWriters) {
  run::Options options;
  options.input = write_stream(0, 50);
  const std::string expected = run::arete({"moments", "-", "-o", "-"}, options).out;
  EXPECT_FALSE(expected.empty());
  options.input = write_stream(0, 50, true);
  EXPECT_EQ(run::arete({"moments", "-", "-o", "-"}, options).out, expected);
  const std::string bytes = bytes_of(options.input);
  options.input = folder_.write("old cut", bytes.substr(0, bytes.size() - 4));
  run::expect_failure({"moments", "-", "-o", "-"}, 3, "no mark of its end", options);
}

TEST_F(TableCommand, PredictsByTheNumbersOfRows) {
  static_cast<void>(model_of(idx_));
  const std::string model = folder_ / "model.safetensors";
  const auto lines = [&](const std::string& data) {
    const run::Result result = run::arete({"predict", model, data});
    EXPECT_EQ(result.exit, 0) << result.err;
    Strings sorted;
    std::istringstream text(result.out);
    for (std::string line; std::getline(text, line);) sorted.push_back(line);
    std::ranges::sort(sorted);
    return sorted;
  };
  const std::string shuffled = write_shuffled(4);
  EXPECT_EQ(lines(shuffled), lines(idx_));
  EXPECT_EQ(run::json_of({"eval", model, shuffled}), run::json_of({"eval", model, idx_}));
  run::expect_failure({"predict", model, shuffled, "-o", folder_ / "p.npy"}, 2, "numbers");
}

TEST_F(TableCommand, SaysWhatATableHolds) {
  const run::Json json = run::json_of({"inspect", write_shuffled(4)});
  EXPECT_EQ(json["rows"], rows);
  EXPECT_EQ(json["type"], "uint8");
  EXPECT_EQ(json["classes"].dump(), R"(["0","1","2"])");
  run::expect_failure({"fit", idx_, "--label-column", "x"}, 2, "--label-column");
}

}  // namespace
}  // namespace arete
