#include "arete/score/scores.hpp"

#include <cblas.h>
#include <omp.h>

#include <algorithm>

#include "arete/moments/convert_rows.hpp"

namespace arete {

ScoreTiles::ScoreTiles(const LinearScorer& scorer, std::size_t tiles, int threads) {
  const std::size_t count =
      std::max<std::size_t>(1, std::min(tiles, static_cast<std::size_t>(threads)));
  tiles_.reserve(count);
  while (tiles_.size() < count) {
    tiles_.emplace_back(scorer.weights.columns(), scorer.weights.rows());
  }
}

std::size_t ScoreTiles::my_index() { return static_cast<std::size_t>(omp_get_thread_num()); }

void score_tile(std::span<const std::byte* const> rows, ElementType type,
                const LinearScorer& scorer, ScoreTile& tile) {
  const std::size_t features = scorer.weights.columns();
  const std::size_t outputs = scorer.weights.rows();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    to_float64(type, rows[r], features, tile.rows.row(r).data());
  }
  std::fill(tile.rows.data() + rows.size() * features, tile.rows.data() + tile.rows.size(), 0.0);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::ranges::copy(scorer.intercept, tile.scores.row(r).begin());
  }
  std::fill(tile.scores.data() + rows.size() * outputs, tile.scores.data() + tile.scores.size(),
            0.0);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(score_tile_rows),
              static_cast<int>(outputs), static_cast<int>(features), 1.0, tile.rows.data(),
              static_cast<int>(features), scorer.weights.data(), static_cast<int>(features), 1.0,
              tile.scores.data(), static_cast<int>(outputs));
}

std::size_t best_class(std::span<const double> scores) noexcept {
  std::size_t best = 0;
  for (std::size_t k = 1; k < scores.size(); ++k) {
    if (scores[k] > scores[best]) best = k;
  }
  return best;
}

}  // namespace arete
