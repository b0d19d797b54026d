#include "arete/select/selection.hpp"

#include <algorithm>

namespace arete {

namespace {

bool solved(const PathEntry& entry) { return entry.total.is_solved(); }

}  // namespace

bool better(const PathEntry& a, const PathEntry& b, Selection selection) {
  if (solved(a) != solved(b)) return solved(a);
  if (selection == Selection::accuracy) {
    return a.total.correct.value_or(0) > b.total.correct.value_or(0);
  }
  return a.total.squared_error < b.total.squared_error;
}

std::optional<std::size_t> select(std::span<const PathEntry> path, Selection selection) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (solved(path[i]) && (!best || !better(path[*best], path[i], selection))) best = i;
  }
  return best;
}

PathPoint combine(std::span<const PathPoint> folds) {
  PathPoint total = folds.front();
  for (const PathPoint& fold : folds.subspan(1)) {
    if (!fold.is_solved()) total.status = fold.status;
    total.rows += fold.rows;
    if (total.correct) *total.correct += fold.correct.value_or(0);
    total.squared_error += fold.squared_error;
    total.rcond = std::min(total.rcond, fold.rcond);
    total.residual = std::max(total.residual, fold.residual);
  }
  return total;
}

}  // namespace arete
