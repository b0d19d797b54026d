#pragma once

#include <span>
#include <vector>

#include "arete/core/matrix.hpp"

namespace arete {

/// sum over i != j of |C_ij| for every column j of a symmetric C (j >= i is read).
[[nodiscard]] std::vector<double> off_diagonal_sums(const Matrix<double>& c, int threads);

/// |C + lambda I|_1, from off_diagonal_sums(C).
[[nodiscard]] double one_norm(const Matrix<double>& c, std::span<const double> off_diagonal,
                              double lambda);

/// LAPACK's estimate (dpocon) of 1 / (|A|_1 |A^-1|_1), from the Cholesky factor of A and |A|_1.
[[nodiscard]] double reciprocal_condition(const Matrix<double>& factor, double norm);

/// |B - (C + lambda I) W|_1 / (|A|_1 |W|_1) with A = C + lambda I, the norm of which is `norm`; B and W
/// are classes x features, that is, transposed. 0 when W is zero.
[[nodiscard]] double residual(const Matrix<double>& c, double lambda, double norm,
                              const Matrix<double>& right_hand_side,
                              const Matrix<double>& weights, int threads);

}  // namespace arete
