#include "arete/solve/cholesky.hpp"

#include <lapack.h>

#include <algorithm>

namespace arete {

namespace {

constexpr std::size_t tile_size = 256;
constexpr std::size_t panel_size = 64;  // right-hand sides of one call

}  // namespace

// LAPACK's matrices are column-major: our upper triangle is its lower one.

bool factorise(Matrix<double>& a, int threads, const std::function<bool()>& goes_on) {
  if (a.rows() >= tiled_from_features) return factorise_tiled(a, tile_size, threads, goes_on);
  const auto n = static_cast<lapack_int>(a.rows());
  lapack_int info = 0;
  LAPACK_dpotrf("L", &n, a.data(), &n, &info);
  return info == 0;
}

void solve_factorised(const Matrix<double>& factor, Matrix<double>& right_hand_sides, int threads) {
  const auto n = static_cast<lapack_int>(factor.rows());
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::size_t first = 0; first < right_hand_sides.rows(); first += panel_size) {
    const auto count =
        static_cast<lapack_int>(std::min(panel_size, right_hand_sides.rows() - first));
    lapack_int info = 0;
    LAPACK_dpotrs("L", &n, &count, factor.data(), &n, right_hand_sides.row(first).data(), &n,
                  &info);
  }
}

}  // namespace arete
