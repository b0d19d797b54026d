#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arete/score/scores.hpp"
#include "arete/solve/ridge_path.hpp"

namespace arete {

/// The solved lambdas of a path as one scorer: their classes one after the other. `solution` tells
/// which solution each group of `classes` outputs belongs to.
struct PathScorer {
  LinearScorer scorer;
  std::size_t classes = 0;
  std::vector<std::size_t> solution;
};

[[nodiscard]] PathScorer make_path_scorer(const RidgePath& path);

/// Adds to correct[l], for every solved lambda l, how many rows have their own class as the best
/// one.
void count_correct(std::span<const std::byte* const> rows, std::span<const std::int32_t> labels,
                   ElementType type, const PathScorer& path, std::span<std::uint64_t> correct,
                   int threads);

}  // namespace arete
