#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/data/class_list.hpp"

namespace arete {

/// Everything that training ever needs of the rows X (rows x features) and their labels:
/// the count n, s = sum of x, S_k and n_k = sum of x and count over class k, and G = X'X.
///
/// All sums are float64. For integer features every one of them is an exact integer while
/// max_i G_ii <= 2^53: by Cauchy-Schwarz no |G_ij| is larger, and as |x| <= x^2 for integers,
/// neither is any |s_j| or |S_kj|. `exact` says that this holds: that all features were integers,
/// of whatever type, and every G_ii is below 2^53.
struct Moments {
  std::uint64_t rows = 0;  ///< n
  bool exact = true;
  ClassList classes;
  std::vector<std::uint64_t> class_counts;  ///< n_k
  std::vector<double> column_sums;          ///< s, features
  Matrix<double> class_sums;                ///< S, classes x features
  Matrix<double> gram;  ///< G, features x features; only j >= i is kept, the rest is unspecified

  [[nodiscard]] std::size_t features() const noexcept { return column_sums.size(); }
};

/// The largest value to which float64 counts without gaps: 2^53.
inline constexpr double exact_limit = 9007199254740992.0;

/// Moments of no rows.
[[nodiscard]] Moments empty_moments(std::size_t features, const ClassList& classes);

/// A deep copy.
[[nodiscard]] Moments clone(const Moments& moments);

/// into += other. Classes are aligned by name (their sorted union). The result is exact when both
/// are and every sum is below 2^53. Throws Error (input) when the number of features differs; then
/// `into` is as it was.
void add(Moments& into, const Moments& other);

/// Whether every sum is below exact_limit, judged by the diagonal of G. Below, not at: a sum that
/// outgrew the limit by one has been rounded to it.
[[nodiscard]] bool within_exact_limit(const Moments& moments) noexcept;

/// Throws the Error (input) for integers whose sums are not within exact_limit. `when` begins its
/// text: "after 70 rows".
[[noreturn]] void fail_inexact(std::string_view when);

}  // namespace arete
