#include "arete/solve/condition.hpp"

#include <cblas.h>
#include <lapack.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "arete/core/parallel.hpp"

namespace arete {

namespace {

constexpr std::size_t column_block = 64;  // columns whose sums one thread collects
constexpr std::size_t panel_size = 64;    // classes of one call of dsymm

double absolute_sum(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return sum;
}

std::vector<double> diagonal_of(const Matrix<double>& matrix) {
  std::vector<double> diagonal(matrix.rows());
  for (std::size_t j = 0; j < diagonal.size(); ++j) diagonal[j] = matrix(j, j);
  return diagonal;
}

}  // namespace

std::vector<double> off_diagonal_sums(const Matrix<double>& c, int threads) {
  const std::size_t n = c.rows();
  std::vector<double> sums(n, 0.0);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::size_t first = 0; first < n; first += column_block) {
    const std::size_t last = std::min(n, first + column_block);
    for (std::size_t i = 0; i < last; ++i) {
      for (std::size_t j = std::max(first, i + 1); j < last; ++j) sums[j] += std::abs(c(i, j));
    }
    for (std::size_t j = first; j < last; ++j) {
      sums[j] += absolute_sum(c.row(j).subspan(j + 1));
    }
  }
  return sums;
}

double one_norm(std::span<const double> diagonal, std::span<const double> off_diagonal,
                double lambda) {
  double norm = 0;
  for (std::size_t j = 0; j < diagonal.size(); ++j) {
    norm = std::max(norm, off_diagonal[j] + std::abs(diagonal[j] + lambda));
  }
  return norm;
}

double one_norm(const Matrix<double>& c, std::span<const double> off_diagonal, double lambda) {
  return one_norm(diagonal_of(c), off_diagonal, lambda);
}

double reciprocal_condition(const Matrix<double>& factor, double norm) {
  const auto n = static_cast<lapack_int>(factor.rows());
  Matrix<double> work(3, factor.rows());  // aligned: on it depends how OpenBLAS's level 1 rounds
  std::vector<lapack_int> integers(factor.rows());
  double rcond = 0;
  lapack_int info = 0;
  LAPACK_dpocon("L", &n, factor.data(), &n, &norm, &rcond, work.data(), integers.data(), &info);
  return rcond;
}

bool pivots_hold(std::span<const double> factor_diagonal, std::span<const double> diagonal,
                 std::span<const double> diagonal_noise, double lambda) {
  for (std::size_t j = 0; j < diagonal.size(); ++j) {
    const double error = 8 * static_cast<double>(j + 1) * std::numeric_limits<double>::epsilon();
    const double pivot = factor_diagonal[j] * factor_diagonal[j];
    if (!(pivot > error * (diagonal[j] + lambda) + diagonal_noise[j])) return false;
  }
  return true;
}

bool pivots_hold(const Matrix<double>& factor, const Matrix<double>& c,
                 std::span<const double> diagonal_noise, double lambda) {
  return pivots_hold(diagonal_of(factor), diagonal_of(c), diagonal_noise, lambda);
}

Matrix<double> remainder(const Matrix<double>& c, double lambda,
                         const Matrix<double>& right_hand_side, const Matrix<double>& weights,
                         int threads) {
  const int n = static_cast<int>(c.rows());
  const std::size_t classes = weights.rows();
  Matrix<double> result = right_hand_side.clone();
  parallel_for((classes + panel_size - 1) / panel_size, threads, [&](std::size_t panel) {
    const std::size_t first = panel * panel_size;
    const std::size_t count = std::min(panel_size, classes - first);
    cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, n, static_cast<int>(count), -1.0, c.data(), n,
                weights.row(first).data(), n, 1.0, result.row(first).data(), n);
    for (std::size_t k = first; k < first + count; ++k) {
      for (std::size_t j = 0; j < c.rows(); ++j) result(k, j) -= lambda * weights(k, j);
    }
  });
  return result;
}

double residual(const Matrix<double>& remainder, const Matrix<double>& weights, double norm) {
  double largest_remainder = 0;
  double largest_weight = 0;
  const auto raise = [](double& largest, double value) {
    if (!(value <= largest)) largest = value;  // a NaN must show
  };
  for (std::size_t k = 0; k < weights.rows(); ++k) {
    raise(largest_remainder, absolute_sum(remainder.row(k)));
    raise(largest_weight, absolute_sum(weights.row(k)));
  }
  return largest_weight == 0 || norm == 0 ? 0 : largest_remainder / (norm * largest_weight);
}

}  // namespace arete
