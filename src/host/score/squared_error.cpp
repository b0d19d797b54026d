#include "arete/score/squared_error.hpp"

#include <cblas.h>

#include <limits>
#include <numeric>

#include "arete/core/blas.hpp"
#include "arete/core/parallel.hpp"
#include "arete/solve/centring.hpp"

namespace arete {

namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double squared_error(const CentredSystem& held_out, double rows, const RidgeSolution& solution) {
  const Matrix<double>& w = solution.weights;
  const int d = static_cast<int>(w.columns());
  Matrix<double> cw(w.rows(), w.columns());
  cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, d, static_cast<int>(w.rows()), 1.0,
              held_out.gram.data(), d, w.data(), d, 0.0, cw.data(), d);
  double sum = 0;
  for (std::size_t k = 0; k < w.rows(); ++k) {
    const double target = held_out.target_means[k];
    const double offset = target - dot(held_out.column_means, w.row(k)) - solution.intercept[k];
    sum += rows * (1.0 - target * target) - 2.0 * dot(w.row(k), held_out.right_hand_side.row(k)) +
           dot(w.row(k), cw.row(k)) + rows * offset * offset;
  }
  return sum;
}

}  // namespace

std::vector<double> squared_errors(const Moments& held_out, const RidgePath& path, int threads) {
  const SingleThreadBlas guard;
  const CentredSystem system = centre(held_out, threads);
  std::vector<double> errors(path.solutions.size(), std::numeric_limits<double>::quiet_NaN());
  parallel_for(errors.size(), threads, [&](std::size_t l) {
    if (path.solutions[l].status == SolveStatus::solved) {
      errors[l] = squared_error(system, static_cast<double>(held_out.rows), path.solutions[l]);
    }
  });
  return errors;
}

}  // namespace arete
