#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/moments/moments.hpp"

namespace arete {

enum class Solver : std::uint8_t {
  cholesky,  ///< one factorisation for each lambda
  eigen,     ///< one eigendecomposition for all of them
};

enum class SolveStatus : std::uint8_t { solved, not_positive_definite };
/// "solved", "not positive definite".
[[nodiscard]] std::string_view name_of(SolveStatus status) noexcept;

/// W for one lambda: (C + lambda I) W = B, where C = X'X and B = X'Y for centred rows X and centred
/// targets Y, which are +1 for the class of a row and -1 for all others.
struct RidgeSolution {
  double lambda = 0;
  SolveStatus status = SolveStatus::not_positive_definite;
  /// Reciprocal condition of A = C + lambda I, 0 to 1: estimated in the 1-norm (eigen: 2-norm).
  double rcond = 0;
  double residual = 0;            ///< |B - A W|_1 / (|A|_1 |W|_1)
  Matrix<double> weights;         ///< classes x features (W transposed); empty unless solved
  std::vector<double> intercept;  ///< classes; a row x has the scores weights x + intercept; empty
                                  ///< unless solved
};

/// The solutions of one training set for a path of lambdas, in the order they were asked for.
struct RidgePath {
  ClassList classes;
  std::vector<double> column_means;  ///< features; what was subtracted from the columns
  std::vector<RidgeSolution> solutions;
};

}  // namespace arete
