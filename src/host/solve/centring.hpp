#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/moments/moments.hpp"

namespace arete {

/// The linear system of a training set: (C + lambda I) W = B.
struct CentredSystem {
  Matrix<double> gram;               ///< C, features x features, j >= i
  Matrix<double> right_hand_side;    ///< B, classes x features
  std::vector<double> column_means;  ///< what was subtracted from the columns
  std::vector<double> target_means;  ///< what was subtracted from the targets, per class
  /// How far C_ii may be off: zero for exact moments; for floats 100 epsilon G_ii, since C_ii is
  /// what remains of G_ii, and a constant column leaves nothing but that.
  std::vector<double> diagonal_noise;
};

/// Subtracts the means of the rows themselves, of columns and of targets (+1 for the row's class,
/// -1 elsewhere): C = G - s s'/n, B_k = (2 S_k - s) - (2 n_k - n) s / n. For exact moments the
/// numerators n C and n B are computed in integers, so that each result is rounded twice at most.
/// Throws Error (input) when there are no rows.
[[nodiscard]] CentredSystem centre(const Moments& moments, int threads);

/// What centring needs of rows that it does not sum: everything but G and S.
struct ColumnTotals {
  std::uint64_t rows = 0;
  bool exact = true;
  std::vector<double> sums;                 ///< s
  std::vector<double> square_sums;          ///< G_ii
  std::vector<std::uint64_t> class_counts;  ///< n_k
};

/// Adds those of `moments`, which has the same columns and classes as what was added before.
void add(ColumnTotals& into, const Moments& moments);
/// Adds totals of the same columns and classes.
void add(ColumnTotals& into, const ColumnTotals& totals);

// What every device does alike on the host: vectors of a number for each column or class.

/// sums / rows.
[[nodiscard]] std::vector<double> means(const std::vector<double>& sums, std::uint64_t rows);
/// 2 n_k - n: the sum of the targets of each class.
[[nodiscard]] std::vector<double> target_sums(std::span<const std::uint64_t> class_counts,
                                              std::uint64_t rows);
/// CentredSystem::diagonal_noise, from G_ii.
[[nodiscard]] std::vector<double> diagonal_noise(std::span<const double> square_sums, bool exact);
/// Throws Error (input) when there are no rows.
void check_training_rows(std::uint64_t rows);
/// Throws Error (input) where centring on the mean of `all` does not fit 128-bit integers.
void check_exact_centring(const ColumnTotals& all);

/// Subtracts from the columns the mean a/N of other rows, `all`, and nothing from the targets, as
/// the published study did: N^2 C_ij = N (N G_ij - s_i a_j - a_i s_j) + n a_i a_j, N B_kj = N (2
/// S_kj - s_j) - a_j (2 n_k - n).
[[nodiscard]] CentredSystem centre_on(const Moments& moments, const ColumnTotals& all, int threads);

/// C_ii for every column, as centre() has it.
[[nodiscard]] std::vector<double> centred_diagonal(const ColumnTotals& totals);

}  // namespace arete
