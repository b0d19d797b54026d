// What every backend must do; each program that links it says which ones it runs on.
#include "backend/backend_suite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "arete/core/error.hpp"
#include "arete/solve/path_solvers.hpp"
#include "core/expect_error.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"
#include "reference/reference.hpp"
#include "reference/session.hpp"

namespace arete {
namespace {

using reference::add_rows;
using reference::DataSet;
using reference::for_each_block;
using reference::options_for;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

class EveryBackend : public ::testing::TestWithParam<test::BackendUnderTest> {
 protected:
  /// Skips where the device is not there, unless the test is to prove that it is.
  void SetUp() override {
    try {
      backend_ = GetParam().open();
    } catch (const Error& error) {
      const bool is_gpu = GetParam().name.starts_with("cuda");
      if (!is_gpu || error.kind() != ErrorKind::unavailable ||
          std::getenv("ARETE_REQUIRE_GPU") != nullptr) {
        FAIL() << GetParam().name << ": " << error.what();
      }
      GTEST_SKIP() << "no GPU: " << error.what();
    }
  }

  [[nodiscard]] std::unique_ptr<Session> open(const SessionOptions& options) {
    return backend_->open(options);
  }

  [[nodiscard]] std::unique_ptr<Session> open_with(const DataSet& data, const PartRule& rule = {}) {
    auto session = open(options_for(data, rule));
    add_rows(*session, data);
    return session;
  }

  static std::unique_ptr<Session> cpu_with(const DataSet& data, const PartRule& rule = {}) {
    auto session = cpu_backend()->open(options_for(data, rule));
    add_rows(*session, data);
    return session;
  }

