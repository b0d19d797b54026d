#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "arete/core/blas.hpp"
#include "arete/solve/cholesky.hpp"
#include "arete/solve/path_solvers.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr auto every_row = [](std::size_t) { return true; };

using PathFunction = std::vector<RidgeSolution> (*)(const CentredSystem&, std::span<const double>,
                                                    int);

std::vector<RidgeSolution> by_cholesky(const CentredSystem& system, std::span<const double> lambdas,
                                       int threads) {
  return cholesky_path(system, lambdas, threads, 0);
}

std::vector<RidgeSolution> by_eigen(const CentredSystem& system, std::span<const double> lambdas,
                                    int threads) {
  return eigen_path(system, lambdas, threads);
}

class Path : public ::testing::TestWithParam<PathFunction> {
 protected:
  [[nodiscard]] static std::vector<RidgeSolution> solve(const CentredSystem& system,
                                                        std::vector<double> lambdas,
                                                        int threads = 2) {
    return GetParam()(system, lambdas, threads);
  }
};

TEST_P(Path, AgreesWithTheReference) {
  const auto data = reference::random_data(ElementType::uint8, 200, 23, 4, 6);
  const CentredSystem system = centre(reference::moments(data), 1);
  const auto expected_system = reference::centre(data, Centring::standard, every_row);
  const std::vector<double> lambdas{0, 1e-3, 1, 1e4, 1e9};
  const auto path = solve(system, lambdas);
  for (std::size_t l = 0; l < lambdas.size(); ++l) {
    ASSERT_EQ(path[l].status, SolveStatus::solved);
    EXPECT_EQ(path[l].lambda, lambdas[l]);
    EXPECT_LE(path[l].residual, epsilon);
    EXPECT_GT(path[l].rcond, 0);
    const auto expected = reference::solve(expected_system, lambdas[l]);
    ASSERT_TRUE(expected);
    EXPECT_LT(reference::weight_difference(path[l].weights, *expected), 1e-11);
    for (std::size_t k = 0; k < 4; ++k) {
      EXPECT_NEAR(path[l].intercept[k], static_cast<double>(expected->intercept[k]), 1e-9);
    }
  }
}

TEST_P(Path, ThreadsAndCompanyDoNotChangeABit) {
  const auto data = reference::random_data(ElementType::float64, 400, 150, 3, 6);
  const CentredSystem system = centre(reference::moments(data), 1);
  const auto expected = solve(system, {0.5}, 1);
  for (const int threads : {1, 2, 3}) {
    const auto path = solve(system, {0.1, 0.5, 2, 10, 30}, threads);
    EXPECT_TRUE(std::ranges::equal(path[1].weights.span(), expected[0].weights.span()));
    EXPECT_EQ(path[1].intercept, expected[0].intercept);
    EXPECT_EQ(path[1].rcond, expected[0].rcond);
  }
}

TEST_P(Path, ConstantColumnsAreNotPositiveDefiniteAtZeroAndTheOthersStand) {
  auto data = reference::random_data(ElementType::uint8, 100, 10, 2, 6);
  for (auto& row : data.rows) row[4] = 7;
  const CentredSystem system = centre(reference::moments(data), 1);
  const auto path = solve(system, {0, 1});
  EXPECT_EQ(path[0].status, SolveStatus::not_positive_definite);
  EXPECT_EQ(path[0].weights.size(), 0U);
  EXPECT_EQ(path[1].status, SolveStatus::solved);
}

TEST_P(Path, ConstantColumnsOfFloatsAreNotPositiveDefiniteAtZeroEither) {
  // What is left of such a column's variance is rounding, and may have either sign.
  for (const double constant : {3.3, 0.3, 0.1, 1000.7, -1e-5}) {
    auto data = reference::random_data(ElementType::float64, 1000, 10, 2, 6);
    for (auto& row : data.rows) row[3] = constant;
    const CentredSystem system = centre(reference::moments(data), 1);
    const auto path = solve(system, {0, 1});
    EXPECT_EQ(path[0].status, SolveStatus::not_positive_definite) << constant;
    EXPECT_EQ(path[1].status, SolveStatus::solved);
  }
}

TEST_P(Path, RepeatedSolvesAreTheSameToTheBit) {
  const auto data = reference::random_data(ElementType::uint8, 300, 101, 3, 6);
  const CentredSystem system = centre(reference::moments(data), 1);
  const auto expected = solve(system, {1e-5}, 1);
  std::vector<std::vector<double>> shifting;  // what is allocated next lies elsewhere each time
  for (std::size_t i = 0; i < 20; ++i) {
    shifting.emplace_back(2 * i + 1);
    const auto path = solve(system, {1e-5}, 1);
    EXPECT_EQ(path[0].rcond, expected[0].rcond);
    EXPECT_TRUE(std::ranges::equal(path[0].weights.span(), expected[0].weights.span()));
  }
}

TEST_P(Path, ARepeatedColumnIsNotPositiveDefiniteAtZeroWhereverItStands) {
  for (const std::size_t features : {2, 3, 5, 8, 20, 33, 64}) {
    for (std::size_t copy = 0; copy + 1 < features; ++copy) {
      auto data = reference::random_data(ElementType::uint8, 3 * features + 5, features, 3,
                                         1000 * features + copy);
      for (auto& row : data.rows) row[features - 1] = row[copy];
      const CentredSystem system = centre(reference::moments(data), 1);
      const auto path = solve(system, {0, 1});
      EXPECT_EQ(path[0].status, SolveStatus::not_positive_definite)
          << "column " << copy << " of " << features << ", rcond " << path[0].rcond;
      EXPECT_EQ(path[1].status, SolveStatus::solved);
    }
  }
}

