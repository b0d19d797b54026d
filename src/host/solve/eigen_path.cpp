#include <cblas.h>
#include <lapack.h>
#include <omp.h>

#include <algorithm>
#include <limits>

#include "arete/core/blas.hpp"
#include "arete/core/error.hpp"
#include "arete/core/parallel.hpp"
#include "arete/solve/condition.hpp"
#include "arete/solve/path_solvers.hpp"

namespace arete {

namespace {

/// dsyevd's workspace of 1 + 6 n + 2 n^2 is counted by a 32-bit integer.
constexpr std::size_t most_features = 32'000;

/// C = sum over m of values[m] e_m e_m', e_m being row m of `vectors`; values ascend.
struct Eigendecomposition {
  Buffer<double> values;  // aligned, as is what LAPACK works in: its bits depend on that
  Matrix<double> vectors;
};

Eigendecomposition decompose(const Matrix<double>& c) {
  Eigendecomposition result{Buffer<double>(c.rows()), c.clone()};
  if (c.rows() > most_features) {
    fail(ErrorKind::usage, "--solver eigen takes {} features at most, not {}; use cholesky",
         most_features, c.rows());
  }
  const auto n = static_cast<lapack_int>(c.rows());
  const lapack_int ask = -1;
  double work_size = 0;
  lapack_int integer_size = 0;
  lapack_int info = 0;
  LAPACK_dsyevd("V", "L", &n, result.vectors.data(), &n, result.values.data(), &work_size, &ask,
                &integer_size, &ask, &info);
  const auto work_count = static_cast<lapack_int>(work_size);
  Buffer<double> work(static_cast<std::size_t>(work_count));
  std::vector<lapack_int> integers(static_cast<std::size_t>(integer_size));
  LAPACK_dsyevd("V", "L", &n, result.vectors.data(), &n, result.values.data(), work.data(),
                &work_count, integers.data(), &integer_size, &info);
  if (info != 0) fail(ErrorKind::unsolved, "the eigendecomposition did not converge ({})", info);
  return result;
}

/// rows x d times d x d, row-major.
Matrix<double> multiply(const Matrix<double>& a, const Matrix<double>& b, CBLAS_TRANSPOSE trans) {
  const int d = static_cast<int>(b.rows());
  Matrix<double> product(a.rows(), a.columns());
  cblas_dgemm(CblasRowMajor, CblasNoTrans, trans, static_cast<int>(a.rows()), d, d, 1.0, a.data(),
              d, b.data(), d, 0.0, product.data(), d);
  return product;
}

/// Rows of `right_hand_side` times (C + lambda I)^-1.
Matrix<double> apply_inverse(const Eigendecomposition& eigen, double lambda,
                             const Matrix<double>& right_hand_side) {
  Matrix<double> projected = multiply(right_hand_side, eigen.vectors, CblasTrans);
  for (std::size_t k = 0; k < projected.rows(); ++k) {
    for (std::size_t m = 0; m < projected.columns(); ++m) {
      projected(k, m) /= eigen.values[m] + lambda;
    }
  }
  return multiply(projected, eigen.vectors, CblasNoTrans);
}

RidgeSolution solve_one(const CentredSystem& system, std::span<const double> off_diagonal,
                        const Eigendecomposition& eigen, double lambda) {
  RidgeSolution solution;
  solution.lambda = lambda;
  const double smallest = eigen.values[0] + lambda;
  const double largest = eigen.values[eigen.values.size() - 1] + lambda;
  solution.rcond = largest > 0 ? std::max(0.0, smallest / largest) : 0.0;
  const double resolution =
      static_cast<double>(eigen.values.size()) * std::numeric_limits<double>::epsilon();
  const double noise = *std::ranges::max_element(system.diagonal_noise);
  if (!(smallest > resolution * largest + noise)) return solution;
  const auto remainder_of = [&](const Matrix<double>& weights) {
    return remainder(system.gram, lambda, system.right_hand_side, weights, 1);
  };
  Matrix<double> weights = apply_inverse(eigen, lambda, system.right_hand_side);
  const Matrix<double> correction = apply_inverse(eigen, lambda, remainder_of(weights));
  for (std::size_t i = 0; i < weights.size(); ++i) weights.data()[i] += correction.data()[i];
  solution.status = SolveStatus::solved;
  solution.residual =
      residual(remainder_of(weights), weights, one_norm(system.gram, off_diagonal, lambda));
  solution.intercept = intercepts(system, weights);
  solution.weights = std::move(weights);
  return solution;
}

}  // namespace

std::vector<RidgeSolution> eigen_path(const CentredSystem& system, std::span<const double> lambdas,
                                      int threads, const std::function<void()>& between) {
  const SingleThreadBlas guard;
  const std::vector<double> off_diagonal = off_diagonal_sums(system.gram, threads);
  const Eigendecomposition eigen = decompose(system.gram);
  std::vector<RidgeSolution> solutions(lambdas.size());
  parallel_for(lambdas.size(), threads, [&](std::size_t l) {
    if (between && omp_get_thread_num() == 0) between();
    solutions[l] = solve_one(system, off_diagonal, eigen, lambdas[l]);
  });
  return solutions;
}

}  // namespace arete
