#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "arete/train/fit.hpp"

namespace arete {

/// The index of the best solved entry: most correct rows, or least squared error. Ties go to the
/// larger lambda (`path` ascends). Nothing when no lambda was solved in every fold.
[[nodiscard]] std::optional<std::size_t> select(std::span<const PathEntry> path,
                                                Selection selection);

/// Whether entry `a` is strictly better than entry `b`.
[[nodiscard]] bool better(const PathEntry& a, const PathEntry& b, Selection selection);

/// Sums rows, correct and squared error over the folds and takes the worst of the rest.
[[nodiscard]] PathPoint combine(std::span<const PathPoint> folds);

}  // namespace arete
