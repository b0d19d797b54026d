#pragma once

#include <cstddef>
#include <functional>

#include "arete/core/matrix.hpp"

namespace arete {

/// From this many features on, one factorisation is cut into tiles, which threads that no other
/// lambda occupies share; below, it is one call of a single-threaded LAPACK. The choice depends on
/// the size alone, so that neither threads nor lambdas change a bit. Measured by bench_solve with
/// two threads at 2,000 features: one lambda gains 1.7 times, a path loses a tenth.
inline constexpr std::size_t tiled_from_features = 2048;

/// Replaces A (symmetric, only j >= i is read) by its Cholesky factor U, A = U'U, in the same
/// triangle. False when A is not positive definite; A is then destroyed. `threads` help with tiled
/// sizes only. The caller holds a SingleThreadBlas.
///
/// Large factorisations take long: `goes_on`, where there is one, is asked between tiles, by each
/// of the threads; once it says no, the work is left undone, which is false too. It must not throw.
[[nodiscard]] bool factorise(Matrix<double>& a, int threads,
                             const std::function<bool()>& goes_on = {});

/// Replaces each row b of `right_hand_sides` (count x n) by the solution of A x = b, from the
/// factor of A. Rows are solved in panels of a fixed number, on `threads` threads.
void solve_factorised(const Matrix<double>& factor, Matrix<double>& right_hand_sides, int threads);

/// The tiled factorisation itself; `tile` is a parameter for tests.
[[nodiscard]] bool factorise_tiled(Matrix<double>& a, std::size_t tile, int threads,
                                   const std::function<bool()>& goes_on = {});

}  // namespace arete
