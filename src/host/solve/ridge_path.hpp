#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/moments/moments.hpp"

namespace arete {

enum class Solver : std::uint8_t { cholesky, eigen };

enum class SolveStatus : std::uint8_t { solved, not_positive_definite };
[[nodiscard]] std::string_view name_of(SolveStatus status) noexcept;

/// W for one lambda: (C + lambda I) W = B.
struct RidgeSolution {
  double lambda = 0;
  SolveStatus status = SolveStatus::not_positive_definite;
  double rcond =
      0;  ///< estimated reciprocal condition of C + lambda I, in the 1-norm (eigen: 2-norm)
  double residual = 0;            ///< |B - A W|_1 / (|A|_1 |W|_1), A = C + lambda I
  Matrix<double> weights;         ///< classes x features (W transposed); empty unless solved
  std::vector<double> intercept;  ///< classes; a row x has the scores weights x + intercept
};

/// The solutions of one training set for a path of lambdas, in the order they were asked for.
struct RidgePath {
  ClassList classes;
  std::vector<double> column_means;  ///< the mean that was subtracted from the columns
  std::vector<RidgeSolution> solutions;
};

}  // namespace arete
