#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"
#include "data/test_files.hpp"

/// Data at the edges of what there can be: the answer is right, or the error is clear.
namespace arete::run {
namespace {

using test_files::TemporaryFolder;
using Strings = std::vector<std::string>;
using Values = std::function<double(std::size_t row, std::size_t column)>;
using Labels = std::function<std::int32_t(std::size_t row)>;

/// Noise that does not repeat, of unit size.
double noise(std::size_t row, std::size_t column) {
  return std::sin(static_cast<double>(12.9898 * static_cast<double>(row + 1) +
                                      78.233 * static_cast<double>(column + 1))) *
         std::cos(static_cast<double>((row + 3) * (column + 7)));
}

std::int32_t alternating(std::size_t row) { return static_cast<std::int32_t>(row % 2); }

class Limits : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  /// Writes rows of float64 and their labels; the words that name them.
  Strings data(std::size_t rows, std::size_t columns, const Values& value,
               const Labels& label = alternating) {
    std::vector<double> values;
    std::vector<std::int32_t> labels;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) values.push_back(value(i, j));
      labels.push_back(label(i));
    }
    const std::string n = std::to_string(rows);
    folder_.write("x.npy", test_files::npy("<f8", "(" + n + ", " + std::to_string(columns) + ")",
                                           test_files::bytes_of(values)));
    folder_.write("y.npy", test_files::npy("<i4", "(" + n + ",)", test_files::bytes_of(labels)));
    return {at("x.npy"), "--labels", at("y.npy"), "--threads", "2"};
  }

  static Strings fit(Strings data, const Strings& options) {
    data.insert(data.begin(), "fit");
    data.insert(data.end(), options.begin(), options.end());
    return data;
  }

  static double accuracy(const Json& result) { return result.at("best").at("accuracy"); }

  TemporaryFolder folder_;
};

TEST_F(Limits, OneFeatureAndTwoClasses) {
  const auto rows = data(50, 1, [](auto i, auto) { return i % 2 == 0 ? 10 : 0; });
  EXPECT_EQ(accuracy(json_of(fit(rows, {}))), 1);
}

TEST_F(Limits, OneRowOfEachClass) {
  const auto rows = data(
      6, 6, [](auto i, auto j) { return i == j ? 3 : 0; },
      [](auto i) { return static_cast<std::int32_t>(i); });
  // Held-out rows are of classes that nothing else is; nothing held out, all are right.
  json_of(fit(rows, {"--lambdas", "1"}));
  json_of(fit(rows, {"--holdout", "0", "--lambdas", "1e-3", "--out", at("model"), "--no-test"}));
  const Json tested = json_of({"eval", at("model"), at("x.npy"), "--labels", at("y.npy")});
  EXPECT_EQ(tested.at("correct"), 6);
}

TEST_F(Limits, MoreFeaturesThanRows) {
  const Json result = json_of(fit(data(10, 60, noise), {"--lambdas", "0,1e-3,1"}));
  EXPECT_EQ(result.at("path")[0].at("status"), "not positive definite");  // the rank is below 60
  EXPECT_EQ(result.at("path")[1].at("status"), "solved");
}

TEST_F(Limits, RowsThatAreAllTheSame) {
  const auto rows = data(
      40, 5, [](auto, auto j) { return static_cast<double>(j) + 0.5; },
      [](auto i) { return i % 4 == 0 ? 1 : 0; });
  const Json result = json_of(fit(rows, {}));  // nothing is known but how frequent classes are
  json_of(fit(rows, {"--lambdas", "1", "--out", at("model")}));
  EXPECT_EQ(json_of({"eval", at("model"), at("x.npy"), "--labels", at("y.npy")}).at("correct"), 30);
  EXPECT_EQ(result.at("path")[0].at("status"), "solved");
  const Result unsolved = arete(fit(rows, {"--lambdas", "0"}));
  EXPECT_EQ(unsolved.exit, 5);
  EXPECT_NE(unsolved.err.find("nearly constant"), std::string::npos) << unsolved.err;
  EXPECT_NE(unsolved.err.find("error: no lambda of the path"), std::string::npos) << unsolved.err;
}

