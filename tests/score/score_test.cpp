#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "arete/core/blas.hpp"
#include "arete/score/counting.hpp"
#include "arete/score/squared_error.hpp"
#include "arete/solve/path_solvers.hpp"
#include "reference/data_set.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

constexpr auto every_row = [](std::size_t) { return true; };

RidgePath path_of(const reference::DataSet& data, std::span<const double> lambdas) {
  const CentredSystem system = centre(reference::moments(data), 1);
  return {data.classes, system.column_means, cholesky_path(system, lambdas, 1, 0)};
}

struct Block {
  RowBlock block;
  std::vector<const std::byte*> rows;

  explicit Block(const reference::DataSet& data) {
    reference::open(data)->read({0, data.rows.size()}, block);
    for (std::size_t i = 0; i < block.rows; ++i) rows.push_back(block.row(i));
  }
};

TEST(Counting, CountsWhatTheReferencePredicts) {
  for (const ElementType type : {ElementType::uint8, ElementType::int8, ElementType::int16,
                                 ElementType::float32, ElementType::float64}) {
    const auto data = reference::random_data(type, 2 * score_tile_rows + 17, 19, 5, 12);
    const std::vector<double> lambdas{1, 100, 1e5};
    const RidgePath path = path_of(data, lambdas);
    const Block block(data);
    for (const int threads : {1, 2, 3}) {
      std::vector<std::uint64_t> correct(lambdas.size(), 0);
      count_correct(block.rows, block.block.labels, type, make_path_scorer(path), correct, threads);
      for (std::size_t l = 0; l < lambdas.size(); ++l) {
        const auto solution =
            reference::solve(reference::centre(data, Centring::standard, every_row), lambdas[l]);
        std::uint64_t expected = 0;
        for (std::size_t r = 0; r < data.rows.size(); ++r) {
          expected += reference::predict(*solution, data.rows[r]) == data.labels[r] ? 1 : 0;
        }
        EXPECT_EQ(correct[l], expected);
      }
    }
  }
}

TEST(Counting, LeavesOutWhatWasNotSolved) {
  auto data = reference::random_data(ElementType::uint8, 60, 5, 2, 1);
  for (auto& row : data.rows) row[1] = 0;
  const std::vector<double> lambdas{0, 10};
  const RidgePath path = path_of(data, lambdas);
  ASSERT_EQ(path.solutions[0].status, SolveStatus::not_positive_definite);
  const Block block(data);
  std::vector<std::uint64_t> correct(2, 0);
  count_correct(block.rows, block.block.labels, data.type, make_path_scorer(path), correct, 2);
  EXPECT_EQ(correct[0], 0U);
  EXPECT_GT(correct[1], 30U);
}

TEST(Scores, OfARowDoNotDependOnItsCompany) {
  const SingleThreadBlas guard;
  const auto data = reference::random_data(ElementType::float64, score_tile_rows, 101, 3, 21);
  LinearScorer scorer{Matrix<double>(37, 101), std::vector<double>(37, 0.25)};
  for (std::size_t i = 0; i < scorer.weights.size(); ++i) {
    scorer.weights.data()[i] = std::sin(static_cast<double>(i));
  }
  const Block block(data);
  ScoreTile all(101, 37);
  score_tile(block.rows, data.type, scorer, all);
  ScoreTile one(101, 37);
  for (std::size_t r = 0; r < block.rows.size(); ++r) {
    score_tile(std::span(block.rows).subspan(r, 1), data.type, scorer, one);
    for (std::size_t k = 0; k < 37; ++k) ASSERT_EQ(one.scores(0, k), all.scores(r, k)) << r;
  }
}

TEST(Scores, TiesGoToTheFirstClass) {
  EXPECT_EQ(best_class(std::vector<double>{1, 3, 3, 2}), 1U);
  EXPECT_EQ(best_class(std::vector<double>{-5}), 0U);
}

TEST(SquaredError, FromMomentsIsThatOfTheRows) {
  for (const ElementType type : {ElementType::uint8, ElementType::float64}) {
    const auto data = reference::random_data(type, 160, 14, 3, 30);
    const auto training = [](std::size_t row) { return row < 100; };
    const auto held_out = [](std::size_t row) { return row >= 100; };
    const std::vector<double> lambdas{0.1, 1e3, 1e7};
    const RidgePath path = path_of(data.slice(0, 100), lambdas);
    const auto errors = squared_errors(reference::moments(data, held_out), path, 2);
    for (std::size_t l = 0; l < lambdas.size(); ++l) {
      const auto solution =
          reference::solve(reference::centre(data, Centring::standard, training), lambdas[l]);
      const double expected =
          static_cast<double>(reference::squared_error(data, *solution, held_out));
      EXPECT_NEAR(errors[l], expected, 1e-10 * expected);
    }
  }
}

TEST(SquaredError, OfWhatWasNotSolvedIsNotANumber) {
  auto data = reference::random_data(ElementType::uint8, 60, 5, 2, 1);
  for (auto& row : data.rows) row[1] = 0;
  const std::vector<double> lambdas{0, 10};
  const auto errors = squared_errors(reference::moments(data), path_of(data, lambdas), 1);
  EXPECT_TRUE(std::isnan(errors[0]));
  EXPECT_FALSE(std::isnan(errors[1]));
}

}  // namespace
}  // namespace arete
