#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "arete/solve/centring.hpp"
#include "arete/solve/ridge_path.hpp"

namespace arete {

/// Solves (C + lambda I) W = B for every lambda by Cholesky. Each lambda has its own status:
/// not positive definite where the factorisation breaks down, where one of its pivots may be
/// nothing but rounding (see pivots_hold: a column that repeats another passes the factorisation in
/// half of all cases), or where rcond < epsilon / 4. `memory` (bytes; 0: no limit) caps how many
/// lambdas are factorised at once. Intercepts are target_means - column_means' W.
///
/// Here and below `between`, where there is one, is called between lambdas, and by cholesky_path
/// between the tiles of a large factorisation, by the thread that called; what it throws ends the
/// path.
[[nodiscard]] std::vector<RidgeSolution> cholesky_path(const CentredSystem& system,
                                                       std::span<const double> lambdas, int threads,
                                                       std::size_t memory,
                                                       const std::function<void()>& between = {});

/// The same from one eigendecomposition of C, which pays for very long paths (measured in
/// bench/solve: from about 37 lambdas at 784 features). Eigenvalues are known to about features x
/// epsilon x the largest: lambdas that do not lift the smallest one above that are not positive
/// definite here. Each solution is refined once, which brings its residual to that of Cholesky.
[[nodiscard]] std::vector<RidgeSolution> eigen_path(const CentredSystem& system,
                                                    std::span<const double> lambdas, int threads,
                                                    const std::function<void()>& between = {});

/// target_means_k - column_means' w_k for every class.
[[nodiscard]] std::vector<double> intercepts(const CentredSystem& system,
                                             const Matrix<double>& weights);

}  // namespace arete
