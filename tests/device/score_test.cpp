#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "device/score/digit_scale.hpp"
#include "device/score/path_scorer.hpp"
#include "device/small_session.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

using reference::DataSet;
using test::add_rows;
using test::on_host_device;
using test::options_for;

TEST(DigitScale, LeavesRoomForTheDigits) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> exponent(-40, 40);
  for (int digits = 1; digits <= 5; ++digits) {
    for (int i = 0; i < 1000; ++i) {
      const double largest = std::exp2(exponent(random));
      const double scale = device::digit_scale(largest, digits);
      EXPECT_LE(largest / scale, std::ldexp(126.0, 8 * (digits - 1)));
      EXPECT_GT(largest / scale, std::ldexp(126.0, 8 * (digits - 1)) / 2.0000001);
      EXPECT_EQ(std::log2(scale), std::round(std::log2(scale)));
    }
  }
  EXPECT_EQ(device::digit_scale(0, 3), 1);
}

TEST(SplitDigits, AreTheWeightsToHalfTheScale) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (int digits = 1; digits <= 5; ++digits) {
    std::vector<double> weights(300);
    for (double& weight : weights) weight = normal(random);
    weights[0] = -*std::ranges::max_element(weights);  // both ends of the range
    double largest = 0;
    for (const double weight : weights) largest = std::max(largest, std::abs(weight));
    const double scale = device::digit_scale(largest, digits);
    std::vector<std::int8_t> into(static_cast<std::size_t>(digits) * 304);
    const device::SplitDigits split{weights.data(), &scale, 1, 300, digits, into.data(), 304};
    for (std::size_t i = 0; i < split.size(); ++i) split(i);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      std::int64_t value = 0;
      for (int t = 0; t < digits; ++t) {
        value = value * 256 + into[static_cast<std::size_t>(t) * 304 + i];
      }
      EXPECT_LE(std::abs(static_cast<double>(value) * scale - weights[i]), scale / 2);
    }
  }
}

struct Case {
  ElementType type;
  device::ScoreMethod method;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << name_of(c.type) << " by method " << static_cast<int>(c.method);
}

class DeviceScores : public ::testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] static device::Tuning tuning(bool keep_rows) {
    device::Tuning tuning = test::small_tuning();
    tuning.score = GetParam().method;
    tuning.keep_rows = keep_rows;
    return tuning;
  }

  /// Both sessions' counts for `path`, of part 1.
  static std::pair<ScoreCounts, ScoreCounts> count(const DataSet& data, const RidgePath& path,
                                                   bool keep_rows, bool added) {
    const SessionOptions options = options_for(data, holdout_rule(0.6, 1));
    const auto cpu = cpu_backend()->open(options);
    const auto device =
        on_host_device(options, test::Schedule::as_late_as_possible, tuning(keep_rows));
    if (added) add_rows(*device, data, data.rows.size());
    std::pair<ScoreCounts, ScoreCounts> counts;
    const auto expected = cpu->scorer(path);
    const auto found = device->scorer(path);
    RowBlock block;
    const auto source = reference::open(data);
    source->read({0, data.rows.size() / 2}, block);
    expected->score(block, 1, counts.first);
    found->score(block, 1, counts.second);
    source->read({data.rows.size() / 2, data.rows.size()}, block);
    expected->score(block, 1, counts.first);
    found->score(block, 1, counts.second);
    return counts;
  }
};

RidgePath path_of(const DataSet& data) {
  const auto session = cpu_backend()->open(options_for(data));
  add_rows(*session, data, 8192);
  return session->solve({SolveRequest::nothing, {1, 100, 1e5}});
}

TEST_P(DeviceScores, AreTheCountsOfTheCpu) {
  const DataSet data = reference::random_data(GetParam().type, 401, 19, 5, 12);
  const RidgePath path = path_of(data);
  for (const bool keep_rows : {false, true}) {
    for (const bool added : {false, true}) {
      const auto [expected, found] = count(data, path, keep_rows, added);
      EXPECT_EQ(found.rows, expected.rows);
      EXPECT_EQ(found.correct, expected.correct);
    }
  }
}

TEST_P(DeviceScores, LeaveOutWhatWasNotSolved) {
  const DataSet data = reference::random_data(GetParam().type, 120, 5, 2, 1);
  RidgePath path = path_of(data);
  path.solutions[1] = RidgeSolution{};
  const auto [expected, found] = count(data, path, false, false);
  EXPECT_EQ(found.correct, expected.correct);
  EXPECT_EQ(found.correct[1], 0U);
  for (RidgeSolution& solution : path.solutions) solution = RidgeSolution{};
  const auto [none_expected, none] = count(data, path, false, false);
  EXPECT_EQ(none.rows, none_expected.rows);
  EXPECT_EQ(none.correct, std::vector<std::uint64_t>(3, 0));
}

TEST_P(DeviceScores, GoToTheFirstClassWhereTwoAreEqual) {
  const DataSet data = reference::random_data(GetParam().type, 150, 7, 4, 3);
  RidgePath path = path_of(data);
  for (RidgeSolution& solution : path.solutions) {
    for (const std::size_t twin : {1, 3}) {  // of class 0 and of class 2
      std::ranges::copy(solution.weights.row(twin - 1), solution.weights.row(twin).begin());
      solution.intercept[twin] = solution.intercept[twin - 1];
    }
  }
  const auto [expected, found] = count(data, path, false, false);
  EXPECT_EQ(found.correct, expected.correct);
}

INSTANTIATE_TEST_SUITE_P(
    Types, DeviceScores,
    ::testing::Values(Case{ElementType::uint8, device::ScoreMethod::digits},
                      Case{ElementType::int8, device::ScoreMethod::digits},
                      Case{ElementType::uint8, device::ScoreMethod::float64},
                      Case{ElementType::int16, device::ScoreMethod::automatic},
                      Case{ElementType::float32, device::ScoreMethod::automatic},
                      Case{ElementType::float64, device::ScoreMethod::automatic}));

TEST(DigitScores, AreScoredAgainWhereTheMarginIsSmall) {
  DataSet data = reference::random_data(ElementType::uint8, 300, 12, 3, 8);
  RidgePath path = path_of(data);
  const SessionOptions options = options_for(data);
  const auto device = test::host_device();
  const device::Tuning tuning = [] {
    device::Tuning small = test::small_tuning();
    small.score = device::ScoreMethod::digits;
    return small;
  }();
  RowBlock block;
  reference::open(data)->read({0, 300}, block);
  const auto rescored = [&] {
    device::RowFeed feed(*device, options, tuning, 0);
    device::DeviceScorer scorer(*device, feed, options, path, tuning);
    ScoreCounts counts;
    scorer.score(block, 0, counts);
    EXPECT_EQ(counts.rows, 300U);
    return scorer.rescored();
  };
  EXPECT_LT(rescored(), 3U);
  // Two classes that differ by less than a digit: every row that they lead is open.
  for (RidgeSolution& solution : path.solutions) {
    for (std::size_t j = 0; j < 12; ++j) {
      solution.weights(1, j) = solution.weights(0, j) * (1 + 1e-13);
    }
    solution.intercept[1] = solution.intercept[0] = 1e3;
  }
  EXPECT_EQ(rescored(), 300U);
}

}  // namespace
}  // namespace arete
