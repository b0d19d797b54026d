#pragma once

#include <span>
#include <vector>

#include "arete/core/matrix.hpp"

namespace arete {

/// sum over i != j of |C_ij| for every column j of a symmetric C (j >= i is read).
[[nodiscard]] std::vector<double> off_diagonal_sums(const Matrix<double>& c, int threads);

/// |C + lambda I|_1, from C_jj and off_diagonal_sums(C).
[[nodiscard]] double one_norm(std::span<const double> diagonal,
                              std::span<const double> off_diagonal, double lambda);
/// The same from C.
[[nodiscard]] double one_norm(const Matrix<double>& c, std::span<const double> off_diagonal,
                              double lambda);

/// LAPACK's estimate (dpocon) of 1 / (|A|_1 |A^-1|_1), from the Cholesky factor of A and |A|_1.
[[nodiscard]] double reciprocal_condition(const Matrix<double>& factor, double norm);

/// Whether every pivot of the Cholesky factor of A = C + lambda I is more than its own rounding
/// error can be. Column j's pivot u_jj^2 is what A_jj leaves after j subtractions, so its error is
/// of the order (j + 1) epsilon A_jj (Higham, Accuracy and Stability of Numerical Algorithms,
/// theorem 10.3); we ask for eight times that, and for more than `diagonal_noise`, by which C_jj
/// itself may be off. Unlike rcond this does not depend on how the columns are scaled.
[[nodiscard]] bool pivots_hold(const Matrix<double>& factor, const Matrix<double>& c,
                               std::span<const double> diagonal_noise, double lambda);
/// The same from u_jj and C_jj.
[[nodiscard]] bool pivots_hold(std::span<const double> factor_diagonal,
                               std::span<const double> diagonal,
                               std::span<const double> diagonal_noise, double lambda);

/// B - (C + lambda I) W; all classes x features, that is, transposed.
[[nodiscard]] Matrix<double> remainder(const Matrix<double>& c, double lambda,
                                       const Matrix<double>& right_hand_side,
                                       const Matrix<double>& weights, int threads);

/// |R|_1 / (|A|_1 |W|_1), R being the remainder of W and `norm` |A|_1. 0 when W is zero.
[[nodiscard]] double residual(const Matrix<double>& remainder, const Matrix<double>& weights,
                              double norm);

}  // namespace arete
