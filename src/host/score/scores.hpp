#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// Several linear functions of a row: weights (outputs x features) x + intercept.
struct LinearScorer {
  Matrix<double> weights;
  std::vector<double> intercept;
};

/// Rows are scored in tiles of exactly this many (the last is filled up with zeros), each by one
/// call of a single-threaded BLAS, so that a row's scores do not depend on which rows came with it.
inline constexpr std::size_t score_tile_rows = 192;

/// Memory of one thread that scores.
struct ScoreTile {
  Matrix<double> rows;    ///< score_tile_rows x features
  Matrix<double> scores;  ///< score_tile_rows x outputs

  ScoreTile(std::size_t features, std::size_t outputs)
      : rows(score_tile_rows, features), scores(score_tile_rows, outputs) {}
};

/// One tile for each thread of a parallel_for over `tiles` tiles.
class ScoreTiles {
 public:
  ScoreTiles(const LinearScorer& scorer, std::size_t tiles, int threads);

  [[nodiscard]] std::size_t size() const noexcept { return tiles_.size(); }
  /// The calling thread's own.
  [[nodiscard]] ScoreTile& mine() { return tiles_[my_index()]; }
  [[nodiscard]] static std::size_t my_index();

 private:
  std::vector<ScoreTile> tiles_;
};

/// Scores up to score_tile_rows rows into tile.scores. The caller holds a SingleThreadBlas.
void score_tile(std::span<const std::byte* const> rows, ElementType type,
                const LinearScorer& scorer, ScoreTile& tile);

/// The index of the largest score; ties go to the first.
[[nodiscard]] std::size_t best_class(std::span<const double> scores) noexcept;

}  // namespace arete
