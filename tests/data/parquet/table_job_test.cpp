// A job of several processes on tables writes the model of one process on IDX.
#include <gtest/gtest.h>

#include <numeric>

#include "cli/sample_data.hpp"
#include "data/parquet/small_tables.hpp"
#include "distributed/mpirun.hpp"

namespace arete::run {
namespace {

namespace st = small_tables;

class TableJobs : public Jobs, public testing::WithParamInterface<int> {
 protected:
  /// All rows backwards, with their numbers, in row groups of this many.
  std::string write(std::int64_t group_rows) {
    st::Pixels pixels{sample::features, {}};
    std::vector<std::uint8_t> labels;
    std::vector<std::int64_t> numbers;
    for (std::uint32_t row = rows; row-- > 0;) {
      const auto first = pixels_.begin() + row * sample::features;
      pixels.values.insert(pixels.values.end(), first, first + sample::features);
      labels.push_back(labels_[row]);
      numbers.push_back(row);
    }
    return st::write_parquet(folder_ / "rows.parquet",
                             {{"features", st::binary(pixels)},
                              {"label", st::numbers<arrow::UInt8Type>(labels)},
                              {"row", st::numbers<arrow::Int64Type>(numbers)}},
                             {.group_rows = group_rows});
  }

  static constexpr std::uint32_t rows = 1000;
  std::vector<std::uint8_t> pixels_ = sample::pixels(rows);
  std::vector<std::uint8_t> labels_ = sample::labels(rows);
};
INSTANTIATE_TEST_SUITE_P(Sizes, TableJobs, testing::Values(1, 2, 3));

TEST_P(TableJobs, TrainTheModelOfOneProcessOnIdx) {
  const auto fit = [this](const std::string& data, const std::string& model) {
    return Strings{"fit", data, "--shape", "2x3", "--out", at(model), "--no-test"};
  };
  static_cast<void>(json_of(fit(sample::write_mnist(folder_, "train", rows), "expected")));
  for (const std::int64_t group_rows : {64, 100'000}) {
    static_cast<void>(
        json_of_job(GetParam(), fit(write(group_rows), "found") + Strings{"--force"}));
    EXPECT_TRUE(bytes_of(at("found")) == bytes_of(at("expected"))) << group_rows;
  }
}

TEST_P(TableJobs, PredictByTheNumbersOfRows) {
  const std::string data = write(64);
  static_cast<void>(json_of({"fit", data, "--no-test", "--out", at("model")}));
  static_cast<void>(json_of({"predict", at("model"), data, "-o", at("expected.csv")}));
  static_cast<void>(json_of_job(GetParam(), {"predict", at("model"), data, "-o", at("found.csv")}));
  EXPECT_EQ(bytes_of(at("found.csv")), bytes_of(at("expected.csv")));
  EXPECT_TRUE(bytes_of(at("found.csv")).starts_with("row,class\n999,"));
}

TEST_F(Jobs, ReadNoStreams) {
  const Result result = job(2, {"moments", "-", "-o", at("x.moments")});
  EXPECT_EQ(result.exit, 2) << result.err;
  EXPECT_NE(result.err.find("standard input is read by one process"), std::string::npos);
}

}  // namespace
}  // namespace arete::run