TEST_P(Path, FewerRowsThanFeaturesAreSolvedWithLambda) {
  const auto data = reference::random_data(ElementType::float32, 10, 40, 2, 3);
  const CentredSystem system = centre(reference::moments(data), 1);
  const auto path = solve(system, {0, 1});
  EXPECT_EQ(path[0].status, SolveStatus::not_positive_definite);
  ASSERT_EQ(path[1].status, SolveStatus::solved);
  EXPECT_LE(path[1].residual, epsilon);
}

TEST_P(Path, ScalingTheDataScalesTheSolution) {
  // (s^2 C + s^2 lambda I) W' = s B has W' = W / s: exactly, for a power of two.
  const auto data = reference::random_data(ElementType::int8, 90, 12, 3, 3);
  auto doubled = reference::as_type(data, ElementType::int16);
  for (auto& row : doubled.rows) {
    for (double& value : row) value *= 2;
  }
  const auto path = solve(centre(reference::moments(data), 1), {8});
  const auto scaled = solve(centre(reference::moments(doubled), 1), {32});
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t j = 0; j < 12; ++j) {
      EXPECT_NEAR(scaled[0].weights(k, j), path[0].weights(k, j) / 2,
                  1e-13 * std::abs(path[0].weights(k, j)) + 1e-17);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Solvers, Path, ::testing::Values(&by_cholesky, &by_eigen));

Matrix<double> random_positive_definite(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  Matrix<double> a(n, n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) a(i, j) = uniform(random);
    a(i, i) = static_cast<double>(n);
  }
  return a;
}

TEST(TiledCholesky, IsTheFactorForAnyTileAndTheSameForAnyThreads) {
  const SingleThreadBlas guard;
  for (const std::size_t n : {1, 7, 64, 65, 200}) {
    const Matrix<double> a = random_positive_definite(n, n);
    for (const std::size_t tile : {16, 64, 256}) {
      Matrix<double> one = a.clone();
      ASSERT_TRUE(factorise_tiled(one, tile, 1));
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i; j < n; ++j) {
          double sum = 0;
          for (std::size_t m = 0; m <= i; ++m) sum += one(m, i) * one(m, j);
          ASSERT_NEAR(sum, a(i, j), 1e-13 * static_cast<double>(n));
        }
      }
      for (const int threads : {2, 3}) {
        Matrix<double> several = a.clone();
        ASSERT_TRUE(factorise_tiled(several, tile, threads));
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t j = i; j < n; ++j) ASSERT_EQ(several(i, j), one(i, j));
        }
      }
    }
  }
}

TEST(TiledCholesky, FindsAMatrixThatIsNotPositiveDefinite) {
  const SingleThreadBlas guard;
  for (const std::size_t bad : {0, 31, 32, 99}) {
    Matrix<double> a = random_positive_definite(100, 3);
    a(bad, bad) = -1;
    EXPECT_FALSE(factorise_tiled(a, 32, 2));
  }
}

TEST(TiledCholesky, StopsWhenItIsToldTo) {
  const SingleThreadBlas guard;
  for (const int threads : {1, 2}) {
    Matrix<double> a = random_positive_definite(200, 3);
    std::atomic<int> asked = 0;
    EXPECT_FALSE(factorise_tiled(a, 16, threads, [&] { return ++asked < 5; }));
    EXPECT_LT(asked, 5 + threads);  // of some 500 tiles
  }
}

TEST(CholeskyPath, EndsWithWhatBetweenThrowsInTheMiddleOfAFactorisation) {
  const std::size_t n = tiled_from_features;
  CentredSystem system;
  system.gram = Matrix<double>(n, n, 0.0);
  for (std::size_t i = 0; i < n; ++i) system.gram(i, i) = 1;
  system.right_hand_side = Matrix<double>(2, n, 1.0);
  system.diagonal_noise.assign(n, 0.0);
  system.column_means.assign(n, 0.0);
  system.target_means.assign(2, 0.0);
  int calls = 0;
  const auto between = [&] {
    if (++calls == 3) throw std::runtime_error("enough");
  };
  // Of several threads, others might do all the tiles.
  EXPECT_THROW(static_cast<void>(cholesky_path(system, std::vector{1.0}, 1, 0, between)),
               std::runtime_error);
  EXPECT_EQ(calls, 3);
}

TEST(Cholesky, SolvesMoreRightHandSidesThanAPanelHolds) {
  const SingleThreadBlas guard;
  const Matrix<double> a = random_positive_definite(30, 5);
  Matrix<double> factor = a.clone();
  ASSERT_TRUE(factorise(factor, 1));
  Matrix<double> x(150, 30, 0.0);
  for (std::size_t r = 0; r < 150; ++r) x(r, r % 30) = 1;
  solve_factorised(factor, x, 2);
  for (std::size_t r = 0; r < 150; ++r) {
    for (std::size_t i = 0; i < 30; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < 30; ++j) sum += (i <= j ? a(i, j) : a(j, i)) * x(r, j);
      ASSERT_NEAR(sum, i == r % 30 ? 1 : 0, 1e-13);
    }
  }
}

}  // namespace
}  // namespace arete
