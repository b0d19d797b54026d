#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "arete/backend/backend.hpp"
#include "reference/data_set.hpp"

/// The algorithm in its plainest form: loops over long double, no BLAS, no blocks, no cleverness.
/// Integers below 2^64 are exact in it (x86-64's long double has 64 digits).
namespace arete::reference {

using Real = long double;
using Rows = std::vector<std::vector<Real>>;

/// The sums of the rows for which `use` holds; exact for integer types.
[[nodiscard]] Moments moments(const DataSet& data,
                              const std::function<bool(std::size_t)>& use = nullptr);

struct System {
  Rows gram;             ///< C, features x features
  Rows right_hand_side;  ///< B, classes x features
  std::vector<Real> column_means;
  std::vector<Real> target_means;
};

/// C = (X - mean)'(X - mean) and B = (Y - target mean)'(X - mean) over the rows for which `use`
/// holds, from the rows themselves. The means are those of the same rows; with Centring::odyssey
/// the column means are those of all rows and the target means zero.
[[nodiscard]] System centre(const DataSet& data, Centring centring,
                            const std::function<bool(std::size_t)>& use);

struct Solution {
  Rows weights;  ///< classes x features
  std::vector<Real> intercept;
};

/// (C + lambda I) W = B by Cholesky; nothing when a pivot is not positive.
[[nodiscard]] std::optional<Solution> solve(const System& system, double lambda);

/// The class with the largest score; the first of several.
[[nodiscard]] std::int32_t predict(const Solution& solution, const std::vector<double>& row);

/// sum over rows for which `use` holds, and classes, of (target - score)^2.
[[nodiscard]] Real squared_error(const DataSet& data, const Solution& solution,
                                 const std::function<bool(std::size_t)>& use);

}  // namespace arete::reference
