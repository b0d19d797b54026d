#include "arete/score/counting.hpp"

#include <algorithm>

#include "arete/core/blas.hpp"
#include "arete/core/parallel.hpp"

namespace arete {

PathScorer make_path_scorer(const RidgePath& path) {
  PathScorer result;
  result.classes = path.classes.size();
  for (std::size_t l = 0; l < path.solutions.size(); ++l) {
    if (path.solutions[l].status == SolveStatus::solved) result.solution.push_back(l);
  }
  const std::size_t outputs = result.solution.size() * result.classes;
  result.scorer.weights = Matrix<double>(outputs, path.column_means.size());
  double* weights = result.scorer.weights.data();
  for (const std::size_t l : result.solution) {
    const RidgeSolution& solution = path.solutions[l];
    weights = std::ranges::copy(solution.weights.span(), weights).out;
    result.scorer.intercept.insert(result.scorer.intercept.end(), solution.intercept.begin(),
                                   solution.intercept.end());
  }
  return result;
}

void count_correct(std::span<const std::byte* const> rows, std::span<const std::int32_t> labels,
                   ElementType type, const PathScorer& path, std::span<std::uint64_t> correct,
                   int threads) {
  if (path.solution.empty() || rows.empty()) return;
  const SingleThreadBlas guard;
  const std::size_t count = path.solution.size();
  const std::size_t tiles = (rows.size() + score_tile_rows - 1) / score_tile_rows;
  ScoreTiles memory(path.scorer, tiles, threads);
  Matrix<std::uint64_t> hits(memory.size(), count, 0);
  parallel_for(tiles, static_cast<int>(memory.size()), [&](std::size_t t) {
    const std::size_t first = t * score_tile_rows;
    const std::size_t last = std::min(rows.size(), first + score_tile_rows);
    ScoreTile& tile = memory.mine();
    score_tile(rows.subspan(first, last - first), type, path.scorer, tile);
    const auto mine = hits.row(memory.my_index());
    for (std::size_t r = first; r < last; ++r) {
      const std::span<const double> scores = tile.scores.row(r - first);
      for (std::size_t s = 0; s < count; ++s) {
        const std::size_t best = best_class(scores.subspan(s * path.classes, path.classes));
        mine[s] += best == static_cast<std::size_t>(labels[r]) ? 1 : 0;
      }
    }
  });
  for (std::size_t i = 0; i < hits.rows(); ++i) {
    for (std::size_t s = 0; s < count; ++s) correct[path.solution[s]] += hits(i, s);
  }
}

}  // namespace arete