  std::unique_ptr<Backend> backend_;
};

void expect_identical_parts(Session& found, Session& expected) {
  const auto a = found.moments();
  const auto b = expected.moments();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t p = 0; p < a.size(); ++p) reference::expect_identical(a[p], b[p]);
}

TEST_P(EveryBackend, SumsIntegersToTheBitOfTheReference) {
  for (const ElementType type : {ElementType::uint8, ElementType::int8, ElementType::int16}) {
    for (const std::size_t features : {1, 16, 33, 100}) {
      const DataSet data = reference::random_data(type, 257, features, 3, features);
      for (const std::size_t rows : {1000, 50}) {
        const auto session = open(options_for(data));
        add_rows(*session, data, rows);
        reference::expect_identical(session->moments().front(), reference::moments(data));
      }
    }
  }
}

TEST_P(EveryBackend, SumsEveryPartOnItsOwn) {
  const DataSet data = reference::random_data(ElementType::uint8, 500, 21, 4, 8);
  for (const PartRule& rule :
       {holdout_rule(0.2, 3), folds_rule(5, 1), holdout_last_rule(0.3, {0, 500})}) {
    const auto session = open_with(data, rule);
    const auto parts = session->moments();
    ASSERT_EQ(parts.size(), static_cast<std::size_t>(part_count(rule)));
    for (std::size_t p = 0; p < parts.size(); ++p) {
      reference::expect_identical(parts[p], reference::moments(data, [&](std::size_t row) {
                                    return part_of(rule, row) == static_cast<int>(p);
                                  }));
    }
  }
}

TEST_P(EveryBackend, PartsAndScoresRowsByNumbersOfTheirOwn) {
  const DataSet data = reference::random_data(ElementType::uint8, 300, 12, 3, 8);
  DataSet backwards = data;
  std::ranges::reverse(backwards.rows);
  std::ranges::reverse(backwards.labels);
  const SessionOptions options = options_for(data, holdout_rule(0.3, 5));
  const auto expected = backend_->open(options);
  add_rows(*expected, data);
  const auto found = backend_->open(options);
  RowBlock block;
  reference::open(backwards)->read({0, 300}, block);
  for (std::uint64_t row = 300; row-- > 0;) block.numbers.push_back(row);
  found->add(block, "memory");
  const auto a = expected->moments();
  const auto b = found->moments();
  for (std::size_t part = 0; part < 2; ++part) reference::expect_identical(b[part], a[part]);

  const RidgePath path = expected->solve({1, {1, 1e3}});
  ScoreCounts of_data;
  const auto scorer = expected->scorer(path);
  for_each_block(data, 300, [&](const RowBlock& rows) { scorer->score(rows, 1, of_data); });
  ScoreCounts of_block;
  found->scorer(path)->score(block, 1, of_block);
  EXPECT_EQ(of_block.rows, of_data.rows);
  EXPECT_EQ(of_block.correct, of_data.correct);
}

TEST_P(EveryBackend, SumsPixelsStoredAsFloatsToTheSameBit) {
  const DataSet data = reference::random_data(ElementType::uint8, 300, 40, 3, 2);
  for (const ElementType type : {ElementType::float32, ElementType::float64}) {
    const auto session = open_with(reference::as_type(data, type));
    reference::expect_identical(session->moments().front(), reference::moments(data));
  }
}

TEST_P(EveryBackend, SumsFloatsCloseToTheReference) {
  for (const ElementType type : {ElementType::float32, ElementType::float64}) {
    const DataSet data = reference::random_data(type, 900, 30, 3, 5);
    const auto session = open_with(data);
    const Moments moments = std::move(session->moments().front());
    EXPECT_FALSE(moments.exact);
    reference::expect_close(moments, reference::moments(data), 1e-13);
  }
}

TEST_P(EveryBackend, SumsManyRowsOfExtremes) {
  // More than one int32 sum can take.
  DataSet data{ElementType::uint8, 5, {"a", "b"}, {}, {}};
  data.rows.assign(140'000, std::vector<double>(5, 255.0));
  data.labels.assign(data.rows.size(), 1);
  const auto session = open_with(data);
  const Moments moments = std::move(session->moments().front());
  EXPECT_EQ(moments.gram(0, 4), 255.0 * 255.0 * 140'000);
  EXPECT_EQ(moments.class_sums(1, 2), 255.0 * 140'000);
}

TEST_P(EveryBackend, SumsWideRowsToTheBitOfTheCpu) {
  if (!GetParam().computes_fast) GTEST_SKIP() << "too large for plain loops";
  for (const ElementType type : {ElementType::uint8, ElementType::int8, ElementType::int16}) {
    const DataSet data = reference::random_data(type, 700, 4'200, 12, 5);  // three strips
    const auto session = open_with(data, holdout_rule(0.2, 0));
    const auto cpu = cpu_with(data, holdout_rule(0.2, 0));
    expect_identical_parts(*session, *cpu);
  }
}

TEST_P(EveryBackend, AddsMoments) {
  const DataSet data = reference::random_data(ElementType::uint8, 200, 21, 3, 5);
  const auto session = open(options_for(data));
  add_rows(*session, data.slice(0, 80));
  std::vector<Moments> others;
  others.push_back(reference::moments(data.slice(80, 200)));
  session->add(others);
  reference::expect_identical(session->moments().front(), reference::moments(data));
}

TEST_P(EveryBackend, NamesTheFirstValueThatIsNotFinite) {
  DataSet data = reference::random_data(ElementType::float32, 50, 20, 2, 1);
  data.rows[31][17] = std::nan("");
  test::expect_error(ErrorKind::input, "memory: row 31, column 17",
                     [&] { return open_with(data); });
}

TEST_P(EveryBackend, SummarisesAsTheCpu) {
  const DataSet data = reference::random_data(ElementType::uint8, 300, 25, 4, 2);
  const auto session = open_with(data, folds_rule(3, 1));
  const auto cpu = cpu_with(data, folds_rule(3, 1));
  const DataSummary found = session->summary();
  const DataSummary expected = cpu->summary();
  EXPECT_EQ(found.rows, expected.rows);
  EXPECT_EQ(found.part_rows, expected.part_rows);
  EXPECT_EQ(found.class_counts, expected.class_counts);
  EXPECT_EQ(found.mean_eigenvalue, expected.mean_eigenvalue);
  EXPECT_EQ(found.exact, expected.exact);
}

TEST_P(EveryBackend, SolvesWithinTheResidualBound) {
  const std::vector<double> lambdas{1, 1e2, 1e5};
  for (const ElementType type : {ElementType::uint8, ElementType::float64}) {
    for (const std::size_t features : {7, 90, 600}) {
      if (features > 100 && !GetParam().computes_fast) continue;
      const DataSet data = reference::random_data(type, 2 * features + 50, features, 4, 6);
      const auto session = open_with(data, holdout_rule(0.2, 0));
      const auto cpu = cpu_with(data, holdout_rule(0.2, 0));
      for (const Solver solver : {Solver::cholesky, Solver::eigen}) {
        const RidgePath found = session->solve({1, lambdas, solver});
        const RidgePath expected = cpu->solve({1, lambdas, solver});
        for (std::size_t l = 0; l < lambdas.size(); ++l) {
          ASSERT_EQ(found.solutions[l].status, SolveStatus::solved);
          EXPECT_LE(found.solutions[l].residual, epsilon);
          EXPECT_NEAR(found.solutions[l].rcond, expected.solutions[l].rcond,
                      1e-6 * expected.solutions[l].rcond);
        }
      }
    }
  }
}

TEST_P(EveryBackend, SolvesAsTheReference) {
  const DataSet data = reference::random_data(ElementType::uint8, 200, 23, 4, 6);
  const auto training = [](std::size_t row) { return part_of(holdout_rule(0.3, 4), row) == 0; };
  const auto session = open_with(data, holdout_rule(0.3, 4));
  for (const Centring centring : {Centring::standard, Centring::odyssey}) {
    const RidgePath path = session->solve({1, {10.0}, Solver::cholesky, centring});
    const auto expected = reference::solve(reference::centre(data, centring, training), 10.0);
    EXPECT_LT(reference::weight_difference(path.solutions[0].weights, *expected), 1e-10);
  }
}

TEST_P(EveryBackend, TellsWhatCannotBeSolvedByItsStatus) {
  DataSet data = reference::random_data(ElementType::uint8, 90, 9, 2, 1);
  for (auto& row : data.rows) {
    row[4] = 7;
    row[8] = row[2];
  }
  const auto session = open_with(data);
  const RidgePath path = session->solve({SolveRequest::nothing, {0, 10}});
  EXPECT_EQ(path.solutions[0].status, SolveStatus::not_positive_definite);
  EXPECT_EQ(path.solutions[0].weights.size(), 0U);
  EXPECT_EQ(path.solutions[1].status, SolveStatus::solved);
}

TEST_P(EveryBackend, SolvesALambdaAlikeInAnyCompany) {
  for (const std::size_t features : {30, 600}) {  // in batches, and on lanes
    if (features > 100 && !GetParam().computes_fast) continue;
    const DataSet data = reference::random_data(ElementType::uint8, 150, features, 3, 6);
    const auto session = open_with(data);
    const RidgePath all = session->solve({SolveRequest::nothing, {1, 10, 100, 1e3, 1e4, 1e5, 1e6}});
    const RidgePath alone = session->solve({SolveRequest::nothing, {1e4}});
    EXPECT_TRUE(
        std::ranges::equal(alone.solutions[0].weights.span(), all.solutions[4].weights.span()));
    EXPECT_EQ(alone.solutions[0].rcond, all.solutions[4].rcond);
  }
}

TEST_P(EveryBackend, CountsWhatTheCpuCounts) {
  for (const ElementType type : {ElementType::uint8, ElementType::int8, ElementType::int16,
                                 ElementType::float32, ElementType::float64}) {
    for (const std::size_t features : {19, 700}) {
      if (features > 100 && !GetParam().computes_fast) continue;
      const std::size_t classes = features > 100 ? 80 : 5;
      const DataSet data = reference::random_data(type, 1'000, features, classes, 12);
      const PartRule rule = holdout_rule(0.4, 2);
      const auto session = open_with(data, rule);
      const auto cpu = cpu_with(data, rule);
      const RidgePath path = cpu->solve({1, std::vector<double>(20, 1e3)});
      ScoreCounts expected;
      ScoreCounts found;
      const auto is_even = [](std::uint64_t number) { return number % 2 == 0; };
      ScoreCounts picked;
      ScoreCounts picked_expected;
      const auto on_cpu = cpu->scorer(path);
      const auto scorer = session->scorer(path);
      for_each_block(data, 8192, [&](const RowBlock& block) {
        on_cpu->score(block, 1, expected);
        scorer->score(block, 1, found);
        scorer->score(pick_rows(block, is_even), 1, picked);
        on_cpu->score(pick_rows(block, is_even), 1, picked_expected);
      });
      EXPECT_EQ(found.rows, expected.rows);
      EXPECT_EQ(found.correct, expected.correct);
      EXPECT_GT(picked.rows, 0U);
      EXPECT_LT(picked.rows, found.rows);
      EXPECT_EQ(picked.rows, picked_expected.rows);
      EXPECT_EQ(picked.correct, picked_expected.correct);
    }
  }
}

TEST_P(EveryBackend, FindsTheSquaredErrorsOfTheCpu) {
  const DataSet data = reference::random_data(ElementType::uint8, 200, 14, 3, 30);
  const auto session = open_with(data, holdout_rule(0.3, 1));
  const auto cpu = cpu_with(data, holdout_rule(0.3, 1));
  const RidgePath path = cpu->solve({1, {0.1, 1e3, 1e7}});
  const auto expected = cpu->squared_errors(1, path);
  const auto found = session->squared_errors(1, path);
  for (std::size_t l = 0; l < 3; ++l) EXPECT_NEAR(found[l], expected[l], 1e-10 * expected[l]);
}

INSTANTIATE_TEST_SUITE_P(Backends, EveryBackend, ::testing::ValuesIn(test::backends_under_test()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace arete
