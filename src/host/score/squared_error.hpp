#pragma once

#include <vector>

#include "arete/moments/moments.hpp"
#include "arete/solve/ridge_path.hpp"

namespace arete {

/// For every solution of `path` the sum over the rows that `held_out` was made of, and over all
/// classes, of (y - x'w - intercept)^2 with targets y = +1 for the row's class and -1 elsewhere;
/// NaN where it was not solved. No row is needed: with C, B, m and ybar the centred moments and
/// means of those n rows,
///   sum_k [ n (1 - ybar_k^2) - 2 w_k'B_k + w_k'C w_k + n (ybar_k - m'w_k - intercept_k)^2 ],
/// which is y'y - 2 tr(W'B) + tr(W'GW) written so that nothing large cancels.
[[nodiscard]] std::vector<double> squared_errors(const Moments& held_out, const RidgePath& path,
                                                 int threads);

}  // namespace arete
