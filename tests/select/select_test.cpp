#include <gtest/gtest.h>

#include "arete/select/lambda_grid.hpp"
#include "arete/select/selection.hpp"

namespace arete {
namespace {

PathEntry entry(double lambda, std::uint64_t correct, double squared_error, bool solved = true) {
  PathEntry result;
  result.total.lambda = lambda;
  result.total.status = solved ? "solved" : "not positive definite";
  result.total.rows = 100;
  result.total.correct = correct;
  result.total.squared_error = squared_error;
  return result;
}

TEST(Selection, TakesTheMostCorrectAndTheLargerLambdaOfATie) {
  const std::vector<PathEntry> path{entry(1, 80, 5), entry(2, 90, 4), entry(3, 90, 3),
                                    entry(4, 85, 1)};
  EXPECT_EQ(select(path, Selection::accuracy), 2U);
  EXPECT_EQ(select(path, Selection::squared_error), 3U);
}

TEST(Selection, PassesOverWhatWasNotSolved) {
  const std::vector<PathEntry> path{entry(1, 99, 0, false), entry(2, 50, 4)};
  EXPECT_EQ(select(path, Selection::accuracy), 1U);
  EXPECT_EQ(select(path, Selection::squared_error), 1U);
  EXPECT_EQ(select(std::span(path).first(1), Selection::accuracy), std::nullopt);
}

TEST(Selection, CombinesFoldsBySumsAndTheWorst) {
  PathPoint a = entry(1, 80, 5).total;
  PathPoint b = entry(1, 70, 6).total;
  a.rcond = 0.1;
  b.rcond = 0.01;
  a.residual = 1e-17;
  b.residual = 1e-18;
  const PathPoint total = combine(std::vector{a, b});
  EXPECT_EQ(total.rows, 200U);
  EXPECT_EQ(total.correct, 150U);
  EXPECT_EQ(total.squared_error, 11);
  EXPECT_EQ(total.rcond, 0.01);
  EXPECT_EQ(total.residual, 1e-17);
  EXPECT_EQ(combine(std::vector{a, entry(1, 0, 0, false).total}).status, "not positive definite");
}

TEST(LambdaGrid, FollowsTheScaleOfTheData) {
  const auto grid = automatic_grid(2.6e8);
  ASSERT_EQ(grid.size(), 10U);
  EXPECT_EQ(grid.front(), 1e2);
  EXPECT_EQ(grid.back(), 1e11);
  EXPECT_EQ(automatic_grid(2.6e-4).front(), 1e-10);
  EXPECT_EQ(automatic_grid(0).front(), 1e-6);
}

TEST(LambdaGrid, IsExtendedByDecadesAtItsEndsOnly) {
  const auto grid = automatic_grid(1);
  EXPECT_EQ(extension(grid, 0, 1), 1e-7);
  EXPECT_EQ(extension(grid, 9, 1), 1e4);
  EXPECT_EQ(extension(grid, 4, 1), std::nullopt);
  EXPECT_EQ(extension(std::vector<double>{1e-12, 1}, 0, 1), std::nullopt);
}

}  // namespace
}  // namespace arete