TEST_F(Limits, DuplicatedColumns) {
  const auto rows =
      data(60, 8, [](auto i, auto j) { return noise(i, j / 2) + (i % 2 == 0 ? 3 : 0); });
  const Json result = json_of(fit(rows, {"--lambdas", "0,1e-2,1"}));
  EXPECT_EQ(result.at("path")[0].at("status"), "not positive definite");
  EXPECT_EQ(accuracy(result), 1);
}

TEST_F(Limits, ValuesWhoseSquaresNoFloatHolds) {
  expect_failure(fit(data(40, 5, [](auto i, auto j) { return 1e300 * noise(i, j); }), {}), 3,
                 "beyond what float64 can hold; scale the data down");
}

TEST_F(Limits, ScalesFarFromOne) {
  for (const double scale : {1e150, 1e100, 1e-100, 1e-140}) {
    SCOPED_TRACE(scale);
    const Values value = [scale](auto i, auto j) {
      return scale * (noise(i, j) + (i % 2 == 0 ? 3 : 0));
    };
    EXPECT_EQ(accuracy(json_of(fit(data(60, 4, value), {}))), 1);
  }
}

TEST_F(Limits, DenormalsAreAsGoodAsZero) {
  const auto rows = data(40, 5, [](auto i, auto j) { return 1e-310 * noise(i, j); });
  EXPECT_EQ(json_of(fit(rows, {"--lambdas", "1"})).at("path")[0].at("status"), "solved");
  const Json result = json_of(fit(rows, {}));
  EXPECT_EQ(result.at("path")[0].at("residual"), 0);
}

TEST_F(Limits, LambdasFromTheSmallestToTheLargest) {
  const auto rows = data(60, 4, [](auto i, auto j) { return noise(i, j) + (i % 2 == 0 ? 3 : 0); });
  const Json result = json_of(fit(rows, {"--lambdas", "1e-300,1e-100,1,1e100,1e300"}));
  for (const Json& entry : result.at("path")) {
    EXPECT_EQ(entry.at("status"), "solved");
    EXPECT_LE(entry.at("residual").get<double>(), 4 * std::numeric_limits<double>::epsilon());
  }
  EXPECT_EQ(accuracy(result), 1);
  expect_failure(fit(rows, {"--lambdas", "1e999"}), 2, "--lambdas");
  expect_failure(fit(rows, {"--lambdas", "-1"}), 2, "--lambdas");
}

TEST_F(Limits, SeventyThousandClasses) {
  const auto rows = data(70'000, 2, noise, [](auto i) { return static_cast<std::int32_t>(i); });
  const Json result = json_of(fit(rows, {"--lambdas", "1", "--no-test"}));
  EXPECT_EQ(result.at("data").at("classes"), 70'000);
  EXPECT_LT(result.at("peak_bytes").get<double>(), 1e9);
}

TEST_F(Limits, MoreElementsThanAnInt32Counts) {
  constexpr std::uint64_t rows = 22'000'000;
  constexpr std::uint64_t columns = 100;  // together 2.2e9
  if (std::getenv("ARETE_FULL_TESTS") == nullptr)
    GTEST_SKIP() << "reads 2.2 GB; ARETE_FULL_TESTS=1";
  sample::write_zeros(folder_, "x", rows, columns);
  const Json result = json_of({"fit", at("x.npy"), "--labels", at("x-labels.npy"), "--lambdas", "1",
                               "--memory", "1G", "--no-test"});
  EXPECT_EQ(result.at("data").at("rows"), rows);
  EXPECT_NEAR(accuracy(result), 2.0 / 3, 0.001);  // all pixels are zero: the frequent class
  EXPECT_LT(result.at("peak_bytes").get<double>(), 1.2e9);
}

TEST_F(Limits, TwentyThousandFeatures) {
  sample::write_zeros(folder_, "x", 60, 20'000);
  const Strings words = {"fit",       at("x.npy"), "--labels", at("x-labels.npy"),
                         "--lambdas", "1",         "--no-test"};
  Strings little = words;
  little.insert(little.end(), {"--memory", "1G"});
  expect_failure(little, 6, "the sums of 20000 features in 2 parts need");
  if (std::getenv("ARETE_FULL_TESTS") == nullptr) GTEST_SKIP() << "takes 23 GB; ARETE_FULL_TESTS=1";
  Strings all = words;
  all.insert(all.end(), {"--holdout", "0", "--memory", "20G"});
  EXPECT_EQ(json_of(all).at("data").at("features"), 20'000);
}

}  // namespace
}  // namespace arete::run
